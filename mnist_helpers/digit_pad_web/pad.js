/* What one sees of the drawing pad, and what answers to mouse, finger, pen and keys.

   Everything stands in a shadow tree, so that the pad looks the same in the book, in JupyterLab,
   VS Code and Colab, and several pads on one page cannot get into each other's way. */

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

// RdBu, the colors of the weights in the book: blue lowers, white is zero, red raises
const BLUE_TO_RED = [
  [5, 48, 97], [33, 102, 172], [67, 147, 195], [146, 197, 222], [209, 229, 240], [247, 247, 247],
  [253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43], [103, 0, 31],
];
const SILENT = [32, 38, 46];
const ACTIVE = [255, 214, 102];
const NEGATIVE = [86, 180, 233]; // only a hidden layer without relu has such
const MARK = "#ffb000"; // what is pointed out in the steps

/** An element with attributes and children; an attribute with the value false is left out. */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

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

const mix = (from, to, part) => from.map((value, i) => value + (to[i] - value) * part);
const css = (color) => `rgb(${color.map(Math.round).join(" ")})`;

/** The color of a weight from -1 to 1. */
function weightColor(weight) {
  const at = ((weight + 1) / 2) * (BLUE_TO_RED.length - 1);
  const index = Math.min(Math.floor(at), BLUE_TO_RED.length - 2);
  return mix(BLUE_TO_RED[index], BLUE_TO_RED[index + 1], at - index);
}

/** Fill a square canvas with side x side cells; `color` gives the cell's [red, green, blue]. */
function paintCells(canvas, side, color) {
  const context = canvas.getContext("2d");
  const cell = canvas.width / side;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      context.fillStyle = css(color(x, y));
      context.fillRect(x * cell, y * cell, cell, cell);
    }
  }
  return context;
}

const gray = (level) => [level, level, level];

/** A share in percent, as text. A softmax never gives all or nothing, and the text says neither. */
function percent(share) {
  if (share > 0.9995) return ">99.9%";
  if (share < 0.0005) return "<0.1%";
  return `${(100 * share).toFixed(1)}%`;
}

/** Is the text around the pad light? Then the page is dark, whatever switched it. */
function isDark(host) {
  const context = element("canvas", { width: 1, height: 1 }).getContext("2d");
  context.fillStyle = getComputedStyle(host).color; // in whatever notation
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return 0.3 * red + 0.6 * green + 0.1 * blue > 128;
}

function followTheme(host) {
  const follow = () => {
    if (host.isConnected) host.dataset.theme = isDark(host) ? "dark" : "light";
  };
  // every place marks its theme in another attribute of html or body
  const observer = new MutationObserver(() => requestAnimationFrame(follow));
  observer.observe(document.documentElement, { attributes: true });
  observer.observe(document.body, { attributes: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
  host.addEventListener("pointerenter", follow); // if a style came late
  follow();
}

function mount(host, style, network) {
  const layers = decodeNetwork(network);
  const hidden = layers[0];
  const isHidden = layers.length > 1; // or the first layer is the last
  const columns = hidden.outputs === 10 ? 5 : 2 ** Math.ceil(Math.log2(2 * hidden.outputs) / 2);

  // ---- what stands on the page

  const button = (text, attributes = {}) =>
    element("button", { type: "button", ...attributes }, text);
  const picture = (width, height = width) =>
    element("canvas", { width, height, role: "img", "aria-label": "empty" });

  const drawing = element("canvas", {
    class: "drawing",
    width: CANVAS,
    height: CANVAS,
    tabindex: 0,
    role: "application", // so that screen readers let the arrow keys through
    "aria-label": "Drawing area",
    "aria-describedby": "hint",
  });
  const prompt = element("span", { class: "prompt", "aria-hidden": "true" }, "Draw a digit");
  const pen = element("span", { class: "pen", "aria-hidden": "true", hidden: "" });
  const undo = button("Undo");
  const clear = button("Clear");
  const preparing = element("input", { type: "checkbox", id: "preparing" });
  preparing.checked = true;
  const ready = READY.map((lines, digit) => {
    const icon = `<svg viewBox="0 0 100 100" aria-hidden="true"><path d="${lines.map(linePath).join("")}"/></svg>`;
    const node = button("", { "aria-label": `Ready digit ${digit}` });
    node.innerHTML = icon;
    return node;
  });
  const hint = element(
    "p",
    { class: "hint", id: "hint" },
    "Mouse, finger, or pen. By keyboard: arrows move the pen, Space lowers and lifts it, Shift " +
      "moves it finely, Delete clears, Ctrl+Z undoes.",
  );

  const verdict = element("p", { class: "verdict", "aria-hidden": "true" });
  const status = element("p", { class: "unseen", role: "status" });
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const bar = element("span", { class: "bar" });
    const number = element("span", { class: "number" }, "–");
    const track = element("span", { class: "track", "aria-hidden": "true" }, bar);
    const cell = element("td", {}, element("div", { class: "share" }, track, number));
    const row = element("tr", {}, element("th", { scope: "row" }, `${digit}`), cell);
    return { row, bar, number };
  });
  const head = ["Digit", "Probability"].map((text) => element("th", { scope: "col" }, text));
  const table = element(
    "table",
    {},
    element("caption", { class: "unseen" }, "Probability of each digit"),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows.map(({ row }) => row)),
  );

  const steps = [picture(CANVAS), picture(CANVAS), picture(CANVAS)].map((canvas) => {
    const name = element("strong");
    const detail = element("span", { class: "detail" });
    const view = element("div", { class: "view" }, canvas);
    const figure = element("figure", {}, view, element("figcaption", {}, name, detail));
    return { canvas, name, detail, figure };
  });

  const cell = Math.max(8, Math.floor(640 / columns));
  const activity = picture(columns * cell, Math.ceil(hidden.outputs / columns) * cell);
  activity.classList.add("activity");
  const slider = element("input", {
    type: "range",
    id: "neuron",
    min: 0,
    max: hidden.outputs - 1,
    value: 0,
  });
  const sliderName = element("label", { for: "neuron" }, "Neuron 0");
  const mostActive = button("Most active");
  const weights = picture(CANVAS);
  weights.classList.add("weights");
  const scale = element("span", { class: "scale" });
  const scaleFrom = element("span");
  const scaleTo = element("span");
  scale.style.background = `linear-gradient(to right, ${BLUE_TO_RED.map(css).join(", ")})`;
  const about = element("p", { class: "about" });

  const count = layers.reduce((sum, layer) => sum + (layer.inputs + 1) * layer.outputs, 0);
  const widths = [784, ...layers.map((layer) => layer.outputs)].join("-");

  const block = (name, title, ...children) =>
    element("div", { class: name }, element("p", { class: "title" }, title), ...children);
  const pad = element(
    "div",
    { class: "pad", role: "group", "aria-label": "Draw a digit for the network" },
    block(
      "draw",
      "Your digit",
      element("div", { class: "frame" }, drawing, prompt, pen),
      element("div", { class: "pair" }, undo, clear),
    ),
    block("answer", "The network’s answer", verdict, status),
    element(
      "div",
      { class: "help" },
      element("div", { class: "ready", role: "group", "aria-label": "Ready digits" }, ...ready),
      hint,
    ),
    element("div", { class: "shares" }, table),
    block(
      "steps",
      "What the network sees",
      element(
        "div",
        { class: "sides" },
        element("div", { class: "figures" }, ...steps.map(({ figure }) => figure)),
        element(
          "div",
          { class: "choice" },
          element("label", {}, preparing, "Prepare the drawing as MNIST was"),
          element("p", {}, "Switch it off, and the network gets the whole canvas, as drawn."),
        ),
      ),
    ),
    block(
      "neurons",
      isHidden ? "The first hidden layer" : "The ten neurons",
      element(
        "div",
        { class: "halves" },
        element(
          "div",
          { class: "left" },
          activity,
          element("div", { class: "choose" }, sliderName, slider, mostActive),
        ),
        element(
          "div",
          { class: "right" },
          element(
            "div",
            { class: "weighed" },
            weights,
            element("div", { class: "scaled", "aria-hidden": "true" }, scaleFrom, scale, scaleTo),
          ),
          about,
        ),
      ),
    ),
    element(
      "p",
      { class: "foot" },
      `This is a ${widths} network. Its ${count.toLocaleString("en-US")} ` +
        "weights and biases are in this page and run in your browser; nothing is sent anywhere.",
    ),
  );
  const root = host.attachShadow({ mode: "open" });
  root.append(element("style", {}, style), pad);

  // ---- what it remembers

  let strokes = []; // lists of [x, y]
  let past = []; // earlier lists of strokes, for undo
  let stroke = null; // the one that the pointer is drawing
  let pointer = null; // its id: other fingers do not join in
  const cursor = { x: CANVAS / 2, y: 40, down: false }; // of the keyboard
  let neuron = 0;
  let answer = null;
  let waiting = false;
  let timer = 0;

  // ---- from the strokes to the answer

  const context = drawing.getContext("2d", { willReadFrequently: true });

  function drawStrokes() {
    context.fillStyle = "#000";
    context.fillRect(0, 0, CANVAS, CANVAS);
    context.strokeStyle = "#fff";
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const points of strokes) context.stroke(new Path2D(linePath(points)));
  }

  function readLevels() {
    const { data } = context.getImageData(0, 0, CANVAS, CANVAS);
    const levels = new Uint8Array(CANVAS * CANVAS);
    for (let i = 0; i < levels.length; i++) levels[i] = data[4 * i]; // red: all three are the same
    return levels;
  }

  /** From gray levels to everything that is shown; null without ink. */
  function think(levels, width, height, prepares) {
    const prepared = prepare(levels, width, height);
    if (!prepared) return null;
    const seen = prepares ? prepared.picture : shrink(levels, width, height, SIDE, SIDE);
    const outputs = forward(layers, Float32Array.from(seen, (level) => level / 255));
    const probabilities = outputs.at(-1);
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    return { prepared, seen, prepares, activity: outputs[0], probabilities, order };
  }

  function update() {
    waiting = false;
    const start = performance.now();
    drawStrokes();
    answer = strokes.length ? think(readLevels(), CANVAS, CANVAS, preparing.checked) : null;
    const thought = performance.now();
    prompt.hidden = strokes.length > 0;
    enable(undo, past.length > 0);
    enable(clear, strokes.length > 0);
    showAnswer();
    showSteps();
    showActivity();
    showNeuron();
    if (answer) {
      answer.milliseconds = thought - start;
      answer.millisecondsWithPictures = performance.now() - start;
    }
  }

  /** At most one answer for each picture that the screen shows. */
  function updateSoon() {
    if (!waiting) requestAnimationFrame(update);
    waiting = true;
  }

  // ---- showing it

  /** Not with the attribute disabled: a button that takes itself away would lose the focus. */
  function enable(node, enabled) {
    node.setAttribute("aria-disabled", enabled ? "false" : "true");
  }

  /** Tell screen readers, once the drawing rests. */
  function announce(text) {
    clearTimeout(timer);
    timer = setTimeout(() => (status.textContent = text), 500);
  }

  function showAnswer() {
    const shares = answer?.probabilities;
    rows.forEach(({ row, bar, number }, digit) => {
      bar.style.width = shares ? `${100 * shares[digit]}%` : 0;
      number.textContent = shares ? percent(shares[digit]) : "–";
      row.classList.toggle("first", answer?.order[0] === digit);
    });
    if (!answer) {
      verdict.replaceChildren(element("b", {}, "?"), "Nothing drawn yet");
      announce("Nothing drawn yet.");
      return;
    }
    const [first, second] = answer.order;
    const next = `then ${second}, ${percent(shares[second])}`;
    verdict.replaceChildren(
      element("b", {}, `${first}`),
      element("span", { class: "sure" }, percent(shares[first])),
      element("span", { class: "next" }, next),
    );
    announce(`The network reads ${first}, ${percent(shares[first])}, ${next}.`);
  }

  function showSteps() {
    const [cut, scaled, centered] = steps;
    const show = (step, name, detail, label) => {
      step.name.textContent = name;
      step.detail.textContent = detail;
      step.canvas.setAttribute("aria-label", label);
    };
    const empty = () => SILENT;
    const prepares = preparing.checked;
    for (const step of [cut, scaled]) step.figure.classList.toggle("skipped", !prepares);
    if (!answer || !prepares) {
      for (const step of answer ? [cut, scaled] : steps) paintCells(step.canvas, 1, empty);
      const detail = prepares ? "" : "skipped";
      show(cut, "1. Cut to the ink", detail, detail || "empty");
      show(scaled, "2. Scale to 20 pixels", detail, detail || "empty");
    }
    if (!answer) {
      show(centered, prepares ? "3. Center its mass" : "Average to 28×28", "", "empty");
      return;
    }
    const { ink, box, left, top } = answer.prepared;
    if (prepares) {
      const around = cut.canvas.getContext("2d");
      around.drawImage(drawing, 0, 0);
      around.strokeStyle = MARK;
      around.lineWidth = 4;
      around.strokeRect(ink.left - 2, ink.top - 2, ink.width + 4, ink.height + 4);
      const size = `${ink.width}×${ink.height}`;
      show(cut, "1. Cut to the ink", `${size} pixels`, `The ink is ${size} pixels large`);

      const shift = [BOX - box.width, BOX - box.height].map((free) => Math.floor(free / 2));
      paintCells(scaled.canvas, BOX, (x, y) => {
        const [u, v] = [x - shift[0], y - shift[1]];
        const inside = u >= 0 && u < box.width && v >= 0 && v < box.height;
        return inside ? gray(box.digit[v * box.width + u]) : SILENT;
      });
      const small = `${box.width}×${box.height}`;
      show(scaled, "2. Scale to 20 pixels", `${small} pixels`, `The digit, scaled to ${small} pixels`);
    }
    const grid = paintCells(centered.canvas, SIDE, (x, y) => gray(answer.seen[y * SIDE + x]));
    if (!prepares) {
      show(
        centered,
        "Average to 28×28",
        "size and place as drawn",
        "The 28 by 28 picture that the network gets, with the size and place as drawn",
      );
      return;
    }
    grid.strokeStyle = MARK;
    grid.lineWidth = 2;
    grid.strokeRect(10 * left, 10 * top, 10 * box.width, 10 * box.height);
    const middle = 10 * (SIDE / 2 + 0.5); // pixel 14 counts from its own middle
    grid.lineWidth = 4;
    grid.stroke(new Path2D(`M${middle - 9},${middle}h18M${middle},${middle - 9}v18`));
    show(
      centered,
      "3. Center its mass",
      `at column ${left}, row ${top}`,
      `The 28 by 28 picture that the network gets: the digit at column ${left}, row ${top}`,
    );
  }

  function showActivity() {
    const values = answer?.activity;
    const largest = values ? Math.max(...values.map(Math.abs), 1e-9) : 1;
    const grid = activity.getContext("2d");
    grid.clearRect(0, 0, activity.width, activity.height);
    const gap = Math.max(1, cell * 0.08);
    const corner = (i) => [(i % columns) * cell + gap, Math.floor(i / columns) * cell + gap];
    for (let i = 0; i < hidden.outputs; i++) {
      const value = values ? values[i] / largest : 0;
      grid.fillStyle = css(mix(SILENT, value < 0 ? NEGATIVE : ACTIVE, Math.abs(value)));
      grid.fillRect(...corner(i), cell - 2 * gap, cell - 2 * gap);
    }
    const [x, y] = corner(neuron);
    for (const [color, width] of [["#000", 8], ["#fff", 4]]) {
      grid.strokeStyle = color;
      grid.lineWidth = (width * cell) / 40 + 1;
      grid.strokeRect(x, y, cell - 2 * gap, cell - 2 * gap);
    }
    const active = values ? values.filter((value) => value > 0).length : 0;
    activity.setAttribute(
      "aria-label",
      !values
        ? `${hidden.outputs} neurons, all silent`
        : isHidden
          ? `${active} of ${hidden.outputs} neurons are active, brighter is more`
          : "The ten probabilities, brighter is more",
    );
    enable(mostActive, values);
  }

  function showNeuron() {
    const column = Array.from(
      { length: hidden.inputs },
      (_, pixel) => hidden.kernel[pixel * hidden.outputs + neuron],
    );
    const largest = Math.max(...column.map(Math.abs), 1e-9);
    paintCells(weights, SIDE, (x, y) => weightColor(column[y * SIDE + x] / largest));
    weights.setAttribute("aria-label", `The weights of neuron ${neuron}, one for each pixel`);
    scaleFrom.textContent = `−${largest.toFixed(2)}`;
    scaleTo.textContent = `+${largest.toFixed(2)}`;
    slider.value = neuron;
    sliderName.textContent = `Neuron ${neuron}`;
    const sentences = ["Ink on red raises it, ink on blue lowers it."];
    if (answer) {
      const value = answer.activity[neuron];
      const now = isHidden ? `activity ${value.toFixed(2)}` : `probability ${percent(value)}`;
      sentences.unshift(`Neuron ${neuron}: ${now}.`);
    } else {
      sentences.unshift(`These are the weights of neuron ${neuron}.`);
    }
    if (layers.length === 2) {
      const { kernel } = layers[1];
      const votes = Array.from(kernel.slice(10 * neuron, 10 * neuron + 10));
      const [most, least] = [Math.max(...votes), Math.min(...votes)].map((v) => votes.indexOf(v));
      sentences.push(`When it is active, it speaks most for ${most} and most against ${least}.`);
    }
    about.textContent = sentences.join(" ");
    slider.setAttribute("aria-valuetext", sentences.join(" "));
  }

  function choose(index) {
    neuron = Math.min(Math.max(index, 0), hidden.outputs - 1);
    showActivity();
    showNeuron();
  }

  // ---- mouse, finger and pen

  function change(next) {
    past.push(strokes);
    strokes = next;
    updateSoon();
  }

  function pointOf(event) {
    const { left, top, width, height } = drawing.getBoundingClientRect();
    return [
      ((event.clientX - left) * CANVAS) / width,
      ((event.clientY - top) * CANVAS) / height,
    ];
  }

  function endStroke(event) {
    if (event.pointerId !== pointer) return;
    stroke = pointer = null;
  }

  drawing.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault(); // no selection of the text around
    drawing.focus({ preventScroll: true });
    liftPen();
    pen.hidden = true;
    pointer = event.pointerId;
    drawing.setPointerCapture(pointer); // also beyond the edge
    stroke = [pointOf(event)];
    change([...strokes, stroke]);
  });
  drawing.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) stroke.push(pointOf(each));
    updateSoon();
  });
  drawing.addEventListener("pointerup", endStroke);
  drawing.addEventListener("pointercancel", endStroke);

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
    updateSoon();
  }

  drawing.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pointer !== null) return;
    if (event.key in arrows) {
      movePen(arrows[event.key], event.shiftKey ? FINE_STEP : STEP);
    } else if (event.key === " ") {
      if (event.repeat) return event.preventDefault();
      cursor.down = !cursor.down;
      if (cursor.down) change([...strokes, [[cursor.x, cursor.y]]]);
      announce(cursor.down ? "Pen down." : "Pen up.");
    } else if (event.key === "Delete" || event.key === "Backspace") {
      wipe();
    } else {
      return;
    }
    event.preventDefault(); // the page does not scroll
    showPen();
  });
  drawing.addEventListener("focus", () => (pen.hidden = !drawing.matches(":focus-visible")));
  drawing.addEventListener("blur", () => {
    cursor.down = false;
    pen.classList.remove("down");
    pen.hidden = true;
  });
  pad.addEventListener("keydown", (event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z";
    if (!isUndo) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook would undo something of its own
    goBack();
  });

  // ---- buttons

  function goBack() {
    if (!past.length || pointer !== null) return;
    cursor.down = false;
    pen.classList.remove("down");
    strokes = past.pop();
    updateSoon();
  }

  function wipe() {
    cursor.down = false;
    pen.classList.remove("down");
    if (strokes.length) change([]);
  }

  undo.addEventListener("click", goBack);
  clear.addEventListener("click", wipe);
  ready.forEach((node, digit) => {
    const toCanvas = (value) => 30 + 2.2 * value;
    node.addEventListener("click", () =>
      change(READY[digit].map((line) => line.map((point) => point.map(toCanvas)))),
    );
  });
  preparing.addEventListener("change", updateSoon);
  slider.addEventListener("input", () => choose(Number(slider.value)));
  mostActive.addEventListener("click", () => {
    if (answer) choose(answer.activity.indexOf(Math.max(...answer.activity)));
  });
  activity.addEventListener("click", (event) => {
    const { left, top, width, height } = activity.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) * columns) / width);
    const row = Math.floor(((event.clientY - top) * activity.height) / height / cell);
    const index = row * columns + column;
    if (index < hidden.outputs) choose(index);
  });

  update();
  followTheme(host);
  // for tests, and for the curious in the browser's console
  host.digitPad = { layers, forward, prepare, think, answer: () => answer };
}

/** Put a pad into each element that waits for this network. */
function mountAll(name, style, network) {
  for (const host of document.querySelectorAll(`.digit-pad[data-network="${name}"]`)) {
    if (!host.shadowRoot) mount(host, style, network);
  }
}
