/* XOR in ten seconds: a network of a few neurons learns four points, and colors the plane. */

liveFigure("xor-playground", async (root, data, host) => {
  const STEPS = 400; // of a training, each with all four points
  const LASTS = 2500; // milliseconds that a training takes, however fast the machine is
  const STARTS = 20;
  const RATE = 0.05; // of Adam
  const CLEAR = 0.6; // the probability of its answer that a point needs; at 0.5 a rounding decides
  const [FROM, TO, CELLS] = [-0.5, 1.5, 40]; // the plane that is colored
  const SIZE = 300; // of its drawing
  const COLORS = [[0, 95, 153], [247, 247, 247], [213, 94, 0]]; // surely 0, even, surely 1
  const NAMES = { linear: "none", relu: "relu", tanh: "tanh" };

  const { Network, forward } = await makeEngine(); // four points need no WebAssembly
  const inputs = Float32Array.from(data.points.flat());
  const all = Int32Array.from(data.points, (_, i) => i);
  const settings = { hidden: 0, activation: "relu", seed: 0 };
  let network;
  let losses; // before each step
  let running = 0; // the number of the run that goes on, or 0
  let runs = 0;
  const tried = new Map(); // settings as text to how many starts solved it

  // ---- the network

  function make(seed) {
    const { hidden, activation } = settings;
    const widths = hidden ? [2, hidden, 2] : [2, 2];
    const options = { widths, activation, optimizer: "adam", rate: RATE, batch: data.points.length, seed };
    return new Network(options, { inputs, labels: data.answers });
  }

  /** How many of the points lie on their side of the line, and clear of it. */
  const clearOf = (trained) =>
    data.points.filter((point, i) => trained.outputs(point).at(-1)[data.answers[i]] >= CLEAR).length;
  const isSolved = (trained) => clearOf(trained) === data.points.length;
  const lossOf = (trained) => trained.evaluate(0, data.answers.length).loss;

  // ---- what one sees

  const plane = picture(CELLS + 1);
  const drawing = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, "aria-hidden": "true" });
  const line = svg("path", { class: "contour" });
  const folds = svg("path", { class: "folds" });
  const at = (value) => ((value - FROM) / (TO - FROM)) * SIZE;
  const place = ([x, y]) => [at(x), SIZE - at(y)]; // the second input grows upward
  const points = data.points.map((point, i) => {
    const [x, y] = place(point);
    const answer = data.answers[i];
    const shape = answer
      ? svg("rect", { x: x - 15, y: y - 15, width: 30, height: 30 })
      : svg("circle", { cx: x, cy: y, r: 16 });
    const text = svg("text", { x, y: y + 6, "text-anchor": "middle" }, String(answer));
    return svg("g", { class: `point point-${answer}` }, shape, text);
  });
  drawing.append(folds, line, ...points);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const curve = linePlot({
    x: { label: "steps", domain: [0, STEPS], ticks: [0, 100, 200, 300, 400] },
    y: { label: "loss", domain: [0, 1], ticks },
    label: "empty",
    width: 300,
  });
  const verdict = element("p", { class: "verdict" });
  const list = element("tbody");
  const table = element(
    "table",
    { hidden: "" },
    element("caption", {}, `Of ${STARTS} starts`),
    element("thead", {}, element("tr", {}, ...["hidden neurons", "activation", "solved"].map((name) =>
      element("th", { scope: "col" }, name)))),
    list,
  );
  const status = liveRegion();

  const train = button("Train", () => (running ? stop() : run()), { class: "main" });
  const many = button(`${STARTS} starts`, () => (running ? stop() : runMany()));
  const hidden = slider("hidden neurons", { min: 0, max: 8, value: settings.hidden }, (now) => change({ hidden: now }));
  const activation = choice(
    "Activation:", Object.entries(NAMES), settings.activation, (now) => change({ activation: now }));
  const seed = slider("start", { min: 0, max: STARTS - 1, value: 0 }, (now) => change({ seed: now }));

  root.classList.add("xor");
  root.append(
    element("p", { class: "title" }, "Color the plane so that each point lies in its own color"),
    element(
      "div",
      { class: "halves" },
      element(
        "figure",
        {},
        element("div", { class: "plane" }, plane, drawing),
        element("figcaption", {}, "Right: first input. Up: second input. Orange: the network says 1. " +
          "Blue: it says 0. Thick line: 0.5. Dashed: where one hidden neuron's sum is 0. " +
          "A point is clear of the line if the network gives its answer 60%."),
      ),
      element(
        "div",
        { class: "side" },
        hidden.node,
        activation.node,
        seed.node,
        element("div", { class: "controls" }, train, many),
        verdict,
        curve.node,
      ),
    ),
    table,
    status.node,
  );

  /** What the network says at each corner of the cells: the probability of 1. */
  function answers() {
    const layers = network.layers();
    const step = (TO - FROM) / CELLS;
    return Array.from({ length: CELLS + 1 }, (_, y) =>
      Array.from({ length: CELLS + 1 }, (_, x) => forward(layers, [FROM + x * step, FROM + y * step]).at(-1)[1]));
  }

  function draw() {
    const values = answers();
    paintCells(plane, CELLS + 1, (x, y) => {
      const part = 2 * values[CELLS - y][x];
      return part < 1 ? mix(COLORS[0], COLORS[1], part) : mix(COLORS[1], COLORS[2], part - 1);
    });
    line.setAttribute("d", isEven(values) ? "" : contour(values));
    folds.setAttribute("d", settings.hidden ? network.layers()[0].bias.reduce(fold, "") : "");
    const shown = losses.map((loss, step) => [step, Math.min(loss, 1)]);
    curve.line(0, shown.length ? shown : [[0, 1]]);
    const loss = lossOf(network);
    curve.dot(0, losses.length, Math.min(loss, 1));
    curve.node.setAttribute("aria-label", `The loss after ${losses.length} steps: ${signed(loss)}`);
    const said = data.points.map((point) => network.outputs(point).at(-1)[1]);
    const sentences = data.points.map((point, i) => `at ${point.join(", ")} it says ${said[i].toFixed(2)}, should say ${data.answers[i]}`);
    plane.setAttribute("aria-label", `The plane of the two inputs: ${sentences.join("; ")}.`);
  }

  /** About 0.5 everywhere: where the line would be, roundings say. */
  const isEven = (values) => values.flat().every((value) => Math.abs(value - 0.5) < 0.02);

  /** The line where the values cross 0.5: in each cell between the crossed edges. */
  function contour(values) {
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
    let path = "";
    for (let y = 0; y < CELLS; y++) {
      for (let x = 0; x < CELLS; x++) {
        const crossed = [];
        corners.forEach(([right, up], i) => {
          const [nextRight, nextUp] = corners[(i + 1) % 4];
          const [a, b] = [values[y + up][x + right] - 0.5, values[y + nextUp][x + nextRight] - 0.5];
          if (a > 0 === b > 0) return;
          const part = a / (a - b);
          const place = [x + right + part * (nextRight - right), y + up + part * (nextUp - up)];
          crossed.push(place.map((value) => (value * SIZE) / CELLS));
        });
        for (let i = 0; i + 1 < crossed.length; i += 2) {
          const [[x1, y1], [x2, y2]] = crossed.slice(i, i + 2);
          path += `M${x1.toFixed(1)},${(SIZE - y1).toFixed(1)}L${x2.toFixed(1)},${(SIZE - y2).toFixed(1)}`;
        }
      }
    }
    return path;
  }

  /** One more line to the path: where the sum of a hidden neuron is 0. */
  function fold(path, bias, neuron) {
    const { kernel, outputs } = network.layers()[0];
    const [u, v] = [kernel[neuron], kernel[outputs + neuron]];
    const length = u * u + v * v;
    if (!length) return path;
    const foot = [(-bias * u) / length, (-bias * v) / length]; // the point of the line next to 0, 0
    const ends = [-9, 9].map((far) => place([foot[0] - far * v, foot[1] + far * u]));
    return `${path}M${ends[0]}L${ends[1]}`;
  }

  // ---- what one does

  function change(changes) {
    Object.assign(settings, changes);
    if (running) stop();
    restart();
  }

  function restart() {
    network = make(settings.seed);
    losses = [];
    draw();
    verdict.textContent = "Not trained yet: the first weights are random.";
  }

  function say(text) {
    verdict.textContent = text;
    status.say(text);
  }

  /** Do work in pieces, one for each frame, until `piece` says that it is done. */
  function inFrames(pressed, piece, done) {
    running = ++runs;
    const run = running;
    pressed.textContent = "Stop";
    const next = () => {
      if (running !== run) return;
      if (!host.isConnected) return stop();
      if (piece()) {
        stop();
        done();
      } else {
        requestAnimationFrame(next);
      }
    };
    requestAnimationFrame(next);
  }

  function stop() {
    running = 0;
    train.textContent = "Train";
    many.textContent = `${STARTS} starts`;
  }

  function step() {
    losses.push(network.trainBatch(all).loss);
  }

  function run() {
    restart();
    verdict.textContent = "Training …";
    const began = performance.now();
    inFrames(
      train,
      () => {
        const part = stillPreferred() ? 1 : Math.min(1, (performance.now() - began) / LASTS);
        while (losses.length < part * STEPS) step();
        draw();
        return losses.length >= STEPS;
      },
      () => {
        const end =
          isSolved(network) ? "Solved: each point lies in its own color." :
          isEven(answers()) ? "Stuck: it says about 0.5 everywhere, and draws no line." :
          `Stuck: ${clearOf(network)} of 4 points clearly lie in their own color.`;
        say(`${end} The loss is ${signed(lossOf(network))} after ${STEPS} steps.`);
      },
    );
  }

  function runMany() {
    let solved = 0;
    let start = 0;
    inFrames(
      many,
      () => {
        network = make(start);
        losses = [];
        while (losses.length < STEPS) step();
        solved += isSolved(network);
        start++;
        draw();
        verdict.textContent = `${solved} of ${start} starts have solved it.`;
        return start === STARTS;
      },
      () => {
        const row = [String(settings.hidden), settings.hidden ? NAMES[settings.activation] : "–"];
        tried.set(row.join(), [...row, `${solved} of ${STARTS}`]);
        table.hidden = false;
        list.replaceChildren(...[...tried.values()].map((cells) =>
          element("tr", {}, ...cells.map((cell) => element("td", {}, cell)))));
        say(`${solved} of ${STARTS} starts solve it with these settings.`);
        seed.set(STARTS - 1); // the one that is shown
        settings.seed = STARTS - 1;
      },
    );
  }

  restart();
  // for tests, and for the curious in the browser's console
  host.xorPlayground = { answers, isSolved, losses: () => losses, network: () => network, make };
});
