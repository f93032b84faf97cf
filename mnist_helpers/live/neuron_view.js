/* One neuron looks at a digit: weights to paint, the products, the sum, and how well it tells two
   digits apart. The rule: an output above 0 means the first digit. */

liveFigure("neuron-view", async (root, data, host) => {
  const SHOWN = 20; // digits to look at one by one
  const BRUSH = [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]]; // cells around the place
  const TOOLS = { red: 1, blue: -1, erase: 0 };
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const { side, digits: [first, second] } = data;
  const size = side * side;
  const isFirst = [...data.labels].map((label) => label === "0");
  const count = isFirst.length;
  const firsts = isFirst.filter(Boolean).length;
  const pixels = await read(data.sprite);
  const difference = Float64Array.from(numbers(data.weights));

  const weights = Float64Array.from(difference);
  let shown = 0; // which digit
  let bias = 0;
  let rows = side; // how many are added up
  let tool = "red";
  let spot = null; // a pixel that is looked at: {x, y, down}
  let pointer = null; // which one paints; a second finger does not join in
  let last = null; // where it has painted

  /** The pixels of all digits, from 0 to 1, in the 16 grays that the sprite has. */
  async function read(sprite) {
    const image = new Image();
    image.src = `data:image/png;base64,${sprite}`;
    await image.decode();
    const context = picture(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const shades = context.getImageData(0, 0, image.width, image.height).data;
    const columns = image.width / side;
    return Float64Array.from({ length: count * size }, (_, i) => {
      const [digit, pixel] = [Math.floor(i / size), i % size];
      const y = Math.floor(digit / columns) * side + Math.floor(pixel / side);
      const x = (digit % columns) * side + (pixel % side);
      // some browsers blur what is read from a canvas a little; dark is ink
      return Math.round((255 - shades[4 * (y * image.width + x)]) / 17) / 15;
    });
  }

  // ---- arithmetic

  function sumOf(digit) {
    let sum = bias;
    for (let i = 0, from = digit * size; i < size; i++) sum += pixels[from + i] * weights[i];
    return sum;
  }

  const output = (sum) => (relu.checked ? Math.max(0, sum) : sum);

  /** The products of the rows that are added up so far: those above 0, and those below. */
  function added() {
    let [up, down] = [0, 0];
    for (let i = 0; i < rows * side; i++) {
      const product = pixels[shown * size + i] * weights[i];
      if (product > 0) up += product;
      else down += product;
    }
    return { up, down, sum: up + down + bias };
  }

  /** The outputs for all digits, and how many of each kind are told right. */
  function judge() {
    const outputs = isFirst.map((_, digit) => output(sumOf(digit)));
    const answered = outputs.filter((value, digit) => isFirst[digit] && value > 0).length;
    const quiet = outputs.filter((value, digit) => !isFirst[digit] && !(value > 0)).length;
    return { outputs, answered, quiet, right: answered + quiet };
  }

  // ---- what one sees

  const views = ["digit", "weights", "product"].map((name) => {
    const canvas = name === "weights"
      ? element("canvas", {
          width: 8 * side, height: 8 * side, tabindex: 0, role: "application",
          "aria-label": "Weights to paint: arrow keys move the brush, the space bar puts it down or lifts it.",
        })
      : picture(8 * side);
    const marker = element("span", { class: "spot", hidden: "" });
    return { name, canvas, marker, node: element("div", { class: "view" }, canvas, marker) };
  });
  const [digitView, weightView, productView] = views;
  const caption = element("figcaption");
  const previous = button("‹", () => choose(shown - 1), { "aria-label": "previous digit" });
  const next = button("›", () => choose(shown + 1), { "aria-label": "next digit" });
  const tools = choice(
    "Brush:", [["red", "raise"], ["blue", "lower"], ["erase", "erase"]], tool, (now) => (tool = now));
  tools.node.classList.add("tools");
  const counting = slider(
    "rows added up", { min: 0, max: side, value: side }, (now) => {
      rows = now;
      update();
    });
  const biasSlider = slider(
    "bias", { min: -30, max: 30, step: 0.5, value: 0, format: (value) => signed(value, 1) }, (now) => {
      bias = now;
      update();
    });
  const relu = element("input", { type: "checkbox" });
  relu.addEventListener("change", () => update());
  const pixel = element("p", { class: "hint pixel" });

  const terms = ["red products", "blue products", "bias", "sum", "output"];
  const cells = terms.map(() => element("td"));
  const sumName = element("th", { scope: "col" }, "sum");
  const table = element(
    "table",
    { class: "sum" },
    element("caption", { class: "unseen" }, "The sum of the neuron"),
    element("thead", {}, element(
      "tr", {}, ...terms.map((term) => (term === "sum" ? sumName : element("th", { scope: "col" }, term))))),
    element("tbody", {}, element("tr", {}, ...cells)),
  );
  const verdict = element("p", { class: "verdict" });
  const strip = svg("svg", { viewBox: "0 0 300 176", role: "img", class: "plot strip", "aria-label": "empty" });
  const told = element("p", { class: "told" });
  const status = liveRegion();

  const starts = element(
    "div",
    { class: "controls" },
    element("span", { class: "name" }, "Start from"),
    button("nothing", () => start(() => 0)),
    button("chance", () => start(() => 2 * Math.random() - 1)),
    button(`mean ${first} − mean ${second}`, () => start((i) => difference[i])),
  );
  root.classList.add("neuron");
  root.style.setProperty("--side", side);
  root.append(
    element("p", { class: "title" }, `A neuron that should answer to ${first}, and not to ${second}`),
    starts,
    element(
      "div",
      { class: "views" },
      element("figure", { class: "weights" }, weightView.node, element("figcaption", {},
        element("strong", {}, "weights"), "red raises the sum, blue lowers it"), tools.node),
      element("figure", { class: "digit" }, digitView.node, caption,
        element("div", { class: "controls" }, previous, next)),
      element("figure", { class: "product" }, productView.node, element("figcaption", {},
        element("strong", {}, "= products"), "no ink, no say"), counting.node),
    ),
    pixel,
    table,
    verdict,
    element(
      "div",
      { class: "settings" },
      biasSlider.node,
      element("label", { class: "check" }, relu, "relu: a sum below 0 becomes 0"),
    ),
    element("p", { class: "title task" }, `Now try it on ${firsts} images of ${first} and ${count - firsts} of ${second}`),
    element(
      "div",
      { class: "judged" },
      strip,
      element("div", {}, told, element("p", { class: "hint" },
        `The rule: an output above 0, right of the line, means ${first}. Images from MNIST, CC BY-SA 3.0.`)),
    ),
    status.node,
  );

  const product = (i) => pixels[shown * size + i] * weights[i];

  function update() {
    const answer = isFirst[shown] ? first : second;
    paintCells(digitView.canvas, side, (x, y) => gray(255 * (1 - pixels[shown * size + y * side + x])));
    paintCells(weightView.canvas, side, (x, y) => weightColor(weights[y * side + x]));
    paintCells(productView.canvas, side, (x, y) => y < rows ? weightColor(product(y * side + x)) : gray(200));
    digitView.canvas.setAttribute("aria-label", `A handwritten ${answer}`);
    productView.canvas.setAttribute("aria-label", "The products of pixels and weights: colored where the digit has ink");
    caption.replaceChildren(element("strong", {}, `× a ${answer}`), `image ${shown + 1} of ${Math.min(SHOWN, count)}`);

    const { up, down, sum } = added();
    const whole = rows === side;
    const out = output(sumOf(shown));
    sumName.textContent = whole ? "sum" : "sum so far";
    const texts = [signed(up), signed(down), signed(bias, 1), signed(sum), whole ? signed(out) : "…"];
    cells.forEach((cell, i) => (cell.textContent = texts[i]));
    const said = out > 0;
    const right = said === isFirst[shown];
    const says = `${said ? "Above 0" : "Not above 0"}: the neuron says ${said ? first : `“not ${first}”`}, ` +
      `and ${right ? "that is right" : "that is wrong"}.`;
    verdict.textContent = whole ? says : `${rows} of ${side} rows are added up.`;

    const { outputs, answered, quiet, right: all } = judge();
    drawStrip(outputs);
    told.replaceChildren(
      element("strong", {}, `${all} of ${count} told apart`),
      `: it answers to ${answered} of ${firsts} images of ${first}, and keeps quiet at ` +
        `${quiet} of ${count - firsts} of ${second}.`,
    );
    showSpot();
    status.say(whole ? `Output ${signed(out)}. ${says} ${all} of ${count} told apart.` : `Sum so far ${signed(sum)}.`);
  }

  /** The outputs as bars: those of the first digit upward, those of the second downward. */
  function drawStrip(outputs) {
    const BINS = 36;
    const [left, right, middle, tall] = [4, 296, 78, 60];
    // 0 is the edge between two bins: what stands to its right is answered to, and nothing else
    const span = Math.max(...outputs, 0) - Math.min(...outputs, 0) || 2;
    const step = span / BINS;
    const binOf = (value) => (value > 0 ? Math.ceil(value / step) - 1 : -Math.max(1, Math.ceil(-value / step)));
    const lowest = Math.min(-1, ...outputs.map(binOf));
    const highest = Math.max(0, ...outputs.map(binOf));
    const width = (right - left) / (highest - lowest + 1);
    const at = (value) => left + (value / step - lowest) * width;
    const bins = [0, 1].map(() => new Array(highest - lowest + 1).fill(0));
    outputs.forEach((value, digit) => bins[isFirst[digit] ? 0 : 1][binOf(value) - lowest]++);
    const most = Math.max(...bins.flat());
    const bars = bins.map((counts, kind) => {
      const d = counts.map((n, bin) => {
        if (!n) return "";
        const height = ((kind ? 1 : -1) * Math.max(2, (tall * n) / most)).toFixed(1);
        return `M${(left + bin * width).toFixed(1)},${middle}v${height}h${(width - 1).toFixed(1)}V${middle}Z`;
      });
      return svg("path", { d: d.join(""), class: `bars bars-${kind}` });
    });
    const ticks = [lowest * step, 0, (highest + 1) * step].filter((tick) => tick === 0 || Math.abs(at(tick) - at(0)) > 44);
    const text = (content, x, y, anchor, kind = "") =>
      svg("text", { x, y, "text-anchor": anchor, class: kind }, content);
    const anchor = (x) => (x < left + 20 ? "start" : x > right - 20 ? "end" : "middle");
    const here = at(outputs[shown]);
    strip.replaceChildren(
      svg("path", { class: "grid", d: `M${left},${middle}H${right}` }),
      svg("path", { class: "zero", d: `M${at(0)},14V${middle + tall + 2}` }),
      ...bars,
      svg("path", { class: "mark", d: `M${here},14V${middle + tall + 2}` }),
      ...ticks.map((tick) => text(tick ? signed(tick, 1) : "0", at(tick), middle + tall + 16, anchor(at(tick)))),
      text(`▲ images of ${first}`, right, 11, "end", "kind-0"),
      text(`▼ images of ${second}`, left, 11, "start", "kind-1"),
      text("output (dashed: the digit shown)", (left + right) / 2, 172, "middle"),
    );
    const range = (kind) => {
      const values = outputs.filter((_, digit) => isFirst[digit] === kind);
      return `from ${signed(Math.min(...values), 1)} to ${signed(Math.max(...values), 1)}`;
    };
    strip.setAttribute("aria-label",
      `Outputs: for images of ${first} ${range(true)}, for images of ${second} ${range(false)}`);
  }

  function showSpot() {
    for (const { marker } of views) {
      marker.hidden = !spot;
      if (!spot) continue;
      marker.classList.toggle("down", spot.down);
      marker.style.cssText = `left:${(100 * spot.x) / side}%;top:${(100 * spot.y) / side}%`;
    }
    if (!spot) {
      pixel.textContent = "Point at a picture: one pixel, its weight, their product.";
      return;
    }
    const i = spot.y * side + spot.x;
    pixel.textContent =
      `row ${spot.y}, column ${spot.x}: pixel ${signed(pixels[shown * size + i])} × ` +
      `weight ${signed(weights[i])} = ${signed(product(i))}`;
  }

  // ---- what one does

  const updateSoon = eachFrame(update);

  function start(weight) {
    weights.forEach((_, i) => (weights[i] = weight(i)));
    update();
  }

  function choose(digit) {
    const all = Math.min(SHOWN, count);
    shown = (digit + all) % all;
    update();
  }

  function paint(x, y) {
    for (const [right, down] of BRUSH) {
      const [column, row] = [x + right, y + down];
      if (column < 0 || row < 0 || column >= side || row >= side) continue;
      weights[row * side + column] = TOOLS[tool];
    }
    updateSoon();
  }

  /** The cell under a pointer. */
  function cellAt(event, canvas) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const inside = (part) => Math.min(Math.max(Math.floor(part * side), 0), side - 1);
    return { x: inside((event.clientX - left) / width), y: inside((event.clientY - top) / height) };
  }

  function paintTo({ x, y }) {
    const steps = Math.max(Math.abs(x - last.x), Math.abs(y - last.y), 1);
    for (let step = 1; step <= steps; step++) {
      const along = (from, to) => Math.round(from + ((to - from) * step) / steps);
      paint(along(last.x, x), along(last.y, y));
    }
    last = { x, y };
  }

  for (const { canvas } of views) {
    canvas.addEventListener("pointermove", (event) => {
      if (pointer !== null && event.pointerId !== pointer) return;
      spot = { ...cellAt(event, canvas), down: pointer !== null };
      if (pointer !== null) {
        const events = event.getCoalescedEvents?.() ?? [];
        for (const each of events.length ? events : [event]) paintTo(cellAt(each, canvas));
      }
      showSpot();
    });
    canvas.addEventListener("pointerleave", () => {
      if (pointer !== null) return;
      spot = null;
      showSpot();
    });
  }
  const canvas = weightView.canvas;
  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer); // also beyond the edge
    last = cellAt(event, canvas);
    spot = { ...last, down: true };
    paint(last.x, last.y);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      if (spot) spot.down = false;
      showSpot();
    });
  }
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pointer !== null) return;
    spot ??= { x: side / 2, y: side / 2, down: false };
    if (event.key in ARROWS) {
      const [right, down] = ARROWS[event.key];
      const inside = (value) => Math.min(Math.max(value, 0), side - 1);
      spot.x = inside(spot.x + right);
      spot.y = inside(spot.y + down);
    } else if (event.key === " ") {
      if (!event.repeat) spot.down = !spot.down;
    } else {
      return;
    }
    event.preventDefault(); // the page does not scroll
    if (spot.down) paint(spot.x, spot.y);
    showSpot();
    status.say(`${spot.down ? "Brush down" : "Brush up"}, ${pixel.textContent}`);
  });
  canvas.addEventListener("focus", () => {
    if (!canvas.matches(":focus-visible")) return;
    spot ??= { x: Math.floor(side / 2), y: Math.floor(side / 2), down: false };
    showSpot();
  });
  canvas.addEventListener("blur", () => {
    spot = null;
    showSpot();
  });

  start(() => 0);
  host.neuronView = { weights, judge, sumOf, added }; // for tests, and for the curious
});
