/* A field to draw a digit in: what the figures that read a drawing share. */

const CANVAS = 280; // the drawing's side in pixels: ten for each of the 28
const PEN = 22; // width of the pen: about 2 of the 20 pixels of a digit that fills the canvas
const STEP = 12; // of the pen for an arrow key
const FINE_STEP = 4; // with Shift

/* Ten ready digits on a field of 100x100, for whoever does not draw. Lines are smoothed; a point
   given twice stays a corner; "|" lifts the pen. Their shapes were chosen such that a plain
   network reads them all: change one, and try it with several networks. */
const READY = [
  "50,6 26,14 20,50 28,86 50,94 72,86 80,50 72,14 50,6",
  "42,20 54,6 54,6 50,94",
  "26,22 44,6 66,12 70,34 52,60 20,90 20,90 82,88",
  "26,16 48,4 72,14 70,38 46,46 46,46 74,54 76,80 50,98 24,84",
  "30,8 24,56 24,56 80,54|66,10 60,96",
  "74,10 36,10 36,10 32,44 32,44 54,40 76,54 72,84 48,94 24,84",
  "64,6 40,24 26,62 34,90 58,94 74,76 64,56 44,56 30,70",
  "22,12 78,12 78,12 56,50 44,94",
  "68,22 50,4 30,16 36,38 66,58 72,82 50,96 28,84 34,60 64,40 68,22",
  "70,24 52,8 32,16 30,38 48,46 66,36 70,22 70,22 66,56 60,94",
].map((digit) =>
  digit.split("|").map((line) => line.split(" ").map((point) => point.split(",").map(Number))),
);

/** A smooth line through the points, as the path of an SVG or a canvas. */
function linePath(points) {
  const [first, ...rest] = points;
  let path = `M${first}`;
  // curves from middle to middle, each bent by the point between them
  for (let i = 0; i + 1 < rest.length; i++) {
    const [[x, y], [nextX, nextY]] = [rest[i], rest[i + 1]];
    path += `Q${x},${y} ${(x + nextX) / 2},${(y + nextY) / 2}`;
  }
  return path + `L${rest.at(-1) ?? first}`; // a single point becomes a dot
}

/** A field that answers to mouse, finger, pen and keys.

    `prompt` stands in the empty field, `describedBy` is the id of a hint, `say` tells screen
    readers, `change` is called after each change of the drawing. The result:
      node, canvas  what stands on the page
      undo, clear   two buttons
      levels()      shows the drawing and gives its gray levels, or null if it is empty
      put(lines)    draws lines on a field of 100x100
      setWidth(w)   draws it all with another pen
      undoKey       takes a keydown: Ctrl+Z */
function sketchField({ prompt: words, describedBy, say, change }) {
  const canvas = element("canvas", {
    class: "drawing",
    width: CANVAS,
    height: CANVAS,
    tabindex: 0,
    role: "application", // so that screen readers let the arrow keys through
    "aria-label": "Drawing area",
    "aria-describedby": describedBy,
  });
  const prompt = element("span", { class: "prompt", "aria-hidden": "true" }, words);
  const pen = element("span", { class: "pen", "aria-hidden": "true", hidden: "" });
  const node = element("div", { class: "frame" }, canvas, prompt, pen);
  const undo = button("Undo", goBack);
  const clear = button("Clear", wipe);

  let width = PEN;
  let strokes = []; // lists of [x, y]
  let past = []; // earlier lists of strokes, for undo
  let stroke = null; // the one that the pointer is drawing
  let pointer = null; // its id: other fingers do not join in
  const cursor = { x: CANVAS / 2, y: 40, down: false }; // of the keyboard

  const context = canvas.getContext("2d", { willReadFrequently: true });

  function levels() {
    context.fillStyle = "#000";
    context.fillRect(0, 0, CANVAS, CANVAS);
    context.strokeStyle = "#fff";
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    for (const points of strokes) context.stroke(new Path2D(linePath(points)));
    prompt.hidden = strokes.length > 0;
    enable(undo, past.length > 0);
    enable(clear, strokes.length > 0);
    if (!strokes.length) return null;
    const { data } = context.getImageData(0, 0, CANVAS, CANVAS);
    const result = new Uint8Array(CANVAS * CANVAS);
    for (let i = 0; i < result.length; i++) result[i] = data[4 * i]; // red: all three are the same
    return result;
  }

  function set(next) {
    past.push(strokes);
    strokes = next;
    change();
  }

  // ---- mouse, finger and pen

  function pointOf(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [
      ((event.clientX - left) * CANVAS) / width,
      ((event.clientY - top) * CANVAS) / height,
    ];
  }

  function endStroke(event) {
    if (event.pointerId !== pointer) return;
    stroke = pointer = null;
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault(); // no selection of the text around
    canvas.focus({ preventScroll: true });
    liftPen();
    pen.hidden = true;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer); // also beyond the edge
    stroke = [pointOf(event)];
    set([...strokes, stroke]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) stroke.push(pointOf(each));
    change();
  });
  canvas.addEventListener("pointerup", endStroke);
  canvas.addEventListener("pointercancel", endStroke);

  // ---- keyboard

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function liftPen() {
    cursor.down = false;
    showPen();
  }

  function showPen() {
    pen.hidden = false;
    pen.classList.toggle("down", cursor.down);
    pen.style.left = `${(100 * cursor.x) / CANVAS}%`;
    pen.style.top = `${(100 * cursor.y) / CANVAS}%`;
  }

  function movePen([right, down], step) {
    const inside = (value) => Math.min(Math.max(value, PEN / 2), CANVAS - PEN / 2);
    cursor.x = inside(cursor.x + right * step);
    cursor.y = inside(cursor.y + down * step);
    if (cursor.down) strokes.at(-1).push([cursor.x, cursor.y]);
    change();
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pointer !== null) return;
    if (event.key in arrows) {
      movePen(arrows[event.key], event.shiftKey ? FINE_STEP : STEP);
    } else if (event.key === " ") {
      if (event.repeat) return event.preventDefault();
      cursor.down = !cursor.down;
      if (cursor.down) set([...strokes, [[cursor.x, cursor.y]]]);
      say(cursor.down ? "Pen down." : "Pen up.");
    } else if (event.key === "Delete" || event.key === "Backspace") {
      wipe();
    } else {
      return;
    }
    event.preventDefault(); // the page does not scroll
    showPen();
  });
  canvas.addEventListener("focus", () => (pen.hidden = !canvas.matches(":focus-visible")));
  canvas.addEventListener("blur", () => {
    cursor.down = false;
    pen.classList.remove("down");
    pen.hidden = true;
  });

  function undoKey(event) {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z";
    if (!isUndo) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook would undo something of its own
    goBack();
  }

  // ---- buttons

  function goBack() {
    if (!past.length || pointer !== null) return;
    cursor.down = false;
    pen.classList.remove("down");
    strokes = past.pop();
    change();
  }

  function wipe() {
    cursor.down = false;
    pen.classList.remove("down");
    if (strokes.length) set([]);
  }

  function put(lines) {
    const toCanvas = (value) => 30 + 2.2 * value;
    set(lines.map((line) => line.map((point) => point.map(toCanvas))));
  }

  function setWidth(chosen) {
    width = chosen;
    change();
  }

  return { node, canvas, undo, clear, levels, put, setWidth, undoKey };
}

/** Ten buttons, each with a ready digit that it gives to `put`. */
function readyDigits(put) {
  const buttons = READY.map((lines, digit) => {
    const icon = `<svg viewBox="0 0 100 100" aria-hidden="true"><path d="${lines.map(linePath).join("")}"/></svg>`;
    const node = button("", () => put(lines), { "aria-label": `Ready digit ${digit}` });
    node.innerHTML = icon;
    return node;
  });
  return element("div", { class: "ready", role: "group", "aria-label": "Ready digits" }, ...buttons);
}
