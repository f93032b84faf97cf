/* A network that learns in the page: what it is and how it learns is chosen, its curves are drawn. */

liveFigure("training-lab", (root, data, host) => {
  const MARK_OF_LINK = "#training-lab,"; // what an address with settings begins with
  const TILES = 16; // neurons that are shown, at most
  const KEPT = 6; // earlier runs
  const GUESS = Math.log(10); // the loss of giving each digit one tenth
  const count = (n) => n.toLocaleString("en-US");
  const one = (share) => `${(100 * share).toFixed(1)}%`;

  // ---- the settings: what a link may say, and what the page begins with

  const powers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));
  const sizes = (most) => [...[500, 1000, 2000, 5000, 10000, 20000].filter((n) => n < most), most];
  const SETTINGS = {
    rate: ["Learning rate", [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]],
    batch: ["Batch size", powers(3, 12)],
    images: ["Images", sizes(data.train)],
    neurons: ["Neurons in a layer", powers(1, 9)],
    epochs: ["Epochs", [5, 10, 20, 40, 80]],
    seed: ["Start", Array.from({ length: 20 }, (_, i) => i + 1)],
    dropout: ["Dropout", [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
    decay: ["Weight decay", [0, 1e-4, 1e-3, 0.01, 0.03, 0.1]],
    layers: ["Hidden layers", [1, 2]],
    optimizer: ["Optimizer", ["sgd", "momentum", "rmsprop", "adam"]],
  };
  const DEFAULTS = { // of the optimizers' rates
    sgd: 0.1, momentum: 0.03, rmsprop: 0.001, adam: 0.001,
  };
  const FIRST = {
    rate: 0.1, batch: 32, images: data.train, neurons: 128, epochs: 10,
    seed: 1, dropout: 0, decay: 0, layers: 1, optimizer: "sgd",
  };
  const PRESETS = {
    "first settings": {},
    "1,000 images, 512 neurons": {
      images: Math.min(1000, data.train), neurons: 512, epochs: 40, optimizer: "adam", rate: 0.001,
    },
    "2 neurons": { neurons: 2, epochs: 40, optimizer: "adam", rate: 0.01 },
    "rate 10": { rate: 10, epochs: 5 },
    "rate 0.001": { rate: 0.001, epochs: 5 },
  };
  let settings = { ...FIRST };

  const linkOf = (chosen) =>
    MARK_OF_LINK + Object.keys(SETTINGS).map((name) => `${name}=${chosen[name]}`).join(",");

  /** The settings in an address, or null; what is not on the page is left as at first. */
  function fromLink(text) {
    if (!text.startsWith(MARK_OF_LINK)) return null;
    const found = { ...FIRST };
    for (const part of text.slice(MARK_OF_LINK.length).split(",")) {
      const [name, value] = part.split("=");
      const same = Object.hasOwn(SETTINGS, name) && SETTINGS[name][1].find((allowed) => `${allowed}` === value);
      if (same) found[name] = same;
    }
    return found;
  }

  // ---- a run: {settings, points, tip, told}, a point for each epoch

  let run = null; // the one that is drawn in color
  const older = [];
  let layers = null; // of the network, as it was last sent
  let trainer = null;
  let waiting = null; // what to do once there is a first report
  let changed = true; // the settings, since the run began
  let digits = null; // {pixels, labels, train}, once they are unpacked or read
  let [learns, watches] = [data.train, data.heldOut]; // how many of them

  // ---- what stands on the page

  const status = liveRegion();
  const start = button("▶ Train", () => (trainer?.state === "running" ? trainer.pause() : go()), { class: "main" });
  const now = element("p", { class: "now" }, "Guess what the two lines will do. Then train.");
  const says = element("p", { class: "says" });
  const plots = element("div", { class: "plots" });
  const SPEEDS = [0.5, 1, 2, 5, Infinity]; // epochs a second
  let speed = Infinity;

  const list = (name) => {
    const [title, values] = SETTINGS[name];
    const control = slider(
      title,
      { min: 0, max: values.length - 1, value: 0, format: (i) => (values[i] < 1 ? `${values[i]}` : count(values[i])) },
      (i) => change({ [name]: values[i] }),
    );
    return { ...control, set: (value) => control.set(values.indexOf(value)) };
  };
  const radio = (name, words) => {
    const [title, values] = SETTINGS[name];
    const options = values.map((value, i) => [`${value}`, words[i]]);
    const control = choice(title, options, "", (text) => {
      const value = values.find((allowed) => `${allowed}` === text);
      change(name === "optimizer" ? { optimizer: value, rate: DEFAULTS[value] } : { [name]: value });
    });
    return { node: control.node, set: (value) => control.set(`${value}`) };
  };
  const controls = {
    ...Object.fromEntries(["rate", "batch", "images", "neurons", "epochs", "seed", "dropout", "decay"].map(
      (name) => [name, list(name)],
    )),
    layers: radio("layers", ["1", "2"]),
    optimizer: radio("optimizer", ["gradient descent", "momentum", "RMSprop", "Adam"]),
  };
  const pace = slider(
    "Speed",
    { min: 0, max: SPEEDS.length - 1, value: SPEEDS.length - 1,
      format: (i) => (SPEEDS[i] < Infinity ? `${SPEEDS[i]} epochs/s` : "fastest") },
    (i) => {
      speed = SPEEDS[i];
      trainer?.set({ speed });
    },
  );
  const presets = element(
    "div", { class: "controls", role: "group", "aria-label": "Ready settings" },
    element("span", {}, "Try: "),
    ...Object.entries(PRESETS).map(([name, wishes]) => button(name, () => change({ ...FIRST, ...wishes }))),
  );

  let measured = "during";
  let view = "whole";
  const redraw = () => [build(), updateSoon()];
  const when = choice(
    "Training is measured",
    [["during", "during the epoch"], ["left", "the same, half an epoch to the left"], ["after", "after it"]],
    measured,
    (value) => [(measured = value), redraw()],
  );
  const zoom = choice(
    "View", [["whole", "whole"], ["close", "close"], ["log", "loss on a log axis"]], view,
    (value) => [(view = value), redraw()],
  );

  const neurons = picture(1, 1, "No weights yet");
  neurons.classList.add("neurons");
  const cells = Array.from({ length: 100 }, () => element("td"));
  const kinds = Array.from({ length: 10 }, (_, digit) => digit);
  const matrix = element(
    "table", { class: "matrix" },
    element("caption", {}, "Held-out digits: the row is what it is, the column what the network reads"),
    element("thead", {}, element("tr", {}, element("td"), ...kinds.map((d) => element("th", { scope: "col" }, `${d}`)))),
    element("tbody", {}, ...kinds.map((d) =>
      element("tr", {}, element("th", { scope: "row" }, `${d}`), ...cells.slice(10 * d, 10 * d + 10)))),
  );
  const rows = element("tbody");
  const table = element(
    "table", { class: "runs", hidden: "" },
    element("caption", {}, "Runs, the newest first; each name is a link to its settings. ",
      `One standard error of an accuracy near 95% is ${(100 * Math.sqrt((0.95 * 0.05) / data.heldOut)).toFixed(1)} points here.`),
    element("thead", {}, element("tr", {}, ...["run", "training loss", "validation loss", "lowest (epoch)", "accuracy", "seconds"]
      .map((name) => element("th", { scope: "col" }, name)))),
    rows,
  );

  const about = element("p", { class: "hint" });
  const files = element("input", { type: "file", multiple: "" });
  files.addEventListener("change", choose);

  const verdict = element("p", { class: "verdict" });
  const yours = ownDigit({
    title: "Your digit, read by this network",
    say: status.say,
    change: () => updateSoon(),
    beside: [verdict],
  });

  root.classList.add("training", "lab");
  root.append(
    presets,
    element("div", { class: "settings" },
      ...["rate", "batch", "images", "neurons", "epochs", "seed"].map((name) => controls[name].node)),
    element("div", { class: "choices" }, controls.optimizer.node, controls.layers.node),
    element("details", {}, element("summary", {}, "Dropout and weight decay (chapter 8)"),
      element("div", { class: "settings" }, controls.dropout.node, controls.decay.node)),
    element("div", { class: "head" },
      element("div", { class: "controls" }, start,
        button("One batch", () => go("batch")), button("One epoch", () => go("epoch")), pace.node),
      now,
      says),
    plots,
    element("p", { class: "hint" }, "Solid: training. Dashed: validation. Gray: your earlier runs."),
    element("div", { class: "choices" }, when.node, zoom.node),
    element("div", { class: "halves" },
      block("weights", "What its first neurons look for", neurons,
        element("p", { class: "hint" }, "Ink on red raises a neuron's sum, ink on blue lowers it.")),
      matrix),
    table,
    yours.node,
    about,
    element("label", { class: "hint" },
      "You have the files of MNIST? Choose the images and labels for training, and it learns from those: ", files),
    status.node,
  );

  // ---- the plots

  let loss, accuracy;
  const log = (value) => Math.log10(value);
  const VIEWS = {
    whole: { loss: [0, 2.5, [0, 0.5, 1, 1.5, 2, GUESS]], accuracy: [0, 1, [0, 0.25, 0.5, 0.75, 1]] },
    close: { loss: [0, 0.8, [0, 0.2, 0.4, 0.6, 0.8]], accuracy: [0.8, 1, [0.8, 0.85, 0.9, 0.95, 1]] },
    log: { loss: [-3, 2, [-3, -2, -1, log(GUESS), 2]], accuracy: [0, 1, [0, 0.25, 0.5, 0.75, 1]] },
  };

  function build() {
    const lasts = Math.max(settings.epochs, ...[run, ...older].map((each) => each?.settings.epochs ?? 0));
    const x = { label: "epoch", domain: [0, lasts], ticks: [0, 1, 2, 3, 4, 5].map((i) => (i * lasts) / 5) };
    const make = (name, label, format) => {
      const [from, to, ticks] = VIEWS[view][name];
      const y = { label, domain: [from, to], ticks, format };
      return linePlot({ x, y, label: `${label}, no run yet`, width: 300, height: 200 });
    };
    const decimal = (v) => `${Number((view === "log" ? 10 ** v : v).toPrecision(2))}`;
    loss = make("loss", "loss", decimal);
    accuracy = make("accuracy", "accuracy", (v) => `${Math.round(100 * v)}%`);
    plots.replaceChildren(loss.node, accuracy.node);
    older.forEach((each, i) => drawRun(each, `old line-old-${i}`));
  }

  /** The two lines of a run in a plot: [[epoch, value], ...] of training, and of validation. */
  function linesOf({ points, tip }, name) {
    const training = [], validation = [];
    for (const point of [...points, ...(tip ? [tip] : [])]) {
      validation.push([point.epoch, point.heldOut[name]]);
      const from = measured === "after" ? point.after : point.training;
      if (!from) continue;
      const begun = Math.ceil(point.epoch) - 1; // its mean is one of all that was since then
      training.push([measured === "left" ? (begun + point.epoch) / 2 : point.epoch, from[name]]);
    }
    return { training, validation };
  }

  function drawRun(each, kind) {
    for (const [plot, name] of [[loss, "loss"], [accuracy, "accuracy"]]) {
      const [low, high] = VIEWS[view][name];
      const scale = name === "loss" && view === "log" ? log : Number;
      for (const [which, points] of Object.entries(linesOf(each, name))) {
        const inside = points
          .filter(([, value]) => Number.isFinite(value))
          .map(([at, value]) => [at, Math.min(Math.max(scale(value), low), high)]);
        plot.line(`${kind} line-${which}`, inside);
      }
    }
  }

  // ---- showing a moment

  const updateSoon = eachFrame(update);

  function update() {
    if (run?.points.length) {
      drawRun(run, "new");
      const last = run.tip ?? run.points.at(-1);
      const training = measured === "after" ? last.after ?? run.points.at(-1).after : last.training;
      const words = (name, format) =>
        `training ${training ? format(training[name]) : "not yet measured"}, validation ${format(last.heldOut[name])}`;
      const epoch = Number.isInteger(last.epoch) ? last.epoch : last.epoch.toFixed(1);
      now.textContent = `Epoch ${epoch} of ${run.settings.epochs}, ${run.seconds.toFixed(1)} s of computing. ` +
        `Loss: ${words("loss", (v) => v.toFixed(3))}. Accuracy: ${words("accuracy", one)}.`;
      loss.node.setAttribute("aria-label", `Loss after epoch ${epoch}: ${words("loss", (v) => v.toFixed(3))}`);
      accuracy.node.setAttribute("aria-label", `Accuracy after epoch ${epoch}: ${words("accuracy", one)}`);
      showMatrix(last.heldOut.confusion);
    }
    if (layers) showNeurons(layers[0]);
    showOwn();
  }

  function showNeurons({ kernel, outputs }) {
    let sum = 0;
    for (let i = 0; i < kernel.length; i += 7) sum += Math.abs(kernel[i]);
    const scale = (4 * 7 * sum) / kernel.length || 1; // four times the mean weight has the full color
    paintNeurons(neurons, { kernel, outputs }, scale, TILES);
    neurons.setAttribute("aria-label", `The weights of the first ${Math.min(outputs, TILES)} neurons as pictures`);
  }

  function showMatrix(confusion) {
    cells.forEach((cell, i) => {
      const [row, column] = [Math.floor(i / 10), i % 10];
      const total = confusion.slice(10 * row, 10 * row + 10).reduce((a, b) => a + b, 0);
      cell.textContent = confusion[i] || "";
      cell.className = row === column ? "right" : "";
      cell.style.setProperty("--share", Math.min(1, (row === column ? 1 : 10) * confusion[i] / total || 0));
    });
  }

  function showOwn() {
    const own = yours.levels();
    if (!own || !layers) {
      verdict.textContent = own ? "Train first: there is no network yet." : "Draw, or take a ready digit.";
      return;
    }
    const input = Float32Array.from(own, (level) => level / 255);
    const answers = [...forward(layers, input).at(-1)];
    const order = [...kinds].sort((a, b) => answers[b] - answers[a]);
    const sure = (digit) => `${aDigit(digit)}, ${percent(answers[digit])}`;
    verdict.textContent = `It reads ${sure(order[0])}. Second: ${sure(order[1])}.`;
  }

  /** What the curves of a run say, in words. */
  function reading({ points, settings: { rate } }) {
    const losses = points.map(({ heldOut }) => heldOut.loss);
    const last = points.at(-1);
    const first = points[0].heldOut.loss;
    const highest = Math.max(...points.map(({ training, heldOut }) => Math.max(training?.loss ?? 0, heldOut.loss)));
    if (!Number.isFinite(last.heldOut.loss)) {
      return `At a rate of ${rate} the steps were so large that the loss is no number any more. Take a smaller rate.`;
    }
    if (points.length < 3) return "";
    if (last.heldOut.accuracy < 0.2) {
      const { silent, all, looked } = silence();
      const rounded = highest < 1e6 ? count(Number(highest.toPrecision(2))) : highest.toPrecision(2);
      const dead = `${silent} of its ${all} neurons are silent for ${looked} held-out digits.`;
      if (highest > 1.5 * first) {
        return `At a rate of ${rate} the steps are too large: the loss rose to ${rounded}, and now ` +
          `the network guesses. ${dead} More epochs will not help.`;
      }
      return "It guesses, right about one time in ten: " +
        (2 * silent > all ? `${dead} Take another start, or a smaller rate.` : "the steps are too small, or too few.");
    }
    const late = -Math.max(1, Math.floor(points.length / 5)); // from this point on
    const lowest = (some) => Math.min(...some);
    if (lowest(losses.slice(late)) < 0.95 * lowest(losses.slice(0, late))) return "Both lines still fall: it has not learned all that it can.";
    if (last.after.accuracy < 0.85) {
      return "Both lines are high and nearly level: underfitting. A larger network, or another rate, would do better.";
    }
    const at = losses.indexOf(Math.min(...losses));
    if (at <= points.length - 4 && last.heldOut.loss > 1.04 * losses[at] && last.after.loss < losses[at]) {
      return `Overfitting: the validation loss was lowest after epoch ${at}, ${losses[at].toFixed(3)}, ` +
        `and is ${last.heldOut.loss.toFixed(3)} now, while the training loss went down to ${last.after.loss.toFixed(3)}.`;
    }
    return "The validation loss is nearly level, and has not turned: a good fit, so far.";
  }

  /** How many neurons of the first layer are silent, on some digits that are held out. */
  function silence() {
    const [{ inputs, outputs, kernel, bias }] = layers;
    const looked = Math.min(100, watches);
    const active = new Set();
    for (let i = learns; i < learns + looked; i++) {
      const sums = Float64Array.from(bias, (value) => 255 * value);
      for (let pixel = 0; pixel < inputs; pixel++) {
        const level = digits.pixels[784 * i + pixel];
        if (level) for (let j = 0; j < outputs; j++) sums[j] += level * kernel[pixel * outputs + j];
      }
      sums.forEach((sum, j) => sum > 0 && active.add(j));
    }
    return { silent: outputs - active.size, all: outputs, looked };
  }

  function showTable() {
    const all = [run, ...[...older].reverse()].filter((each) => each?.points.length > 1);
    table.hidden = !all.length;
    rows.replaceChildren(...all.flatMap((each) => {
      const { settings: s, points, seconds, number } = each;
      const { after, heldOut, epoch } = points.at(-1);
      const losses = points.map((point) => point.heldOut.loss);
      const at = losses.indexOf(Math.min(...losses));
      const words = `${count(s.images)} images, ${s.layers === 2 ? `${s.neurons}-` : ""}${s.neurons} neurons, ` +
        `${s.optimizer} ${s.rate}, batch ${count(s.batch)}, ${epoch} epochs, start ${s.seed}` +
        (s.dropout ? `, dropout ${s.dropout}` : "") + (s.decay ? `, decay ${s.decay}` : "");
      const cell = (text) => element("td", {}, text);
      return [
        element("tr", { class: "words" }, element("td", { colspan: 6 }, element("a", { href: linkOf(s) }, `Run ${number}`), `: ${words}`)),
        element("tr", {}, element("th", { scope: "row" }, `${number}`), cell(after.loss.toFixed(4)), cell(heldOut.loss.toFixed(4)),
          cell(at < 0 ? "none" : `${losses[at].toFixed(3)} (${at})`), cell(one(heldOut.accuracy)), cell(seconds.toFixed(1))),
      ];
    }));
  }

  // ---- training

  /** Unpack the digits: four grays of a column in a byte, in small steps. */
  async function unpack() {
    const { digits: packed, labels } = await later(host);
    const all = new Uint8Array(784 * labels.length);
    function* pieces() {
      for (let at = 0; at < packed.length; at += 1 << 16) yield fromBase64(packed.slice(at, at + (1 << 16)));
    }
    let at = 0;
    for await (const bytes of inflate(pieces(), "deflate")) {
      for (const byte of bytes) {
        const [image, group, x] = [Math.floor(at / 196), Math.floor((at % 196) / 28), at % 28];
        for (let row = 0; row < 4; row++) {
          all[784 * image + 28 * (4 * group + row) + x] = 85 * ((byte >> (2 * row)) & 3);
        }
        at++;
      }
    }
    return (digits = { pixels: all, labels: Uint8Array.from(labels), train: data.train });
  }

  /** Learn from files that the reader has: those of MNIST, or others of the same kind. */
  async function choose() {
    if (!files.files.length) return;
    now.textContent = "Reading the files …";
    try {
      const read = await readMnist(files.files);
      // of four files two are the test set, which stays closed; one pair is split anew, at random,
      // since the end of MNIST's file is easier than the rest
      const rows = files.files.length > 2 ? read.train : read.labels.length;
      if (read.pixels.length !== 784 * read.labels.length) throw new Error("expected images of 28 × 28 pixels");
      const { shuffled, randomFrom } = await makeEngine();
      const pixels = new Uint8Array(784 * rows);
      const order = shuffled(rows, randomFrom(0));
      order.forEach((row, i) => pixels.set(read.pixels.subarray(784 * row, 784 * (row + 1)), 784 * i));
      watches = Math.floor(rows / 6);
      learns = rows - watches;
      trainer?.stop();
      digits = { pixels, labels: Uint8Array.from(order, (row) => read.labels[row]), train: learns };
      const { images } = controls;
      SETTINGS.images[1].splice(0, Infinity, ...sizes(learns));
      images.input.max = SETTINGS.images[1].length - 1;
      change({ images: learns });
      tell("of yours ");
      now.textContent = "Your files are read. Train.";
    } catch (error) {
      now.textContent = error.message;
    }
  }

  function tell(whose) {
    about.textContent = `Of ${count(learns)} digits ${whose}it learns, ${count(watches)} others are held out.` +
      (whose ? "" : " They are from the training file of MNIST (CC BY-SA 3.0), in 4 grays.");
  }

  /** Other settings: the next training begins anew. */
  function change(wishes) {
    settings = { ...settings, ...wishes };
    for (const [name, control] of Object.entries(controls)) control.set(settings[name]);
    changed = true;
    trainer?.pause();
    start.textContent = "▶ Train";
    if (run?.settings.epochs !== settings.epochs) redraw();
  }

  function keep() {
    if (!(run?.points.length > 1)) return;
    run.tip = null;
    older.push(run);
    if (older.length > KEPT) older.shift();
  }

  let number = 0;
  function begin() {
    keep();
    run = { settings: { ...settings }, points: [], tip: null, seconds: 0, number: ++number };
    changed = false;
    layers = null;
    says.textContent = "";
    build();
    updateSoon();
    const { rate, batch, images, neurons: wide, seed, dropout, decay, optimizer } = settings;
    const widths = [784, ...Array(settings.layers).fill(wide), 10];
    const network = { widths, rate, batch, images, seed, dropout, decay, optimizer };
    trainer ??= new Trainer({
      makeEngine,
      wasm: data.wasm,
      network,
      data: () => digits ?? unpack(),
      weights: "all",
      everyEpoch: true,
      speed,
      root: host,
      onReport: took,
      onState: (state) => {
        start.textContent = state === "running" ? "❚❚ Pause" : "▶ Train";
        if (state === "paused") rests();
      },
      onError: (error) => (now.textContent = `It stopped: ${error.message}`),
    });
    trainer.reset(network);
    trainer.prepare();
    now.textContent = "Unpacking the digits …";
  }

  const done = () => run.points.length - 1; // epochs

  function go(step) {
    if (run && !changed && done() >= run.settings.epochs) {
      change({ seed: (settings.seed % 20) + 1 }); // at the end: from another start
    }
    waiting = () => (step ? trainer.step(step) : trainer.run({ epochs: run.settings.epochs - done() }));
    if (changed) begin();
    else act();
  }

  function act() {
    const todo = waiting;
    waiting = null;
    if (run.points.length) todo?.();
    else waiting = todo;
  }

  function took({ epoch, training, after, heldOut, weights, seconds }) {
    if (weights) layers = layersOf(weights);
    run.seconds = seconds;
    if (after && run.points.at(-1)?.epoch !== epoch) {
      run.points.push({ epoch, training, after, heldOut });
      run.tip = null;
    } else if (!after) {
      run.tip = { epoch, training, heldOut };
    }
    if (!Number.isFinite(heldOut.loss) && trainer?.state === "running") trainer.pause();
    if (waiting) act();
    updateSoon();
  }

  /** The training has come to a rest: say what there is to see. */
  function rests() {
    if (!(run?.points.length > 1)) return;
    says.textContent = reading(run);
    showTable();
    updateSoon();
    requestAnimationFrame(() => status.say(`${now.textContent} ${says.textContent}`));
  }

  function layersOf(weights) {
    const { neurons: wide, layers: hidden } = run.settings;
    const widths = [784, ...Array(hidden).fill(wide), 10];
    return widths.slice(1).map((outputs, l) => ({
      inputs: widths[l], outputs, activation: l < hidden ? "relu" : "softmax",
      kernel: weights[2 * l], bias: weights[2 * l + 1],
    }));
  }

  // ---- an address with settings

  function follow() {
    const found = fromLink(decodeURIComponent(location.hash));
    if (!found) return false;
    change(found);
    return true;
  }
  addEventListener("hashchange", follow);

  tell("");
  build();
  change({});
  if (follow()) host.scrollIntoView();
  host.trainingLab = { run: () => run, older, settings: () => settings, layers: () => layers, own: yours.levels, reading }; // for tests
});
