/* What the figures of a training share: pictures of its neurons, and a digit of the reader's. */

const TILE = 28 + 2; // a neuron's picture and the gap to the next
// the colors of weights from -1 to 1 in steps of 0.01, as a canvas has them
const WEIGHT_COLORS = Uint32Array.from({ length: 201 }, (_, i) => {
  const [red, green, blue] = weightColor(i / 100 - 1);
  return (255 << 24) | (blue << 16) | (green << 8) | red;
});

/** Paint the weights of a layer's first neurons; a weight of `scale` has the full color. */
function paintNeurons(canvas, { kernel, outputs }, scale, most = outputs) {
  const shown = Math.min(outputs, most);
  const columns = Math.ceil(Math.sqrt(shown));
  canvas.width = columns * TILE - 2;
  canvas.height = Math.ceil(shown / columns) * TILE - 2;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const colors = new Uint32Array(image.data.buffer);
  for (let neuron = 0; neuron < shown; neuron++) {
    const corner = TILE * (Math.floor(neuron / columns) * canvas.width + (neuron % columns));
    for (let pixel = 0; pixel < 784; pixel++) {
      const place = corner + Math.floor(pixel / 28) * canvas.width + (pixel % 28);
      const level = Math.round(100 * (kernel[pixel * outputs + neuron] / scale + 1));
      colors[place] = WEIGHT_COLORS[Math.min(Math.max(level, 0), 200)];
    }
  }
  context.putImageData(image, 0, 0);
}

/** A part of a figure with its title. */
const block = (name, title, ...children) =>
  element("div", { class: name }, element("p", { class: "title" }, title), ...children);

/** A field to draw a digit in, with what the network says beside it: {node, levels}. `levels`
    gives the digit as the network gets it, or null. `change` is called after each change. */
function ownDigit({ title, say, change, beside }) {
  let own = null;
  const sketch = sketchField({
    prompt: "Draw a digit",
    describedBy: "hint",
    say,
    change: () => {
      const levels = sketch.levels();
      own = levels && (prepare(levels, CANVAS, CANVAS)?.picture ?? null);
      change();
    },
  });
  const hint = "By keyboard: arrows move the pen, Space lowers and lifts it, Delete clears.";
  const node = block(
    "own",
    title,
    element("div", { class: "sheet" }, sketch.node, element("div", {}, ...beside)),
    element("div", { class: "controls" }, sketch.undo, sketch.clear),
    readyDigits(sketch.put),
    element("p", { class: "hint", id: "hint" }, hint),
  );
  node.addEventListener("keydown", sketch.undoKey);
  sketch.levels(); // shows the empty field
  return { node, levels: () => own };
}
