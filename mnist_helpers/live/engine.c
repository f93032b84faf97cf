// The arithmetic of a Dense network, for WebAssembly: forward, backward, and the four optimizers.
//
// Four of five pixels of MNIST are 0, and so is much of what relu puts out. Each layer's inputs
// are therefore kept sparse, as places and values of what is not 0, by rows (one row an example)
// for the forward pass and by columns (one column an input) for the gradient.
//
// A layer's weights are `inputs` rows of the kernel and, as one row more, the bias: the weights of
// an input that is always 1. Rows are `stride` floats long, the number of outputs rounded up to
// whole vectors; what is beyond the outputs is 0 and stays 0.
//
// Memory is laid out by engine.js, which has the same functions in plain JavaScript. Built by
// `python -m mnist_helpers.live.build`.

#define INLINE static inline __attribute__((always_inline))
#define EXPORT(name) __attribute__((export_name(#name))) name

typedef unsigned char u8;
typedef unsigned short u16;
typedef float vec __attribute__((vector_size(16), aligned(4)));
typedef int bits __attribute__((vector_size(16)));

enum { LANES = 4, BLOCK = 8 };  // floats in a vector, and vectors that are summed side by side
enum { LINEAR, RELU, TANH, SIGMOID };
enum { SGD, MOMENTUM, RMSPROP, ADAM };

static vec load(const float *from) { return *(const vec *)from; }
static void store(float *to, vec values) { *(vec *)to = values; }
static vec all(float value) { return (vec){value, value, value, value}; }

INLINE int eight_zeros(const void *bytes) {
  long long eight;
  __builtin_memcpy(&eight, bytes, 8);
  return eight == 0;
}

// The chosen rows, sparse: start[r] to start[r + 1] are the places and values of row r.
#define COMPRESS(name, type, scale)                                                       \
  void EXPORT(name)(int n, int inputs, int stride, const int *rows, const type *values,   \
                    int *start, u16 *at, float *value) {                                  \
    const int group = 8 / sizeof(type);                                                   \
    int end = 0;                                                                          \
    for (int r = 0; r < n; r++) {                                                         \
      const type *row = values + rows[r] * stride;                                        \
      start[r] = end;                                                                     \
      for (int i = 0; i < inputs;) {                                                      \
        if (i + group <= inputs && eight_zeros(row + i)) {                                \
          i += group;                                                                     \
          continue;                                                                       \
        }                                                                                 \
        for (int last = i + group; i < last && i < inputs; i++) {                         \
          at[end] = i; /* no branch: it would often be guessed wrong */                   \
          value[end] = row[i];                                                            \
          end += row[i] != 0;                                                             \
        }                                                                                 \
      }                                                                                   \
      if (scale != 1)                                                                     \
        for (int i = start[r]; i < end; i++) value[i] /= scale;                           \
      at[end] = inputs; /* the input of the bias */                                       \
      value[end++] = 1;                                                                   \
    }                                                                                     \
    start[n] = end;                                                                       \
  }
COMPRESS(compressFloats, float, 1)
COMPRESS(compressPixels, u8, 255)

// The same by columns: start[c] to start[c + 1] are the rows and values of column c.
void EXPORT(transpose)(int n, int columns, const int *start, const u16 *at, const float *value,
                       int *columnStart, u16 *row, float *columnValue) {
  for (int c = 0; c <= columns; c++) columnStart[c] = 0;
  for (int i = 0; i < start[n]; i++) columnStart[at[i] + 1]++;
  for (int c = 0; c < columns; c++) columnStart[c + 1] += columnStart[c];
  for (int r = 0; r < n; r++)
    for (int i = start[r]; i < start[r + 1]; i++) {
      int place = columnStart[at[i]]++;
      row[place] = r;
      columnValue[place] = value[i];
    }
  // each has moved to where the next one starts
  for (int c = columns; c > 0; c--) columnStart[c] = columnStart[c - 1];
  columnStart[0] = 0;
}

// Sums of some rows of a matrix, each times its value: `vectors` vectors of them.
INLINE void weighted_sum(
    vec *sums, int vectors, int from, int to, const u16 *at, const float *value,
    const float *matrix, int stride) {
  for (int b = 0; b < vectors; b++) sums[b] = all(0);
  for (int i = from; i < to; i++) {
    const float *row = matrix + at[i] * stride;
    vec factor = all(value[i]);
    for (int b = 0; b < vectors; b++) sums[b] += factor * load(row + b * LANES);
  }
}

// The next block of a row, from j on: BLOCK vectors, or 1 if there are fewer.
INLINE int next_block(vec *block, int j, int from, int to, const u16 *at, const float *value,
                      const float *matrix, int stride) {
  int whole = stride - j >= BLOCK * LANES;
  if (whole) weighted_sum(block, BLOCK, from, to, at, value, matrix + j, stride);
  else weighted_sum(block, 1, from, to, at, value, matrix + j, stride);
  return whole ? BLOCK : 1;
}

// out = inputs @ weights, and relu if this is the activation; the curved ones follow in engine.js.
// Where a sum is not a number, it stays so: a training that has diverged must show. It goes block
// by block, since a block of all weights fits into the processor's cache, for every row to use.
void EXPORT(forward)(int n, int stride, const int *start, const u16 *at, const float *value,
                     const float *weights, int activation, float *out) {
  for (int j = 0, vectors = 0; j < stride; j += vectors * LANES)
    for (int r = 0; r < n; r++) {
      vec block[BLOCK];
      vectors = next_block(block, j, start[r], start[r + 1], at, value, weights, stride);
      for (int b = 0; b < vectors; b++) {
        vec sum = block[b];
        if (activation == RELU) sum = (vec)((bits)sum & ~(bits)(sum < 0));
        store(out + r * stride + j + b * LANES, sum);
      }
    }
}

// The slope of an activation where its value is y.
static float slope(int activation, float y) {
  if (activation == RELU) return y > 0;
  if (activation == TANH) return 1 - y * y;
  return activation == SIGMOID ? y * (1 - y) : 1;
}

// before = delta @ kernel.T, times the slopes of the activation that gave `out`: what goes back to
// the layer before. Where the slope is 0, as for a silent relu, nothing needs to be summed.
void EXPORT(backward)(int n, int inputs, int before_stride, int stride, const float *delta,
                      const float *weights, int activation, const float *out, float *before) {
  for (int r = 0; r < n; r++)
    for (int i = 0; i < inputs; i++) {
      float factor = slope(activation, out[r * before_stride + i]);
      vec sum = all(0);
      if (factor != 0)
        for (int j = 0; j < stride; j += LANES)
          sum += load(delta + r * stride + j) * load(weights + i * stride + j);
      before[r * before_stride + i] = factor * ((sum[0] + sum[1]) + (sum[2] + sum[3]));
    }
}

// One step of an optimizer as Keras 3 takes it, with Keras' defaults: update_step in
// keras/src/optimizers/{sgd,rmsprop,adam}.py. In the order of the articles:
//   momentum  Polyak (1964)                     m = momentum m - rate g;  w += m
//   RMSprop   Hinton (2012), lecture 6e         v = 0.9 v + 0.1 g^2;  w -= rate g / sqrt(v + 1e-7)
//   Adam      Kingma & Ba (2015), section 2     m += 0.1 (g - m);  v += 0.001 (g^2 - v);
//             with its corrected rate           w -= rate m / (sqrt(v) + 1e-7)
INLINE void step(int optimizer, float *w, float *m, float *v, vec g, float rate,
                 float momentum) {
  vec mean, square;
  switch (optimizer) {
    case SGD:
      store(w, load(w) - rate * g);
      break;
    case MOMENTUM:
      mean = momentum * load(m) - rate * g;
      store(m, mean);
      store(w, load(w) + mean);
      break;
    case RMSPROP:
      square = 0.9f * load(v) + 0.1f * (g * g);
      store(v, square);
      store(w, load(w) - rate * g / __builtin_elementwise_sqrt(square + 1e-7f));
      break;
    case ADAM:
      mean = load(m) + (g - load(m)) * 0.1f;
      square = load(v) + (g * g - load(v)) * 0.001f;
      store(m, mean);
      store(v, square);
      store(w, load(w) - mean * rate / (__builtin_elementwise_sqrt(square) + 1e-7f));
  }
}

// The gradient, inputs.T @ delta, and at once the step that it makes: it is never stored.
void EXPORT(learn)(int columns, int stride, const int *columnStart, const u16 *row,
                   const float *columnValue, const float *delta, float *weights, float *m, float *v,
                   int optimizer, float rate, float momentum) {
  for (int c = 0; c < columns; c++) {
    int from = columnStart[c], to = columnStart[c + 1];
    if (from == to && optimizer == SGD) continue;  // the others remember earlier gradients
    for (int j = 0, vectors; j < stride; j += vectors * LANES) {
      vec block[BLOCK];
      vectors = next_block(block, j, from, to, row, columnValue, delta, stride);
      for (int b = 0, at = c * stride + j; b < vectors; b++, at += LANES)
        step(optimizer, weights + at, m + at, v + at, block[b], rate, momentum);
    }
  }
}
