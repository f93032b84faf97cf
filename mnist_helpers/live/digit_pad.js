/* What one sees of the drawing pad, and what answers to mouse, finger, pen and keys.

   Everything stands in a shadow tree, so that the pad looks the same in the book, in JupyterLab,
   VS Code and Colab, and several pads on one page cannot get into each other's way. */

liveFigure("digit-pad", (root, network, host) => {
  const layers = decodeNetwork(network);
  const hidden = layers[0];
  const isHidden = layers.length > 1; // or the first layer is the last
  const columns = hidden.outputs === 10 ? 5 : 2 ** Math.ceil(Math.log2(2 * hidden.outputs) / 2);

  // ---- what stands on the page

  const preparing = element("input", { type: "checkbox", id: "preparing" });
  preparing.checked = true;
  const hint = element(
    "p",
    { class: "hint", id: "hint" },
    "Mouse, finger, or pen. By keyboard: arrows move the pen, Space lowers and lifts it, Shift " +
      "moves it finely, Delete clears, Ctrl+Z undoes.",
  );

  const status = liveRegion();
  const sketch = sketchField({
    prompt: "Draw a digit",
    describedBy: "hint",
    say: status.say,
    change: () => updateSoon(),
  });
  const width = slider("Pen", { min: 12, max: 34, value: PEN }, sketch.setWidth);
  const verdict = element("p", { class: "verdict", "aria-hidden": "true" });
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
  const chooser = element("input", {
    type: "range",
    id: "neuron",
    min: 0,
    max: hidden.outputs - 1,
    value: 0,
  });
  const sliderName = element("label", { for: "neuron" }, "Neuron 0");
  const mostActive = button("Most active", () => choose(answer.activity.indexOf(Math.max(...answer.activity))));
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
      sketch.node,
      element("div", { class: "pair" }, sketch.undo, sketch.clear),
      width.node,
    ),
    block("answer", "The network’s answer", verdict, status.node),
    element(
      "div",
      { class: "help" },
      readyDigits(sketch.put),
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
    element(
      "details",
      { class: "neurons" },
      element("summary", { class: "title" }, isHidden ? "The first hidden layer" : "The ten neurons"),
      element(
        "div",
        { class: "halves" },
        element(
          "div",
          { class: "left" },
          activity,
          element("div", { class: "choose" }, sliderName, chooser, mostActive),
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
  root.append(pad);

  // ---- what it remembers

  let neuron = 0;
  let answer = null;

  // ---- from the strokes to the answer

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
    const start = performance.now();
    const levels = sketch.levels();
    answer = levels && think(levels, CANVAS, CANVAS, preparing.checked);
    const thought = performance.now();
    showAnswer();
    showSteps();
    showActivity();
    showNeuron();
    if (answer) {
      answer.milliseconds = thought - start;
      answer.millisecondsWithPictures = performance.now() - start;
    }
  }

  const updateSoon = eachFrame(update);

  // ---- showing it

  function showAnswer() {
    const shares = answer?.probabilities;
    rows.forEach(({ row, bar, number }, digit) => {
      bar.style.width = shares ? `${100 * shares[digit]}%` : 0;
      number.textContent = shares ? percent(shares[digit]) : "–";
      row.classList.toggle("first", answer?.order[0] === digit);
    });
    if (!answer) {
      verdict.replaceChildren(element("b", {}, "?"), "Nothing drawn yet");
      status.say("Nothing drawn yet.");
      return;
    }
    const [first, second] = answer.order;
    const next = `then ${second}, ${percent(shares[second])}`;
    verdict.replaceChildren(
      element("b", {}, `${first}`),
      element("span", { class: "sure" }, percent(shares[first])),
      element("span", { class: "next" }, next),
    );
    status.say(`The network reads ${first}, ${percent(shares[first])}, ${next}.`);
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
      around.drawImage(sketch.canvas, 0, 0);
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
    chooser.value = neuron;
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
    chooser.setAttribute("aria-valuetext", sentences.join(" "));
  }

  function choose(index) {
    neuron = Math.min(Math.max(index, 0), hidden.outputs - 1);
    showActivity();
    showNeuron();
  }

  pad.addEventListener("keydown", sketch.undoKey);
  preparing.addEventListener("change", updateSoon);
  chooser.addEventListener("input", () => choose(Number(chooser.value)));
  activity.addEventListener("click", (event) => {
    const { left, top, width, height } = activity.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) * columns) / width);
    const row = Math.floor(((event.clientY - top) * activity.height) / height / cell);
    const index = row * columns + column;
    if (index < hidden.outputs) choose(index);
  });

  update();
  // for tests, and for the curious in the browser's console
  host.digitPad = { layers, forward, prepare, think, answer: () => answer };
});
