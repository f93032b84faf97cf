/* A tiny network with its numbers on the wires: forward, backward, and a step. */

liveFigure("tiny-network", (root, data, host) => {
  const RATES = [0.1, 0.5, 2];
  const MOST = 3; // the largest weight that can be set by hand
  const SHOWN = 4; // losses in a row
  // the drawing: where the columns, the rows, and the numbers of a slanting wire stand
  const [LEFT, UPPER, LOWER, ALONG] = [[19, 133, 264], 58, 220, 0.34];
  const HALF = [19, 36, 36]; // of the boxes' widths
  const ENDS = [["x₁", "x₂"], ["h₁", "h₂"], ["A", "B"]];

  // ---- arithmetic

  let net = structuredClone(data); // {inputs, weights: [W1, b1, W2, b2], label}
  let losses; // before the first step and after each
  let rate = 0.5;

  /** All that is known of the network: what flows forward, and the slopes that flow back. */
  function compute() {
    const { inputs, weights: [W1, b1, W2, b2], label } = net;
    const sum = (values, W, b) => [0, 1].map((j) => values[0] * W[0][j] + values[1] * W[1][j] + b[j]);
    const sums1 = sum(inputs, W1, b1);
    const hidden = sums1.map((value) => Math.max(0, value));
    const sums2 = sum(hidden, W2, b2);
    const most = Math.max(...sums2);
    const log = most + Math.log(Math.exp(sums2[0] - most) + Math.exp(sums2[1] - most));
    const p = sums2.map((value) => Math.exp(value - log));
    const slope2 = p.map((value, k) => value - (k === label ? 1 : 0));
    const back = W2.map((row) => row[0] * slope2[0] + row[1] * slope2[1]);
    const slope1 = back.map((value, j) => (sums1[j] > 0 ? value : 0));
    const outer = (values, slopes) => values.map((value) => slopes.map((slope) => value * slope));
    return {
      sums: [null, sums1, sums2],
      values: [inputs, hidden, p],
      loss: log - sums2[label],
      slopes: [outer(inputs, slope1), slope1, outer(hidden, slope2), slope2],
    };
  }

  // ---- the numbers that can be changed: inputs, weights, biases

  const entries = [];
  for (const layer of [0, 1, 2]) {
    for (const j of [0, 1]) {
      const end = ENDS[layer][j];
      if (layer) {
        for (const i of [0, 1]) {
          const name = `weight ${ENDS[layer - 1][i]} → ${end}`;
          entries.push({ name, layer, i, j, row: () => net.weights[2 * layer - 2][i], at: j });
        }
      }
      const row = () => (layer ? net.weights[2 * layer - 1] : net.inputs);
      entries.push({ name: layer ? `bias of ${end}` : `input ${end}`, layer, j, row, at: j });
    }
  }
  const isWeight = ({ i }) => i !== undefined;
  const slopeOf = ({ layer, i, j }, { slopes }) =>
    i === undefined ? slopes[2 * layer - 1][j] : slopes[2 * layer - 2][i][j];
  let chosen = entries[2]; // x1 to h1

  /** A number in few places; nothing is only called 0 if it is. */
  const show = (value, digits = 2) =>
    value === 0 ? "0" : signed(value, digits - (Math.abs(value) >= 10)).replace(/^−(0\.0+)$/, "$1");
  const inBrackets = (value) => (value < 0 ? `(${show(value, 3)})` : show(value, 3));

  /** How the slope of the chosen number comes about. */
  function reason(now) {
    const { layer, i, j } = chosen;
    const end = ENDS[layer][j];
    if (!layer) return `${end} is what the image gives. Training leaves it as it is.`;
    const slope = slopeOf(chosen, now);
    if (isWeight(chosen)) {
      const value = now.values[layer - 1][i];
      return `Slope: ${ENDS[layer - 1][i]} times the slope of ${end}, ${show(value, 3)} × ` +
        `${inBrackets(now.slopes[2 * layer - 1][j])} = ${show(slope, 3)}.`;
    }
    if (layer === 2) {
      return `Slope of ${end}: p − y, ${show(now.values[2][j], 3)} − ${j === net.label ? 1 : 0} = ${show(slope, 3)}.`;
    }
    if (!(now.sums[1][j] > 0)) return `The sum of ${end} is not above 0: relu gives 0, and lets no slope back.`;
    const parts = [0, 1].map((k) => `${inBrackets(net.weights[2][j][k])} × ${inBrackets(now.slopes[3][k])}`);
    return `Slope of ${end}: from A and B, back through its wires, ${parts.join(" + ")} = ${show(slope, 3)}.`;
  }

  // ---- what one sees

  const atY = (j) => (j ? LOWER : UPPER);
  const drawing = svg("svg", { viewBox: "0 0 300 264", role: "img", "aria-label": "empty", class: "net" });
  const text = (x, y, kind = "") => svg("text", { x, y, class: kind, "text-anchor": "middle" });
  const wires = svg("g");
  drawing.append(wires);
  for (const number of entries) {
    const { layer, i, j } = number;
    let [x, y, half, tall] = [LEFT[layer], atY(j), HALF[layer], layer ? 36 : 15];
    if (isWeight(number)) {
      const [from, to] = [LEFT[layer - 1] + HALF[layer - 1], LEFT[layer] - HALF[layer]];
      number.wire = svg("path", { d: `M${from},${atY(i)}L${to},${atY(j)}` });
      wires.append(number.wire);
      const along = i === j ? 0.5 : ALONG;
      [x, y, half, tall] = [from + along * (to - from), atY(i) + along * (atY(j) - atY(i)), 22, 17];
      if (i !== j) x += 2;
    }
    const lines = isWeight(number) ? ["weight", "slope"] : layer ? ["bias", "sum", "out", "slope"] : ["weight"];
    number.texts = lines.map((kind, line) =>
      text(x, y + 4.5 + (line - (lines.length - 1) / 2) * 15.5, `${kind}`));
    number.node = svg(
      "g", { class: isWeight(number) ? "number chip" : "number box" },
      svg("rect", { x: x - half, y: y - tall, width: 2 * half, height: 2 * tall, rx: 6 }),
      ...number.texts,
    );
    drawing.append(number.node);
    if (!isWeight(number)) {
      number.title = text(x, y - tall - 7, "name");
      drawing.append(number.title);
    }
    number.node.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      number.node.setPointerCapture(event.pointerId);
      number.from = [event.clientX, number.row()[number.at]];
      choose(number);
    });
    number.node.addEventListener("pointermove", (event) => {
      if (!number.node.hasPointerCapture(event.pointerId)) return;
      const [x, value] = number.from;
      if (Math.abs(event.clientX - x) < 3) return; // a tap
      set(value + (event.clientX - x) / (number.layer ? 60 : 120));
    });
  }

  const words = element("p", { class: "words" });
  const lossText = element("p", { class: "loss" });
  const trail = element("p", { class: "hint" });
  const rows = element("tbody");
  const table = element(
    "table",
    { class: "unseen" },
    element("caption", {}, "Weights, biases, and their slopes"),
    element("thead", {}, element("tr", {}, ...["number", "value", "slope"].map((name) =>
      element("th", { scope: "col" }, name)))),
    rows,
  );
  const answer = choice("Right answer:", [[0, "A"], [1, "B"]], data.label, (label) => {
    net.label = label;
    changed();
  });
  const id = `list-${ids++}`;
  const select = element("select", { id }, ...entries.map(({ name }, value) =>
    element("option", { value }, name)));
  select.addEventListener("change", () => choose(entries[select.value]));
  const value = slider(
    "value", { min: -MOST, max: MOST, step: 0.05, format: () => show(chosen.row()[chosen.at]) }, (now) => set(now));
  const rates = choice("Rate:", RATES.map((r) => [r, String(r)]), rate, (now) => (rate = now));
  const status = liveRegion();

  function draw() {
    const now = compute();
    for (const number of entries) {
      const { layer, j, texts, title } = number;
      const value = number.row()[number.at];
      number.node.classList.toggle("chosen", number === chosen);
      number.wire?.classList.toggle("chosen", number === chosen);
      const out = layer === 2 ? "p" : "out";
      const lines = isWeight(number) ? [show(value), show(slopeOf(number, now))]
        : layer ? [`bias ${show(value)}`, `sum ${show(now.sums[layer][j])}`, `${out} ${show(now.values[layer][j])}`, show(slopeOf(number, now))]
        : [show(value)];
      texts.forEach((node, line) => (node.textContent = lines[line]));
      if (title) title.textContent = ENDS[layer][j] + (layer === 2 && j === net.label ? " ✓ right" : "");
      number.node.classList.toggle("right", layer === 2 && !isWeight(number) && j === net.label);
      number.node.classList.toggle("silent", layer === 1 && !isWeight(number) && !(now.sums[1][j] > 0));
    }
    const right = now.values[2][net.label];
    lossText.textContent = `Loss: −ln ${show(right, 3)} = ${show(now.loss, 3)}`;
    const steps = losses.length - 1;
    const last = losses.slice(-SHOWN).map((loss) => show(loss, 3));
    trail.textContent = steps
      ? `${steps} ${steps === 1 ? "step" : "steps"}: ${steps < SHOWN ? "" : "… → "}${last.join(" → ")}`
      : "A step: from each weight and bias take rate × slope.";
    words.textContent = reason(now);
    rows.replaceChildren(...entries.filter(({ layer }) => layer).map((number) =>
      element("tr", {}, element("th", { scope: "row" }, number.name),
        element("td", {}, show(number.row()[number.at], 3)), element("td", {}, show(slopeOf(number, now), 3)))));
    value.set(chosen.row()[chosen.at]);
    const says = ["A", "B"].map((name, k) => `${name} ${show(now.values[2][k])}`).join(", ");
    drawing.setAttribute("aria-label",
      `A network of two inputs, two hidden neurons and two answers. It says ${says}; right is ${ENDS[2][net.label]}. ` +
      "The weights and slopes are in the table below.");
    return now;
  }

  // ---- what one does

  function choose(number) {
    chosen = number;
    select.value = entries.indexOf(number);
    value.input.min = number.layer ? -MOST : 0;
    value.input.max = number.layer ? MOST : 1;
    draw();
    status.say(words.textContent);
  }

  function set(now) {
    const [low, high] = chosen.layer ? [-MOST, MOST] : [0, 1];
    chosen.row()[chosen.at] = Math.round(100 * Math.min(Math.max(now, low), high)) / 100;
    changed();
  }

  /** By hand: the losses begin anew. */
  function changed() {
    losses = [compute().loss];
    draw();
    status.say(`${lossText.textContent}. ${words.textContent}`);
  }

  function step() {
    const { slopes } = compute();
    net.weights = net.weights.map((array, k) => array.map((row, i) =>
      Array.isArray(row) ? row.map((w, j) => w - rate * slopes[k][i][j]) : row - rate * slopes[k][i]));
    losses.push(compute().loss);
    draw();
    status.say(`${lossText.textContent}. ${trail.textContent}.`);
  }

  function restart() {
    net = structuredClone(data);
    answer.set(net.label);
    changed();
  }

  root.classList.add("tiny");
  root.append(
    element("p", { class: "title" }, "Forward the values, backward the slopes: drag any number"),
    element(
      "div",
      { class: "halves" },
      drawing,
      element(
        "div",
        { class: "side" },
        answer.node,
        lossText,
        element("div", { class: "controls" }, button("Step", step, { class: "main" }), button("Back to the start", restart)),
        trail,
        rates.node,
        element("div", { class: "pick" }, element("label", { for: id }, "number"), select),
        value.node,
        words,
      ),
    ),
    element("p", { class: "hint key" }, "On a wire: its weight, and below it, ", element("span", { class: "slope" }, "slanted"),
      ", the slope of the loss. In a neuron: its bias, its sum, what it puts out, and the slope of its sum, which is that of its bias too."),
    table,
    status.node,
  );
  restart();
  choose(chosen);
  host.tinyNetwork = { net: () => net, compute, losses: () => losses }; // for tests, and for the curious
});
