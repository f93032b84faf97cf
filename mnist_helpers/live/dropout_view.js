/* The outputs of a hidden layer, of which every draw drops others; the sum of each draw, their
   mean, and what the network answers. */

liveFigure("dropout-view", async (root, data, host) => {
  const CELL = 20; // dots of the canvas for a neuron
  const MOST = 200; // draws that the plot has room for
  const PACE = 500; // milliseconds between draws: fewer than three flashes in a second

  const { labels, columns } = data;
  const [outputs, weights, biases] = [data.outputs, data.weights, data.biases].map((text) => numbers(text));
  const [neurons, classes] = [outputs.length / labels.length, biases.length];
  const draw = await openSprite(data);
  const { node: live, say } = liveRegion();
  let [shown, share, scaled] = [0, 0.5, true];
  let state = 1; // of the random numbers
  let kept = [];
  let draws = []; // {stay, sum, answer} of each
  let timer = 0;

  /** Ettinger's mulberry32: from 0 to 1, the same in every browser. */
  function random() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  // ---- arithmetic

  const output = (neuron) => outputs[shown * neurons + neuron];
  const factor = () => (scaled ? 1 / (1 - share) : 1);

  /** How many neurons stay, the sum of their outputs, and the digit that the network answers. */
  function answer(stays, times) {
    let [stay, sum] = [0, 0];
    const scores = [...biases];
    for (let i = 0; i < neurons; i++) {
      if (!stays[i]) continue;
      stay++;
      sum += times * output(i);
      for (let c = 0; c < classes; c++) scores[c] += times * output(i) * weights[i * classes + c];
    }
    return { stay, sum, answer: scores.indexOf(Math.max(...scores)) };
  }

  // ---- what one sees

  const digit = picture(data.width, data.height);
  const caption = element("span", { class: "place" });
  const layer = picture(CELL * columns, CELL * Math.ceil(neurons / columns));
  const plot = linePlot({
    x: { label: "draws", domain: [0, MOST], ticks: [0, 50, 100, 150, 200] },
    y: { label: "÷ sum without dropout", domain: [0, 2], ticks: [0, 0.5, 1, 1.5, 2], format: (at) => at.toFixed(1) },
    label: "empty",
    width: 300,
    height: 210,
  });
  const dots = svg("path", { class: "dots" });
  plot.node.append(dots);
  const heads = ["", "without dropout", "this draw", "all draws"];
  const rows = ["kept", "sum", "answer"].map((name) => {
    const cells = heads.slice(1).map(() => element("td"));
    return { cells, node: element("tr", {}, element("th", { scope: "row" }, name), ...cells) };
  });
  const table = element(
    "table",
    {},
    element("caption", { class: "unseen" }, "The layer without dropout and with it"),
    element("thead", {}, element("tr", {}, ...heads.map((name) => (name ? element("th", { scope: "col" }, name) : element("td"))))),
    element("tbody", {}, ...rows.map(({ node }) => node)),
  );

  function show() {
    const whole = answer(Array(neurons).fill(true), 1);
    const now = draws.at(-1);
    const largest = Math.max(...outputs.subarray(shown * neurons, (shown + 1) * neurons));
    const context = paintCells(layer, columns, (x, y) => {
      const i = y * columns + x;
      const value = i < neurons && kept[i] ? factor() * output(i) : 0;
      return mix(SILENT, ACTIVE, Math.sqrt(Math.min(value / (2 * largest), 1)));
    }, Math.ceil(neurons / columns));
    context.fillStyle = css(SILENT); // a line between the squares
    for (let x = 1; x < columns; x++) context.fillRect(x * CELL - 1, 0, 2, layer.height);
    for (let y = CELL; y < layer.height; y += CELL) context.fillRect(0, y - 1, layer.width, 2);
    context.strokeStyle = "#8b96a3";
    context.lineWidth = 2;
    context.beginPath();
    for (let i = 0; i < neurons; i++) {
      if (kept[i]) continue;
      const [x, y] = [CELL * (i % columns), CELL * Math.floor(i / columns)];
      for (const [from, to] of [[5, CELL - 5], [CELL - 5, 5]]) {
        context.moveTo(x + from, y + 5);
        context.lineTo(x + to, y + CELL - 5);
      }
    }
    context.stroke();

    const { stay } = now;
    let total = 0;
    const means = draws.map(({ sum }, i) => [i + 1, (total += sum) / (i + 1) / whole.sum]);
    const mean = total / draws.length;
    const right = draws.filter((each) => each.answer === labels[shown]).length;
    const texts = [
      [neurons, stay, `mean ${(draws.reduce((all, each) => all + each.stay, 0) / draws.length).toFixed(1)}`],
      [whole.sum.toFixed(1), now.sum.toFixed(1), `mean ${mean.toFixed(1)}`],
      [whole.answer, now.answer, `${right} of ${draws.length} right`],
    ];
    texts.forEach((row, i) => row.forEach((text, j) => (rows[i].cells[j].textContent = text)));
    plot.line(2, [[0, 1], [MOST, 1]]);
    plot.line(0, means);
    plot.dot(0, ...means.at(-1));
    dots.setAttribute("d", draws.map(({ sum }, i) =>
      `M${plot.atX(i + 1).toFixed(1)},${plot.atY(Math.min(sum / whole.sum, 2)).toFixed(1)}h0`).join(""));

    draw(digit, shown);
    digit.setAttribute("aria-label", `A handwritten ${labels[shown]}`);
    caption.textContent = `${aDigit(labels[shown])}, ${shown + 1} of ${labels.length}`;
    layer.setAttribute("aria-label", `${neurons} neurons, ${neurons - stay} of them dropped`);
    plot.node.setAttribute("aria-label",
      `The sum of each draw and their mean so far, divided by the sum without dropout: the mean is ${means.at(-1)[1].toFixed(2)} after draw ${draws.length}`);
    say(`Draw ${draws.length}: ${stay} of ${neurons} neurons kept, sum ${now.sum.toFixed(1)}, answer ${now.answer}. Mean of the sums ${mean.toFixed(1)}, without dropout ${whole.sum.toFixed(1)}.`);
  }

  // ---- what one does

  function step(times = 1) {
    if (draws.length === MOST) draws = []; // the plot is full: from the beginning
    for (let i = 0; i < times && draws.length < MOST; i++) {
      kept = Array.from({ length: neurons }, () => random() >= share);
      draws.push(answer(kept, factor()));
    }
    if (draws.length === MOST) stop();
    show();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  }

  function again() {
    draws = [];
    step();
  }

  const next = button("Drop others", () => step(), { class: "main" });
  const many = button("50 draws", () => step(50));
  const play = button("Play", () => {
    if (timer) return stop();
    timer = setInterval(step, PACE);
    play.textContent = "Pause";
  });
  const turn = (by) => {
    shown = (shown + by + labels.length) % labels.length;
    again();
  };
  const dropped = slider(
    "share dropped", { min: 0, max: 0.9, step: 0.1, value: share, format: (value) => value.toFixed(1) }, (value) => {
      share = value;
      again();
    });
  const scale = element("input", { type: "checkbox", checked: "" });
  scale.addEventListener("change", () => {
    scaled = scale.checked;
    again();
  });

  root.classList.add("dropout");
  root.append(
    element("p", { class: "title" }, `A hidden layer with dropout: ${neurons} neurons look at a digit`),
    element(
      "div",
      { class: "halves" },
      element(
        "div",
        {},
        element("div", { class: "controls digit" }, digit,
          button("‹", () => turn(-1), { "aria-label": "previous digit" }), caption,
          button("›", () => turn(1), { "aria-label": "next digit" })),
        layer,
        element("p", { class: "hint" }, "A square is a neuron, the brighter the larger its output. × is dropped."),
        // who wants no motion gets no button that starts it
        element("div", { class: "controls" }, next, many, ...(stillPreferred() ? [] : [play])),
        dropped.node,
        element("label", { class: "check" }, scale, "scale up what stays"),
      ),
      element(
        "div",
        {},
        table,
        plot.node,
        element("p", { class: "hint" }, "Points: the sum of each draw. Line: their mean so far. Dashed: the sum without dropout. Images from MNIST, CC BY-SA 3.0."),
      ),
    ),
    live,
  );
  step();
  host.dropoutView = { kept: () => kept, draws: () => draws }; // for tests, and for the curious
});
