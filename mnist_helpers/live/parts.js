/* What the live figures share: their place on the page, elements and controls, colors, and plots.

   A figure is a function (root, data, host): it fills `root`, an element in a shadow tree that has
   the looks of live.css, from the data that Python gave. */

/** Start a figure in each of its places on the page. */
function liveFigure(name, build) {
  for (const host of document.querySelectorAll(`[data-live-figure="${name}"]`)) {
    if (host.shadowRoot) continue; // started by the script of another output
    const data = JSON.parse(host.querySelector(":scope > script").textContent);
    const figure = element("div", { class: "live" });
    const styles = [STYLES["live.css"], STYLES[`${name.replaceAll("-", "_")}.css`] ?? ""];
    const shadow = host.attachShadow({ mode: "open" });
    shadow.append(
      element("style", {}, styles.join("\n")),
      figure,
      element("div", { class: "still" }, element("slot")), // on paper
    );
    followTheme(host);
    build(figure, data, host);
  }
}

/** What the figure's `later` gave in Python, as a promise. On the site it is a file, which writes
    into window.liveLater under its own name: a page from a disk may load a script, but no data. */
function later(host) {
  const block = host.querySelector(":scope > [data-live-later]");
  const { src } = block.dataset;
  if (!src) return Promise.resolve(JSON.parse(block.textContent));
  return new Promise((resolve, reject) => {
    const script = element("script", { src });
    script.addEventListener("load", () => resolve(window.liveLater[src.split("/").at(-1)]));
    script.addEventListener("error", () => reject(new Error(`${src} could not be loaded`)));
    document.head.append(script);
  });
}

// ---- elements

/** An element with attributes and children; an attribute with the value false is left out. */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** The same for drawings. */
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function button(text, press, attributes = {}) {
  const node = element("button", { type: "button", ...attributes }, text);
  if (press) {
    node.addEventListener("click", () => {
      if (node.getAttribute("aria-disabled") !== "true") press();
    });
  }
  return node;
}

/** Not with the attribute disabled: a button that takes itself away would lose the focus. */
function enable(node, enabled) {
  node.setAttribute("aria-disabled", enabled ? "false" : "true");
}

let ids = 0;

/** A slider with its name and value: {node, input, set}. `format` gives the value as text. */
function slider(name, { min, max, step = 1, value, format = String }, change) {
  const id = `slider-${ids++}`;
  const input = element("input", { type: "range", id, min, max, step, value });
  const shown = element("span", { class: "value", "aria-hidden": "true" }); // aria-valuetext says it
  const show = () => {
    shown.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  const set = (now) => {
    input.value = now;
    show();
  };
  input.addEventListener("input", () => {
    show();
    change(Number(input.value));
  });
  show();
  const node = element("div", { class: "slider" }, element("label", { for: id }, name), input, shown);
  return { node, input, set };
}

/** A choice among a few: {node, set}. `options` are [value, text]. */
function choice(name, options, value, change) {
  const group = `choice-${ids++}`;
  const inputs = options.map(([option]) =>
    element("input", { type: "radio", name: group, value: option, checked: option === value && "" }),
  );
  const labels = options.map(([, text], i) => element("label", {}, inputs[i], element("span", {}, text)));
  inputs.forEach((input, i) => input.addEventListener("change", () => change(options[i][0])));
  const node = element("fieldset", { class: "choice" }, element("legend", {}, name), ...labels);
  const set = (now) => inputs.forEach((input, i) => (input.checked = options[i][0] === now));
  return { node, set };
}

/** What screen readers are told, once the figure rests: {node, say}. */
function liveRegion() {
  const node = element("p", { class: "unseen", role: "status" });
  let timer = 0;
  const say = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => (node.textContent = text), 500);
  };
  return { node, say };
}

/** A canvas that says in words what it shows. */
function picture(width, height = width, label = "empty") {
  return element("canvas", { width, height, role: "img", "aria-label": label });
}

/** At most one `update` for each picture that the screen shows: a function that asks for one. */
function eachFrame(update) {
  let waiting = false;
  return () => {
    if (!waiting) {
      requestAnimationFrame(() => {
        waiting = false;
        update();
      });
    }
    waiting = true;
  };
}

const stillPreferred = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// ---- colors and numbers

// RdBu, the colors of the weights in the book: blue lowers, white is zero, red raises
const BLUE_TO_RED = [
  [5, 48, 97], [33, 102, 172], [67, 147, 195], [146, 197, 222], [209, 229, 240], [247, 247, 247],
  [253, 219, 199], [244, 165, 130], [214, 96, 77], [178, 24, 43], [103, 0, 31],
];
const SILENT = [32, 38, 46];
const ACTIVE = [255, 214, 102];
const NEGATIVE = [86, 180, 233]; // only a hidden layer without relu has such
const MARK = "#ffb000"; // what is pointed out

const mix = (from, to, part) => from.map((value, i) => value + (to[i] - value) * part);
const css = (color) => `rgb(${color.map(Math.round).join(" ")})`;
const gray = (level) => [level, level, level];

/** The color of a weight from -1 to 1. */
function weightColor(weight) {
  const at = ((Math.min(Math.max(weight, -1), 1) + 1) / 2) * (BLUE_TO_RED.length - 1);
  const index = Math.min(Math.floor(at), BLUE_TO_RED.length - 2);
  return mix(BLUE_TO_RED[index], BLUE_TO_RED[index + 1], at - index);
}

/** Fill a canvas with columns x rows cells; `color(x, y)` gives a cell's [red, green, blue]. */
function paintCells(canvas, columns, color, rows = columns) {
  const context = canvas.getContext("2d");
  const [width, height] = [canvas.width / columns, canvas.height / rows];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      context.fillStyle = css(color(x, y));
      context.fillRect(x * width, y * height, width, height);
    }
  }
  return context;
}

/** A share in percent, as text. A softmax never gives all or nothing, and the text says neither. */
function percent(share) {
  if (share > 0.9995) return ">99.9%";
  if (share < 0.0005) return "<0.1%";
  return `${(100 * share).toFixed(1)}%`;
}

const aDigit = (digit) => (digit === 8 ? "an 8" : `a ${digit}`);

/** A number with a true minus sign. */
const signed = (value, digits = 2) => value.toFixed(digits).replace("-", "−");

/** Bytes from base64. */
const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** Numbers from base64 of their little-endian bytes: a typed array of `kind`. */
const numbers = (text, kind = Float32Array) => new kind(fromBase64(text).buffer);

// ---- themes

/** Is the text around the figure light? Then the page is dark, whatever switched it. */
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

// ---- plots

/** A plot of lines over two axes, as an SVG that takes its colors from live.css.

    `x` and `y` are {label, domain: [from, to], ticks: [...], format}. The result has
    `line(index, points)` with points [[x, y], ...], class "line-0" and so on in the book's colors,
    `mark(x)` for an upright line that shows where one is, and `dot(index, x, y)`. */
function linePlot({ x, y, label, width = 360, height = 200 }) {
  const box = { left: 46, right: width - 10, top: 10, bottom: height - 38 };
  const scale = ({ domain: [from, to] }, low, high) => (value) =>
    low + ((value - from) / (to - from)) * (high - low);
  const [atX, atY] = [scale(x, box.left, box.right), scale(y, box.bottom, box.top)];
  const text = (content, attributes) => svg("text", attributes, content);
  const format = (axis, value) => (axis.format ?? String)(value);
  const node = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "plot" });
  for (const tick of x.ticks) {
    node.append(
      svg("path", { class: "grid", d: `M${atX(tick)},${box.top}V${box.bottom}` }),
      text(format(x, tick), { x: atX(tick), y: box.bottom + 15, "text-anchor": "middle" }),
    );
  }
  for (const tick of y.ticks) {
    node.append(
      svg("path", { class: "grid", d: `M${box.left},${atY(tick)}H${box.right}` }),
      text(format(y, tick), { x: box.left - 5, y: atY(tick) + 4, "text-anchor": "end" }),
    );
  }
  const middle = (box.top + box.bottom) / 2;
  node.append(
    text(x.label, { x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" }),
    text(y.label, { x: 11, y: middle, "text-anchor": "middle", transform: `rotate(-90 11 ${middle})` }),
  );
  const parts = new Map();
  const part = (key, tag, kind) => {
    if (!parts.has(key)) node.append(parts.set(key, svg(tag, { class: kind })).get(key));
    return parts.get(key);
  };
  const line = (index, points) => {
    const path = points.map(([u, v], i) => `${i ? "L" : "M"}${atX(u).toFixed(1)},${atY(v).toFixed(1)}`);
    part(`line-${index}`, "path", `line line-${index}`).setAttribute("d", path.join(""));
  };
  const mark = (at) =>
    part("mark", "path", "mark").setAttribute("d", `M${atX(at)},${box.top}V${box.bottom}`);
  const dot = (index, u, v) => {
    const circle = part(`dot-${index}`, "circle", `dot line-${index}`);
    for (const [name, value] of [["cx", atX(u)], ["cy", atY(v)], ["r", 5]]) circle.setAttribute(name, value);
  };
  return { node, line, mark, dot, atX, atY };
}

/** Let a pointer drag along a plot: `move` gets the place on its x axis, from `from` to `to`. */
function dragAlong({ node, atX }, from, to, move) {
  const set = (event) => {
    const { left, width } = node.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * node.viewBox.baseVal.width;
    const value = from + ((x - atX(from)) / (atX(to) - atX(from))) * (to - from);
    move(Math.min(Math.max(value, from), to));
  };
  node.classList.add("drag");
  node.addEventListener("pointerdown", (event) => {
    node.setPointerCapture(event.pointerId);
    set(event);
  });
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) set(event);
  });
}
