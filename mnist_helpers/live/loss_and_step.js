/* Loss and step: what a probability costs, and how steps go down a valley. */

liveFigure("loss-and-step", (root, data, host) => {
  const RATES = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
  const [FROM, TO] = [-5, 5]; // weights that are shown
  // as in loss_and_step.py
  const MOST = 60; // steps of a run
  const FLAT = 0.001; // a slope below it is the bottom
  const TAIL = 10; // weights at the end that tell creeping from jumping
  const OUT = 1000; // a weight beyond it has flown out
  const PACE = 150; // milliseconds for a step of a run
  const ROWS = 6; // of the table of steps

  const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))); // ln(1 + e^x)
  const VALLEYS = {
    one: {
      text: "one neuron, three images",
      about: "A neuron with one weight and a sigmoid sees three images with ink at its pixel: two of the right digit, one of another.",
      loss: (w) => (2 * softplus(-w) + softplus(w)) / 3,
      slope: (w) => 1 / (1 + Math.exp(-w)) - 2 / 3,
    },
    two: {
      text: "two valleys",
      about: "A curve with a low valley on the left and a higher one on the right.",
      loss: (w) => 0.3 * ((w / 2.5) ** 2 - 1) ** 2 + 0.12 * w + 0.6,
      slope: (w) => 0.48 * (w / 2.5) * ((w / 2.5) ** 2 - 1) + 0.12,
    },
  };
  const status = liveRegion();

  // ---- what a probability costs

  function cost() {
    const plot = linePlot({
      x: { label: "probability p of the right digit", domain: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1] },
      y: { label: "loss", domain: [0, 5], ticks: [0, 1, 2, 3, 4, 5] },
      label: "empty",
      width: 300,
    });
    const lossOf = (p) => Math.abs(Math.log(p)); // of 1 it is 0, not minus 0
    plot.line(0, Array.from({ length: 200 }, (_, i) => 0.007 + (0.993 * i) / 199).map((p) => [p, lossOf(p)]));
    const words = element("p", { class: "words" });
    const show = (p) => {
      plot.mark(p);
      plot.dot(1, p, lossOf(p));
      const price =
        p >= 0.9 ? "nearly sure of the right digit: nearly free" :
        p > 0.1 ? "the less it believed in the right digit, the more it pays" :
        p === 0.1 ? "a blind guess among ten" : "less than a blind guess: that is what costs most";
      words.replaceChildren(element("strong", {}, `−ln ${p.toFixed(2)} = ${lossOf(p).toFixed(2)}`), ` (${price})`);
      plot.node.setAttribute("aria-label",
        `The loss falls from 4.61 at a probability of 0.01 to 0 at 1; at ${p.toFixed(2)} it is ${lossOf(p).toFixed(2)}`);
    };
    const control = slider("p", { min: 0.01, max: 1, step: 0.01, value: 0.1, format: (p) => p.toFixed(2) }, (p) => {
      show(p);
      status.say(words.textContent);
    });
    dragAlong(plot, 0, 1, (p) => {
      control.set(Math.max(p, 0.01));
      show(Number(control.input.value));
      status.say(words.textContent);
    });
    show(0.1);
    return [
      element("p", { class: "title" }, "What a probability costs: drag p"),
      element("div", { class: "halves" }, plot.node, element("div", { class: "side" }, control.node, words)),
    ];
  }

  // ---- down a valley

  function valley() {
    let which = "one";
    let rate = 4; // its place in RATES
    let trace; // the weights so far
    let end; // what came of them, or ""
    let timer = 0;

    const plot = linePlot({
      x: { label: "weight w", domain: [FROM, TO], ticks: [-4, -2, 0, 2, 4], format: (w) => signed(w, 0) },
      y: { label: "loss", domain: [0, 4], ticks: [0, 1, 2, 3, 4] },
      label: "empty",
      width: 300,
      height: 220,
    });
    const seen = svg("g", { class: "seen" });
    const about = element("p", { class: "hint" });
    const words = element("p", { class: "words" });
    const rows = element("tbody");
    const table = element(
      "table",
      {},
      element("caption", { class: "unseen" }, "The last steps"),
      element("thead", {}, element("tr", {}, ...["", "weight", "loss", "slope", "step"].map((name) =>
        name ? element("th", { scope: "col" }, name) : element("td")))),
      rows,
    );
    const curves = choice("Valley:", Object.entries(VALLEYS).map(([key, { text }]) => [key, text]), which, (now) => {
      which = now;
      restart();
    });
    const start = slider(
      "start", { min: FROM, max: TO, step: 0.1, value: -3, format: (w) => signed(w, 1) }, () => restart());
    const size = slider(
      "step size", { min: 0, max: RATES.length - 1, value: rate, format: (i) => String(RATES[i]) }, (now) => {
        rate = now;
        restart();
      });
    const one = button("Step", () => step(), { class: "main" });
    const run = button("Run", () => (timer ? stop() : go()));
    const again = button("Back to the start", () => restart());

    const slope = (w) => VALLEYS[which].slope(w);
    const loss = (w) => VALLEYS[which].loss(w);
    const isInside = (w) => w >= FROM && w <= TO && loss(w) <= 4;

    function judge() {
      const w = trace.at(-1);
      if (Math.abs(slope(w)) < FLAT) return "arrived";
      if (Math.abs(w) > OUT) return "out";
      if (trace.length <= MOST) return "";
      const last = trace.slice(-TAIL);
      const directions = new Set(last.slice(1).map((w, i) => Math.sign(w - last[i])));
      return directions.size === 1 ? "creeps" : "jumps";
    }

    function advance() {
      trace.push(trace.at(-1) - RATES[rate] * slope(trace.at(-1)));
      end = judge();
    }

    function tell() {
      const w = trace.at(-1);
      const steps = trace.length === 2 ? "1 step" : `${trace.length - 1} steps`;
      const where = which === "one" ? "" : w < 0 ? ", in the low valley" : ", in the higher valley: no step leads out of it";
      const texts = {
        arrived: `Arrived after ${steps}: at w = ${signed(w)} the slope is 0${where}.`,
        creeps: `It creeps: ${steps}, and still on its way.`,
        jumps: `It jumps from side to side: ${steps}, and no end.`,
        out: `It has flown out: after ${steps} the weight is ${w < 0 ? "below −" : "above "}1,000.`,
      };
      if (end) return texts[end];
      if (trace.length === 1) return "At the start. Downhill is where the loss falls.";
      return `After ${steps}: w = ${signed(w)}, loss ${signed(loss(w))}${isInside(w) ? "" : ", outside the picture"}.`;
    }

    function show() {
      const w = trace.at(-1);
      const inside = trace.filter(isInside);
      plot.line(1, inside.map((w) => [w, loss(w)]));
      seen.replaceChildren(...inside.slice(0, -1).map((w) =>
        svg("circle", { cx: plot.atX(w), cy: plot.atY(loss(w)), r: 3 })));
      const last = inside.at(-1) ?? trace[0];
      plot.dot(1, last, loss(last));
      const far = 0.9 / Math.hypot(1, slope(last)); // the tangent: as long wherever it is
      plot.line(2, [last - far, last + far].map((w) => [w, loss(last) + (w - last) * slope(last)]));
      plot.node.append(seen);
      words.textContent = tell();
      about.textContent = VALLEYS[which].about;
      enable(one, !end);
      enable(run, !end);
      const first = Math.max(0, trace.length - ROWS);
      rows.replaceChildren(...trace.slice(first).map((w, i) => {
        const numbers = [w, loss(w), slope(w), -RATES[rate] * slope(w)];
        const cells = numbers.map((value) => element("td", {}, brief(value, 3)));
        return element("tr", {}, element("th", { scope: "row" }, String(first + i)), ...cells);
      }));
      plot.node.setAttribute("aria-label",
        `${VALLEYS[which].about} The weight is ${signed(w)}, the loss ${brief(loss(w))}, the slope ${brief(slope(w))}.`);
    }

    function restart() {
      stop();
      trace = [Number(start.input.value)];
      end = judge();
      plot.line(0, Array.from({ length: 201 }, (_, i) => FROM + ((TO - FROM) * i) / 200)
        .filter(isInside).map((w) => [w, loss(w)]));
      show();
    }

    function step() {
      stop();
      if (end) return;
      advance();
      show();
      status.say(words.textContent);
    }

    function go() {
      if (stillPreferred()) while (!end) advance();
      const next = () => {
        timer = 0;
        if (!host.isConnected) return;
        if (!end) advance();
        show();
        if (end) {
          stop();
          status.say(words.textContent);
        } else {
          timer = setTimeout(next, PACE);
        }
      };
      run.textContent = "Stop";
      next();
    }

    function stop() {
      clearTimeout(timer);
      timer = 0;
      run.textContent = "Run";
    }

    dragAlong(plot, FROM, TO, (w) => {
      start.set(w);
      restart();
    });
    restart();
    host.lossAndStep = { trace: () => trace, end: () => end }; // for tests, and for the curious
    return [
      element("p", { class: "title valley" }, "Down a valley: choose a start and a step size"),
      curves.node,
      about,
      element(
        "div",
        { class: "halves" },
        plot.node,
        element(
          "div",
          { class: "side" },
          start.node,
          size.node,
          element("div", { class: "controls" }, one, run, again),
          words,
          table,
          element("p", { class: "hint" }, "step = −step size × slope"),
        ),
      ),
    ];
  }

  /** A number in few places, also where a step has flown far. */
  function brief(value, digits = 2) {
    if (Math.abs(value) < 0.5 * 10 ** -digits) return signed(0, digits); // not minus 0
    if (Math.abs(value) < 10000) return signed(value, digits);
    return value.toExponential(1).replaceAll("-", "−").replace("+", "");
  }

  root.classList.add("loss");
  root.append(...cost(), ...valley(), status.node);
});
