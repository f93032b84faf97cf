/** The engine of the live figures: Dense networks in float32 that train as Keras trains them.

    Hidden layers share one activation (relu, tanh, sigmoid or linear), the outputs are a softmax,
    the loss is cross-entropy. The arithmetic is engine.c's, built to WebAssembly with SIMD; where a
    browser cannot run that, or without `wasmBase64`, plain JavaScript below does the same.

    One function without a module's syntax, and complete in itself: it is put into a page together
    with other scripts, and `makeEngine.toString()` is what a worker is made of.

    @param {string} [wasmBase64] engine.wasm in base64
    @returns {Promise<{Network, forward, randomFrom, shuffled, kind}>}
      kind is "wasm" or "javascript" */
async function makeEngine(wasmBase64) {
  const LANES = 4; // floats in a vector of engine.c
  const OPTIMIZERS = ["sgd", "momentum", "rmsprop", "adam"]; // in the order of engine.c
  const MOST = 65535; // inputs of a layer, and rows of a batch: 16 bits name them
  const CHUNK = 128; // rows that are evaluated at a time

  const ACTIVATIONS = ["linear", "relu", "tanh", "sigmoid"]; // here, too
  const [RELU, TANH, SIGMOID] = [1, 2, 3];

  /** The value of an activation. NaN stays NaN: a training that has diverged must show. */
  function valueOf(kind, x) {
    if (kind === RELU) return x < 0 ? 0 : x;
    if (kind === TANH) return Math.tanh(x);
    return kind === SIGMOID ? 1 / (1 + Math.exp(-x)) : x;
  }

  /** The slope of an activation where its value is y. */
  function slopeOf(kind, y) {
    if (kind === RELU) return y > 0 ? 1 : 0;
    if (kind === TANH) return 1 - y * y;
    return kind === SIGMOID ? y * (1 - y) : 1;
  }

  // ---- chance

  /** Numbers from 0 to 1 (excluded), the same for the same seed: Ettinger's mulberry32. */
  function randomFrom(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  /** The numbers 0 to n - 1 in a random order (Fisher and Yates), as an Int32Array. */
  function shuffled(n, random) {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  // ---- one input, every layer's answer

  function softmax(scores) {
    const highest = scores.reduce((a, b) => Math.max(a, b)); // else a large one overflows
    const powers = scores.map((score) => Math.exp(score - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  }

  /** What every layer puts out for one input.

      `layers` are {inputs, outputs, activation, kernel, bias}, the kernel row by row: the weight
      from input i to output j is kernel[i * outputs + j]. */
  function forward(layers, input) {
    return layers.map(({ inputs, outputs, activation, kernel, bias }) => {
      const sums = Float64Array.from(bias);
      for (let i = 0; i < inputs; i++) {
        if (input[i] === 0) continue; // most pixels, and the silent neurons
        for (let j = 0; j < outputs; j++) sums[j] += input[i] * kernel[i * outputs + j];
      }
      const kind = ACTIVATIONS.indexOf(activation);
      input = activation === "softmax" ? softmax(sums) : sums.map((sum) => valueOf(kind, sum));
      return input;
    });
  }

  // ---- the functions of engine.c: there each is explained

  /** In WebAssembly. `place` lays arrays out in its memory, from which the others compute. */
  function wasmKernels(compiled) {
    const { memory, __heap_base: base, ...functions } = new WebAssembly.Instance(compiled).exports;
    const kernels = {
      /** Arrays in place of their wishes: [Type, length] for zeros, or an array to be copied. */
      place(wishes) {
        let end = base.value;
        const offsets = wishes.map((wish) => {
          const offset = end;
          const bytes = wish.byteLength ?? wish[1] * wish[0].BYTES_PER_ELEMENT;
          end += Math.ceil(bytes / 16) * 16;
          return offset;
        });
        const missing = end - memory.buffer.byteLength;
        if (missing > 0) memory.grow(Math.ceil(missing / 65536)); // before any view of it is made
        return wishes.map((wish, i) => {
          const [Type, length] = ArrayBuffer.isView(wish) ? [wish.constructor, wish.length] : wish;
          const array = new Type(memory.buffer, offsets[i], length);
          if (ArrayBuffer.isView(wish)) array.set(wish);
          else array.fill(0);
          return array;
        });
      },
    };
    const pointer = (value) => (typeof value === "number" ? value : value.byteOffset);
    for (const [name, run] of Object.entries(functions)) {
      kernels[name] = (...values) => run(...values.map(pointer));
    }
    return kernels;
  }

  /** In JavaScript. Sums are float64 here, and float32 only when they are stored. */
  const plainKernels = {
    place: (wishes) =>
      wishes.map((wish) => (ArrayBuffer.isView(wish) ? wish : new wish[0](wish[1]))),

    compressFloats(n, inputs, stride, rows, values, start, at, value, scale = 1) {
      let end = 0;
      for (let r = 0; r < n; r++) {
        start[r] = end;
        for (let i = 0, from = rows[r] * stride; i < inputs; i++) {
          if (values[from + i] === 0) continue;
          at[end] = i;
          value[end++] = values[from + i] / scale;
        }
        at[end] = inputs;
        value[end++] = 1;
      }
      start[n] = end;
    },

    compressPixels: (...values) => plainKernels.compressFloats(...values, 255),

    transpose(n, columns, start, at, value, columnStart, row, columnValue) {
      columnStart.fill(0, 0, columns + 1);
      for (let i = 0; i < start[n]; i++) columnStart[at[i] + 1]++;
      for (let c = 0; c < columns; c++) columnStart[c + 1] += columnStart[c];
      for (let r = 0; r < n; r++) {
        for (let i = start[r]; i < start[r + 1]; i++) {
          const place = columnStart[at[i]]++;
          row[place] = r;
          columnValue[place] = value[i];
        }
      }
      columnStart.copyWithin(1, 0, columns);
      columnStart[0] = 0;
    },

    forward(n, stride, start, at, value, weights, activation, out) {
      const block = new Float64Array(LANES);
      for (let r = 0; r < n; r++) {
        for (let j = 0; j < stride; j += LANES) {
          weightedSum(block, start[r], start[r + 1], at, value, weights, j, stride);
          for (let lane = 0; lane < LANES; lane++) {
            const sum = block[lane];
            out[r * stride + j + lane] = activation === RELU ? valueOf(RELU, sum) : sum;
          }
        }
      }
    },

    backward(n, inputs, beforeStride, stride, delta, weights, activation, out, before) {
      for (let r = 0; r < n; r++) {
        for (let i = 0; i < inputs; i++) {
          const slope = slopeOf(activation, out[r * beforeStride + i]);
          let sum = 0;
          for (let j = 0; slope && j < stride; j++) {
            sum += delta[r * stride + j] * weights[i * stride + j];
          }
          before[r * beforeStride + i] = slope * sum;
        }
      }
    },

    // prettier-ignore
    learn(columns, stride, columnStart, row, columnValue, delta, weights, m, v,
      optimizer, rate, momentum) {
      const block = new Float64Array(LANES);
      for (let c = 0; c < columns; c++) {
        const [from, to] = [columnStart[c], columnStart[c + 1]];
        if (from === to && optimizer === 0) continue;
        for (let j = 0; j < stride; j += LANES) {
          weightedSum(block, from, to, row, columnValue, delta, j, stride);
          for (let lane = 0, i = c * stride + j; lane < LANES; lane++, i++) {
            step(optimizer, weights, m, v, i, block[lane], rate, momentum);
          }
        }
      }
    },
  };

  function weightedSum(sums, from, to, at, value, matrix, column, stride) {
    let [a, b, c, d] = [0, 0, 0, 0]; // one for each lane
    for (let i = from; i < to; i++) {
      const place = at[i] * stride + column;
      a += value[i] * matrix[place];
      b += value[i] * matrix[place + 1];
      c += value[i] * matrix[place + 2];
      d += value[i] * matrix[place + 3];
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
  }

  function step(optimizer, w, m, v, i, g, rate, momentum) {
    if (optimizer === 0) {
      w[i] -= rate * g;
    } else if (optimizer === 1) {
      m[i] = momentum * m[i] - rate * g;
      w[i] += m[i];
    } else if (optimizer === 2) {
      v[i] = 0.9 * v[i] + 0.1 * g * g;
      w[i] -= (rate * g) / Math.sqrt(v[i] + 1e-7);
    } else {
      m[i] += 0.1 * (g - m[i]);
      v[i] += 0.001 * (g * g - v[i]);
      w[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + 1e-7);
    }
  }

  // ---- a network

  /** A network with its data. The first `data.train` rows are for training, the others held out. */
  class Network {
    #kernels = compiled ? wasmKernels(compiled) : plainKernels;
    #data;
    #options;
    #layers;
    #rows; // of the batch, in the data
    #places; // 0, 1, 2, ...: all rows of what a layer has put out
    #inputs;
    #predicted;
    #random; // for the orders of the epochs

    /** @param {object} options
          widths      of the layers, from the inputs to the classes: [784, 16, 10]
          activation  of the hidden layers: "relu" (by default), "tanh", "sigmoid", "linear"
          optimizer   "sgd" (by default), "momentum", "rmsprop", "adam"
          rate        0.01 by default
          momentum    0.9 by default, for the optimizer of this name
          dropout     share of the outputs of each hidden layer that a step drops; 0 by default
          decay       the optimizer's weight_decay in Keras; 0 by default
          batch       32 by default
          seed        of the first weights and of the orders; 0 by default
          start       the first weights as model.get_weights() gives them, flat: [w1, b1, w2, ...];
                      without them they are Glorot's uniform ones and 0, as Keras draws them
          images      train on these first rows alone
        @param {object} data
          pixels      a Uint8Array, divided by 255; or
          inputs      a Float32Array, as it is; row by row
          labels      the class of each row
          train       how many rows are for training; all by default */
    constructor(options, data) {
      this.#data = { train: data.labels.length, ...data };
      this.reset(options);
    }

    /** Begin again with other options and the same data. */
    reset(options) {
      const defaults = { activation: "relu", optimizer: "sgd", rate: 0.01, momentum: 0.9 };
      const more = { batch: 32, seed: 0, images: this.#data.train, dropout: 0, decay: 0 };
      this.#options = { ...defaults, ...more, ...options };
      const { widths, activation, rate, momentum, batch, seed, start } = this.#options;
      check(this.#options, this.#data);
      this.rate = rate; // these two may be changed while training
      this.momentum = momentum;
      this.steps = 0;
      this.#random = randomFrom(~seed);

      const capacity = Math.max(batch, CHUNK);
      const shapes = widths.slice(1).map((outputs, l) => {
        let stride = Math.ceil(outputs / LANES) * LANES;
        // a distance of whole kilobytes would crowd rows into a few places of a processor's cache
        if (stride % 256 === 0) stride += 16;
        const last = l === widths.length - 2; // the softmax comes by itself
        const kind = ACTIVATIONS.indexOf(last ? "linear" : activation);
        return { inputs: widths[l], outputs, columns: widths[l] + 1, stride, activation: kind };
      });
      const wishes = shapes.map(({ columns, stride }) => ({
        weights: [Float32Array, columns * stride],
        m: [Float32Array, columns * stride],
        v: [Float32Array, columns * stride],
        out: [Float32Array, capacity * stride],
        delta: [Float32Array, capacity * stride],
        start: [Int32Array, capacity + 1],
        at: [Uint16Array, capacity * columns],
        value: [Float32Array, capacity * columns],
        columnStart: [Int32Array, columns + 1],
        row: [Uint16Array, capacity * columns],
        columnValue: [Float32Array, capacity * columns],
      }));
      const arrays = this.#kernels.place([
        this.#data.pixels ?? this.#data.inputs,
        [Int32Array, capacity],
        Int32Array.from({ length: capacity }, (_, i) => i),
        ...wishes.flatMap((wish) => Object.values(wish)),
      ]);
      [this.#inputs, this.#rows, this.#places] = arrays.splice(0, 3);
      this.#layers = shapes.map((shape, l) => {
        const names = Object.keys(wishes[l]);
        const placed = arrays.splice(0, names.length);
        return { ...shape, ...Object.fromEntries(names.map((name, i) => [name, placed[i]])) };
      });
      this.#predicted = new Uint16Array(capacity);
      this.#setWeights(start ?? glorot(widths, randomFrom(seed)));
    }

    #setWeights(start) {
      this.#layers.forEach(({ inputs, outputs, stride, weights }, l) => {
        const [kernel, bias] = start.slice(2 * l, 2 * l + 2);
        for (let i = 0; i < inputs; i++) {
          weights.set(kernel.slice(i * outputs, (i + 1) * outputs), i * stride);
        }
        weights.set(bias, inputs * stride);
      });
    }

    /** The layers as `forward` takes them. */
    layers() {
      return this.#layers.map(({ inputs, outputs, stride, weights }, l) => {
        const kernel = new Float32Array(inputs * outputs);
        for (let i = 0; i < inputs; i++) {
          kernel.set(weights.subarray(i * stride, i * stride + outputs), i * outputs);
        }
        const bias = weights.slice(inputs * stride, inputs * stride + outputs);
        const activation = l < this.#layers.length - 1 ? this.#options.activation : "softmax";
        return { inputs, outputs, activation, kernel, bias };
      });
    }

    /** [w1, b1, w2, ...], as model.get_weights() gives them, but flat. */
    weights() {
      return this.layers().flatMap(({ kernel, bias }) => [kernel, bias]);
    }

    /** The output of every layer for one input of numbers (pixels from 0 to 1). */
    outputs(input) {
      return forward(this.layers(), input);
    }

    /** An order for one more epoch: the training rows, shuffled. */
    nextOrder() {
      return shuffled(this.#options.images, this.#random);
    }

    /** One step, from some rows of the data: {loss, right}, the mean loss before the step. */
    trainBatch(rows) {
      const result = this.#run(rows, this.#options.dropout);
      this.#learn(rows.length);
      return result;
    }

    /** A step for each batch of an order: {loss, accuracy}, means while the weights change. */
    trainEpoch(order = this.nextOrder()) {
      let [loss, right] = [0, 0];
      for (let i = 0; i < order.length; i += this.#options.batch) {
        const rows = order.subarray(i, i + this.#options.batch);
        const result = this.trainBatch(rows);
        loss += result.loss * rows.length;
        right += result.right;
      }
      return { loss: loss / order.length, accuracy: right / order.length };
    }

    /** {loss, accuracy, confusion} on the rows `from` to `to` (excluded); the held-out ones if none
        are named. confusion[true * classes + predicted] is a count. */
    evaluate(from = this.#data.train, to = this.#data.labels.length) {
      const pieces = this.evaluating(from, to);
      for (;;) {
        const { done, value } = pieces.next();
        if (done) return value;
      }
    }

    /** The same in pieces, for those who must not take long. */
    *evaluating(from = this.#data.train, to = this.#data.labels.length) {
      const classes = this.#options.widths.at(-1);
      const confusion = new Int32Array(classes * classes);
      let [loss, right] = [0, 0];
      for (let first = from; first < to; first += CHUNK) {
        if (first > from) yield;
        const rows = Int32Array.from({ length: Math.min(CHUNK, to - first) }, (_, i) => first + i);
        const result = this.#run(rows);
        loss += result.loss * rows.length;
        right += result.right;
        rows.forEach((row, r) => {
          confusion[this.#data.labels[row] * classes + this.#predicted[r]]++;
        });
      }
      return { loss: loss / (to - from), accuracy: right / (to - from), confusion };
    }

    /** The forward pass of some rows: {loss, right}. Only a step drops any outputs. */
    #run(rows, dropout = 0) {
      const n = rows.length;
      this.#rows.set(rows);
      this.#layers.forEach((layer, l) => {
        const { inputs, stride, start, at, value, weights, activation, out } = layer;
        if (l) {
          const before = this.#layers[l - 1];
          // prettier-ignore
          this.#kernels.compressFloats(
            n, inputs, before.stride, this.#places, before.out, start, at, value);
        } else {
          const compress = this.#data.pixels ? "compressPixels" : "compressFloats";
          this.#kernels[compress](n, inputs, inputs, this.#rows, this.#inputs, start, at, value);
        }
        this.#kernels.forward(n, stride, start, at, value, weights, activation, out);
        if (activation > RELU) curve(activation, n * stride, out);
        if (dropout && l < this.#layers.length - 1) this.#drop(dropout, n * stride, out);
      });
      return this.#score(rows);
    }

    /** Some outputs become 0, and the others larger, so that their sum stays the same on average. */
    #drop(share, count, out) {
      for (let i = 0; i < count; i++) out[i] = this.#random() < share ? 0 : out[i] / (1 - share);
    }

    /** Softmax and cross-entropy of the last layer: the loss, and its gradient. */
    #score(rows) {
      const n = rows.length;
      const { outputs, stride, out, delta } = this.#layers.at(-1);
      let [loss, right] = [0, 0];
      for (let r = 0, first = 0; r < n; r++, first += stride) {
        const label = this.#data.labels[rows[r]];
        let best = 0;
        for (let j = 1; j < outputs; j++) if (out[first + j] > out[first + best]) best = j;
        const highest = out[first + best];
        let sum = 0;
        for (let j = 0; j < outputs; j++) {
          delta[first + j] = Math.exp(out[first + j] - highest);
          sum += delta[first + j];
        }
        for (let j = 0; j < outputs; j++) {
          delta[first + j] = (delta[first + j] / sum - (j === label)) / n;
        }
        loss += Math.log(sum) - (out[first + label] - highest);
        right += best === label;
        this.#predicted[r] = best;
      }
      return { loss: loss / n, right };
    }

    /** The backward pass after #run, from the last layer to the first, and the steps. */
    #learn(n) {
      const { optimizer, dropout, decay } = this.#options;
      this.steps++;
      const rate = optimizer === "adam" ? this.rate * correction(this.steps) : this.rate;
      for (let l = this.#layers.length - 1; l >= 0; l--) {
        const { inputs, columns, stride, weights, m, v, delta, start, at, value } = this.#layers[l];
        const { columnStart, row, columnValue } = this.#layers[l];
        if (l) {
          const { stride: beforeStride, activation, out, delta: before } = this.#layers[l - 1];
          // with the weights that the forward pass had
          // prettier-ignore
          this.#kernels.backward(
            n, inputs, beforeStride, stride, delta, weights, activation, out, before);
          if (dropout) scale(before, n * beforeStride, 1 / (1 - dropout));
        }
        if (decay) scale(weights, columns * stride, 1 - decay * this.rate);
        this.#kernels.transpose(n, columns, start, at, value, columnStart, row, columnValue);
        // prettier-ignore
        this.#kernels.learn(
          columns, stride, columnStart, row, columnValue, delta, weights, m, v,
          OPTIMIZERS.indexOf(optimizer), rate, this.momentum);
      }
    }
  }

  /** Apply tanh or sigmoid. A function of its own: so the browser compiles its loop by itself. */
  function curve(activation, count, sums) {
    for (let i = 0; i < count; i++) sums[i] = valueOf(activation, sums[i]);
  }

  function scale(array, count, factor) {
    for (let i = 0; i < count; i++) array[i] *= factor;
  }

  /** Adam's factor for the rate, with the roundings to float32 that Keras has in it. */
  function correction(steps) {
    const rest = (beta) => Math.fround(1 - Math.fround(Math.fround(beta) ** steps));
    return Math.sqrt(rest(0.999)) / rest(0.9);
  }

  /** Glorot's uniform weights, and biases of 0. */
  function glorot(widths, random) {
    return widths.slice(1).flatMap((outputs, l) => {
      const limit = Math.sqrt(6 / (widths[l] + outputs));
      const draw = () => (2 * random() - 1) * limit;
      return [Float32Array.from({ length: widths[l] * outputs }, draw), new Float32Array(outputs)];
    });
  }

  function check({ widths, activation, optimizer, batch, start, images, dropout }, data) {
    const demand = (holds, problem) => {
      if (!holds) throw new RangeError(problem);
    };
    for (const [what, name, names] of [
      ["activation", activation, ACTIVATIONS],
      ["optimizer", optimizer, OPTIMIZERS],
    ]) {
      demand(names.includes(name), `${what} ${name}: expected one of ${names.join(", ")}`);
    }
    const countable = (count) => Number.isInteger(count) && count > 0 && count <= MOST;
    demand(widths.length > 1 && widths.every(countable), `widths ${widths}: expected two or more`);
    demand(countable(batch), `batch ${batch}: expected 1 to ${MOST}`);
    const dropsWell = dropout >= 0 && dropout < 1 && (!dropout || activation === "relu");
    demand(dropsWell, `dropout ${dropout}: expected 0 to 1 (excluded), with relu`);
    const { labels, train } = data;
    const numbers = (data.pixels ?? data.inputs).length;
    const wanted = labels.length * widths[0];
    const rows = labels.length;
    demand(numbers === wanted, `expected ${rows} rows of ${widths[0]}, got ${numbers} numbers`);
    demand(train <= rows, `expected at most ${rows} rows for training, got ${train}`);
    demand(images > 0 && images <= train, `images ${images}: expected 1 to ${train}`);
    const highest = labels.reduce((a, b) => Math.max(a, b), 0);
    demand(highest < widths.at(-1), `label ${highest}: expected 0 to ${widths.at(-1) - 1}`);
    if (!start) return;
    const sizes = widths.slice(1).flatMap((outputs, l) => [widths[l] * outputs, outputs]);
    const given = start.map((array) => array.length);
    demand(`${given}` === `${sizes}`, `start: expected arrays of ${sizes} numbers, got ${given}`);
  }

  let compiled = null;
  if (wasmBase64 && typeof WebAssembly === "object") {
    const binary = Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0));
    // without SIMD it is not valid; a page's security policy may forbid what is valid
    if (WebAssembly.validate(binary)) {
      compiled = await WebAssembly.compile(binary).catch(() => null);
    }
  }
  return { Network, forward, randomFrom, shuffled, kind: compiled ? "wasm" : "javascript" };
}

if (typeof module !== "undefined") module.exports = { makeEngine }; // in Node
