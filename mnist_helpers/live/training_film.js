/* A training that can be scrubbed: weights, curves and answers at each of its snapshots. */

liveFigure("training-film", async (root, data, host) => {
  const HIGHEST = 2.5; // loss in the plot
  const film = { images: data.images };
  film.frames = data.batches.map((batches, i) => ({
    batches,
    loss: data.losses[i],
    accuracy: data.accuracies[i],
  }));
  await unpack(data); // the first; the others come at the first touch
  const last = film.frames.at(-1);
  let shown = film; // or the reader's own training
  let at = 0; // the frame that is shown
  let timer = 0; // while it plays
  const count = (n) => n.toLocaleString("en-US");

  // ---- the snapshots

  /** Give the first frames their layers. */
  async function unpack({ kernels, rest }) {
    const size = 784 * data.hidden;
    const changes = await inflated(fromBase64(kernels)); // low bytes, then high ones
    const multiples = new Int32Array(size);
    const view = new DataView(fromBase64(rest).buffer);
    let place = 0;
    const take = (count) =>
      Float32Array.from({ length: count }, () => decodeHalf(view.getUint16(2 * place++, true)));
    for (let i = 0; 2 * size * i < changes.length; i++) {
      const from = 2 * size * i;
      const kernel = Float32Array.from(multiples, (_, j) => {
        const folded = changes[from + j] + 256 * changes[from + size + j];
        multiples[j] += folded % 2 ? -(folded + 1) / 2 : folded / 2;
        return data.step * multiples[j];
      });
      const weights = [kernel, take(data.hidden), take(10 * data.hidden), take(10)];
      film.frames[i].layers = layersOf(weights);
    }
  }

  /** What waits for the first touch, and then the picture of it. */
  let more = null;
  function load() {
    more ??= later(host).then(async (content) => {
      await unpack(content);
      updateSoon();
      return content;
    });
    return more;
  }

  function layersOf([kernel, bias, lastKernel, lastBias]) {
    return [
      { inputs: 784, outputs: data.hidden, activation: "relu", kernel, bias },
      { inputs: data.hidden, outputs: 10, activation: "softmax", kernel: lastKernel, bias: lastBias },
    ];
  }

  async function inflated(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** What a frame's network answers: the digit, and its probability. */
  function read(now, levels) {
    const answers = forward(now.layers, Float32Array.from(levels, (level) => level / 255)).at(-1);
    const digit = answers.indexOf(Math.max(...answers));
    return { digit, share: answers[digit], answers };
  }

  // ---- what stands on the page

  const status = liveRegion();
  const play = button("▶ Play", toggle, { class: "main" });
  const scrub = slider(
    "Batches seen",
    { min: 0, max: film.frames.length - 1, value: 0, format: (i) => count(shown.frames[i].batches) },
    (i) => [stop(), (follows = i === shown.frames.length - 1), show(i)],
  );

  let follows = true; // the newest moment of a training

  const neurons = picture(1, 1);
  neurons.classList.add("neurons");

  const along = (batches) => Math.log10(1 + batches);
  const powers = [0, 1, 10, 100, 1000, 10000, 100000].filter((n) => n <= last.batches);
  const x = {
    label: "batches seen",
    domain: [0, along(last.batches)],
    ticks: powers.map(along),
    format: (value) => count(Math.round(10 ** value - 1)),
  };
  const size = { width: 290, height: 165 };
  const loss = linePlot({
    ...size,
    x,
    y: { label: "loss", domain: [0, HIGHEST], ticks: [0, 1, 2] },
    label: curveWords("Loss", film.frames, (now) => now.loss.toFixed(2)),
  });
  const accuracy = linePlot({
    ...size,
    x,
    y: { label: "accuracy", domain: [0, 1], ticks: [0, 0.5, 1], format: (v) => `${100 * v}%` },
    label: curveWords("Accuracy", film.frames, (now) => percent(now.accuracy)),
  });
  function curveWords(name, all, format) {
    const [first, end] = [all[0], all.at(-1)];
    return (
      `${name} from ${format(first)} at the start to ${format(end)} ` +
      `after ${count(end.batches)} batches; most of the change comes early`
    );
  }

  const curves = [
    [loss, (moment) => Math.min(moment.loss, HIGHEST)],
    [accuracy, (moment) => moment.accuracy],
  ];

  const watched = element("span");
  const now = element("p", { class: "now" });
  const pictures = fromBase64(data.digits);
  const digits = Array.from({ length: pictures.length / 784 }, (_, digit) => {
    const levels = pictures.subarray(784 * digit, 784 * (digit + 1));
    const canvas = picture(28, 28, `a handwritten ${digit}`);
    paintCells(canvas, 28, (x, y) => gray(255 - levels[28 * y + x]));
    const answer = element("span");
    return { digit, levels, answer, node: element("li", {}, canvas, answer) };
  });

  const verdict = element("p", { class: "verdict" });
  const bars = Array.from({ length: 10 }, (_, digit) => {
    const bar = element("span", { class: "bar" });
    return { bar, node: element("span", { class: "column" }, bar, `${digit}`) };
  });
  const chart = element("div", { class: "chart", role: "img" }, ...bars.map(({ node }) => node));

  const yours = ownDigit({
    title: "Your digit",
    say: status.say,
    change: () => updateSoon(),
    beside: [verdict, chart],
  });
  root.classList.add("training", "film");
  root.append(
    element("div", { class: "head" }, element("div", { class: "top" }, play, scrub.node), now),
    element(
      "div",
      { class: "halves" },
      block("weights", `The weights of its ${data.hidden} hidden neurons`, neurons, element(
        "p", { class: "hint" }, "One picture for each neuron. Ink on red raises its sum, ink on blue lowers it.")),
      block("curves", watched, loss.node, accuracy.node),
      block("ten", "Ten of them, and what it reads", element("ul", {}, ...digits.map(({ node }) => node))),
      yours.node,
    ),
    status.node,
  );

  // ---- showing a moment

  function update() {
    const moment = shown.frames[at];
    const { batches } = moment;
    for (const [plot, value] of curves) {
      plot.mark(along(batches));
      plot.dot(0, along(batches), value(moment));
    }
    watched.textContent = `On ${count(shown.images)} images that it does not learn from`;
    const words =
      `After ${count(batches)} ${batches === 1 ? "batch" : "batches"}: ` +
      `loss ${moment.loss.toFixed(2)}, accuracy ${percent(moment.accuracy)}.`;
    now.textContent = words;
    if (!moment.layers) return load();
    paintNeurons(neurons, moment.layers[0], data.scale);
    neurons.setAttribute("aria-label", `The weights of the neurons after ${count(batches)} batches`);
    const right = showTen(moment);
    status.say(`${words} It reads ${right} of the ten digits. ${showOwn(moment)}`);
  }

  /** How many of the ten it reads. */
  function showTen(moment) {
    let right = 0;
    for (const { digit, levels, answer } of digits) {
      const { digit: found, share } = read(moment, levels);
      const good = found === digit;
      right += good;
      answer.className = good ? "right" : "wrong";
      answer.replaceChildren(
        element("b", {}, `${found}`),
        element("span", { "aria-hidden": "true" }, good ? " ✓" : " ✗"),
        element("span", { class: "unseen" }, good ? ", right, " : ", wrong, "),
        element("small", {}, percent(share)),
      );
    }
    return right;
  }

  function showOwn(moment) {
    const own = yours.levels();
    const answer = own && read(moment, own);
    bars.forEach(({ bar, node }, digit) => {
      bar.style.height = answer ? `${100 * answer.answers[digit]}%` : 0;
      node.classList.toggle("first", answer?.digit === digit);
    });
    const words = answer ? `It reads ${aDigit(answer.digit)}, ${percent(answer.share)}.` : "";
    verdict.textContent = words || "Draw, or take a ready digit; then move the slider.";
    chart.setAttribute(
      "aria-label",
      answer
        ? `Probabilities: ${[...answer.answers].map((p, i) => `${i} ${percent(p)}`).join(", ")}`
        : "No digit yet",
    );
    return words && `Yours: ${words}`;
  }

  const updateSoon = eachFrame(update);

  function show(i) {
    at = i;
    scrub.set(i);
    updateSoon();
  }

  // ---- playing

  function toggle() {
    if (timer) return stop();
    if (at === shown.frames.length - 1) show(0);
    play.textContent = "❚❚ Pause";
    const next = () => {
      show(at + 1);
      if (at === shown.frames.length - 1) stop();
    };
    timer = setInterval(next, stillPreferred() ? 1000 : 250);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶ Play";
  }

  function drawCurve(name, frames) {
    for (const [plot, value] of curves) {
      plot.line(name, frames.map((moment) => [along(moment.batches), value(moment)]));
    }
  }

  function showFilm(which) {
    shown = which;
    scrub.input.max = shown.frames.length - 1;
    which_.set(shown === film ? "film" : "own");
  }

  // ---- another training

  const DEFAULT = { sgd: -1, momentum: -1.5, rmsprop: -2.5, adam: -2.5 }; // powers of ten
  const BATCH = 100;
  const settings = { seed: 1, optimizer: "sgd", rate: 0.1 };
  let [learned, watches] = data.trains ?? []; // images
  let chosen = null; // the reader's own
  const toRate = (power) => Number((10 ** power).toPrecision(1));
  let training = null; // the one that goes on
  let changed = true; // the settings, since it began
  let older = 0; // trainings before it
  let trainer = null;
  let waiting = null; // what to do once there is a first report

  const which_ = choice("Show", [["film", "the film"], ["own", "your training"]], "film", (which) => {
    stop();
    follows = which === "own"; // a training that goes on does not cover the film
    showFilm(which === "film" || !training?.frames.length ? film : training);
    show(shown.frames.length - 1);
  });
  const set = (changes) => {
    Object.assign(settings, changes);
    changed = true;
    trainer?.pause();
    told.textContent = "The next training begins anew with this.";
  };
  const seed = slider("Start", { min: 1, max: 20, value: 1 }, (value) => set({ seed: value }));
  const rate = slider(
    "Step size",
    { min: -4, max: 0, step: 0.5, value: -1, format: (power) => `${toRate(power)}` },
    (power) => set({ rate: toRate(power) }),
  );
  const optimizer = choice(
    "Optimizer",
    [["sgd", "gradient descent"], ["momentum", "momentum"], ["rmsprop", "rmsprop"], ["adam", "adam"]],
    "sgd",
    (name) => {
      rate.set(DEFAULT[name]);
      set({ optimizer: name, rate: toRate(DEFAULT[name]) });
    },
  );
  const run = button("Train", () => (trainer?.state === "running" ? trainer.pause() : go("run")), { class: "main" });
  const told = element("p", { class: "told" });
  const about = element("p", { class: "hint" });

  async function digitsOf() {
    const { sprite, labels } = await load();
    const pixels = await readSprite(sprite, labels.length);
    return { pixels, labels: Uint8Array.from(labels), train: learned };
  }

  /** Train on files that the reader has: those of MNIST, or others of the same kind. */
  async function choose({ target }) {
    if (!target.files.length) return;
    told.textContent = "Reading the files …";
    try {
      const { pixels, labels, train } = await readMnist(target.files);
      if (pixels.length !== 784 * labels.length) throw new Error("expected images of 28 × 28 pixels");
      const end = Math.min(labels.length, train + data.trains[1]); // to watch more would take long
      [learned, watches] = [train, end - train];
      trainer?.stop();
      chosen = { pixels: pixels.subarray(0, 784 * end), labels: labels.subarray(0, end), train };
      tell();
      set({});
    } catch (error) {
      told.textContent = error.message;
    }
  }

  function tell() {
    about.textContent =
      `The same network, here in your browser, on ${count(learned)} images, and watched on ` +
      `${count(watches)} others. Orange and dashed: your training. Blue: the film. Gray: your ` +
      "earlier ones. The digits that come with it are from MNIST (CC BY-SA 3.0).";
  }

  function begin() {
    if (training?.frames.length > 1) drawCurve(`old line-old-${older++}`, training.frames);
    training = { frames: [], images: watches };
    changed = false;
    follows = true;
    const network = { ...settings, widths: [784, data.hidden, 10], batch: BATCH };
    trainer ??= new Trainer({
      makeEngine, // in JavaScript: a network this small needs no more
      network,
      data: () => chosen ?? digitsOf(),
      weights: "all",
      root: host,
      onReport: took,
      onState: (state) => (run.textContent = state === "running" ? "Pause" : "Train"),
      onError: (error) => (told.textContent = `It stopped: ${error.message}`),
    });
    trainer.reset(network);
    trainer.prepare();
    told.textContent = "Unpacking the digits …";
  }

  function go(how) {
    stop();
    const perEpoch = Math.ceil(learned / BATCH);
    if (training?.frames.at(-1)?.batches >= last.batches && !changed) {
      settings.seed = (settings.seed % 20) + 1; // at the end; from another start
      seed.set(settings.seed);
      changed = true;
    }
    waiting = () => {
      setPace();
      if (how === "run") trainer.run({ epochs: last.batches / perEpoch });
      else trainer.step(how);
    };
    if (changed) begin();
    else start();
  }

  /** Once the random weights have been shown. */
  function start() {
    if (!training.frames.length) return;
    const act = waiting;
    waiting = null;
    told.textContent = "";
    act();
  }

  /** Slow at first, when most happens: each second adds about half of what was. */
  function setPace() {
    const batches = training.frames.at(-1)?.batches ?? 0;
    trainer.set({ speed: (0.5 * (batches + 12) * BATCH) / learned });
  }

  function took({ batches, heldOut, weights }) {
    if (!Number.isFinite(heldOut.loss)) {
      trainer?.pause();
      changed = true;
      told.textContent = "The steps were too large: the weights flew out of the valley. Take smaller ones.";
      return;
    }
    if (training.frames.at(-1)?.batches === batches) return;
    training.frames.push({
      batches,
      loss: heldOut.loss,
      accuracy: heldOut.accuracy,
      layers: layersOf(weights),
    });
    drawCurve("own", training.frames);
    setPace();
    if (follows) {
      showFilm(training);
      show(training.frames.length - 1);
    } else if (shown === training) {
      scrub.input.max = training.frames.length - 1;
    }
    if (waiting) start();
  }

  if (data.trains) {
    const files = element("input", { type: "file", multiple: "" });
    files.addEventListener("change", choose);
    tell();
    root.append(block(
      "again",
      "Train it yourself, from another start",
      about,
      element("div", { class: "settings" }, seed.node, rate.node),
      optimizer.node,
      element("div", { class: "controls" }, run,
        button("One batch", () => go("batch")), button("One epoch", () => go("epoch"))),
      told,
      which_.node,
      element("label", { class: "hint" },
        "You have the files of MNIST? Choose images and labels, and it learns from all 60,000: ", files),
    ));
  }

  root.addEventListener("pointerenter", load, { once: true });
  root.addEventListener("focusin", load, { once: true });
  drawCurve("0", film.frames);
  update();
  host.trainingFilm = { film, own: yours.levels, training: () => training, took }; // for tests
});
