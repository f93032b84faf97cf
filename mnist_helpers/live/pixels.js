/* A picture whose pixels can be pointed at, shared by the figures that show numbers and pixels. */

const PIXEL = 12; // side of one on the canvas

/** Dark ink on white; mouse, finger, or arrow keys choose a pixel: {node, show, move}.

    `point(row, column)` is called whenever another pixel is chosen. */
function pixelGrid(name, rows, columns, point) {
  const node = element("canvas", {
    class: "pixels",
    width: columns * PIXEL,
    height: rows * PIXEL,
    tabindex: 0,
    role: "application", // so that screen readers let the arrow keys through
    "aria-label": `${name}. Arrow keys move from pixel to pixel.`,
  });
  let [row, column, levels] = [0, 0, new Uint8Array(rows * columns)];

  function draw() {
    const context = paintCells(node, columns, (x, y) => gray(255 - levels[y * columns + x]), rows);
    for (const [color, width] of [["#000000", 6], [MARK, 3]]) { // seen on white and on black
      context.strokeStyle = color;
      context.lineWidth = width;
      context.strokeRect(column * PIXEL, row * PIXEL, PIXEL, PIXEL);
    }
  }

  function move(down, across) {
    row = Math.min(Math.max(down, 0), rows - 1);
    column = Math.min(Math.max(across, 0), columns - 1);
    draw();
    point(row, column);
  }

  const follow = (event) => {
    const box = node.getBoundingClientRect();
    const down = Math.floor(((event.clientY - box.top) / box.height) * rows);
    const across = Math.floor(((event.clientX - box.left) / box.width) * columns);
    if (down !== row || across !== column) move(down, across);
  };
  node.addEventListener("pointermove", follow);
  node.addEventListener("pointerdown", follow);
  node.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault(); // the page stays where it is
    move(row + step[0], column + step[1]);
  });
  const show = (picture) => {
    levels = picture;
    draw();
  };
  return { node, show, move };
}
