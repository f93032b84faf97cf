/* A reliability diagram with a temperature to slide, counts below it, and the loss beside it. */

liveFigure("reliability-view", (root, data) => {
  const { temperatures, rows, accuracy, answers } = data;
  const ONE = temperatures.indexOf(1);
  const TENTHS = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const text = (count) => count.toLocaleString("en");
  const share = (part, digits = 1) => `${(100 * part).toFixed(digits)}%`;
  const { node: live, say } = liveRegion();

  const diagram = linePlot({
    x: { label: "confidence: promised", domain: [0, 1], ticks: TENTHS },
    y: { label: "share right", domain: [0, 1], ticks: TENTHS },
    label: "empty",
    width: 300,
    height: 290,
  });
  const marks = svg("g");
  diagram.line(2, [[0, 0], [1, 1]]); // the promise kept
  diagram.node.append(marks);

  const most = Math.log10(answers);
  const tens = [1, 100, 10000].filter((ten) => ten <= answers);
  const height = (count) => Math.log10(count) + 0.3; // a bar for one answer can be seen
  const strip = linePlot({
    x: { label: "confidence", domain: [0, 1], ticks: TENTHS },
    y: { label: "answers", domain: [0, most + 0.3], ticks: tens.map(height), format: (at) => text(Math.round(10 ** (at - 0.3))) },
    label: "empty",
    width: 300,
    height: 130,
  });
  const bars = svg("g", { class: "bars" });
  strip.node.append(bars);

  const losses = rows.map(([[loss]]) => loss);
  const [low, high] = [0, Math.max(...losses)];
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2].find((step) => high / step <= 6) ?? 5;
  const curve = linePlot({
    x: { label: "temperature", domain: [temperatures[0], temperatures.at(-1)], ticks: [0.5, 1, 1.5, 2, 2.5, 3] },
    y: {
      label: "loss",
      domain: [low, high],
      ticks: Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => i * step),
      format: (loss) => String(Number(loss.toFixed(2))),
    },
    label: "empty",
    width: 300,
    height: 170,
  });
  curve.line(0, losses.map((loss, i) => [temperatures[i], loss]));

  const NAMES = ["loss", "calibration error", "by luck alone", "mean confidence", "right"];
  const values = NAMES.map(() => element("td"));
  const numbersTable = element(
    "table",
    { class: "numbers" },
    element("caption", { class: "unseen" }, "At this temperature"),
    element("tbody", {}, ...NAMES.map((name, i) => element("tr", {}, element("th", { scope: "row" }, name), values[i]))),
  );
  const heads = ["bin", "answers", "promised", "right", "by luck"].map((name) => element("th", { scope: "col" }, name));
  const list = element("tbody");
  const binsTable = element(
    "table",
    { class: "points" },
    element("caption", { class: "unseen" }, "The points of the diagram"),
    element("thead", {}, element("tr", {}, ...heads)),
    list,
  );

  function mark([, , promised, right, from, to]) {
    const [x, y] = [diagram.atX(promised), diagram.atY(right)];
    const band = svg("path", { class: "band", d: `M${x},${diagram.atY(from)}V${diagram.atY(to)}` });
    // by shape as well as by color: a circle within what luck gives, a square outside
    const point = right >= from && right <= to
      ? svg("circle", { class: "kept", cx: x, cy: y, r: 5 })
      : svg("rect", { class: "broken", x: x - 5, y: y - 5, width: 10, height: 10 });
    return [band, point];
  }

  function bar([low, count]) {
    const [x, top] = [strip.atX(low) + 1, strip.atY(height(count))];
    return svg("rect", { x, y: top, width: strip.atX(low + 0.1) - 1 - x, height: strip.atY(0) - top });
  }

  function show(at) {
    const [[loss, confidence, error, from, to], ...bins] = rows[at];
    const pairs = bins.map(mark);
    marks.replaceChildren(...pairs.map(([band]) => band), ...pairs.map(([, point]) => point));
    bars.replaceChildren(...bins.map(bar));
    curve.mark(temperatures[at]);
    curve.dot(0, temperatures[at], loss);
    const texts = [loss.toFixed(4), share(error, 2), `${share(from, 2)} to ${share(to, 2)}`, share(confidence), share(accuracy)];
    texts.forEach((value, i) => (values[i].textContent = value));
    list.replaceChildren(...bins.map(([low, count, promised, right, least, most]) => {
      const digits = count > 1000 ? 1 : 0;
      const luck = `${(100 * least).toFixed(digits)}–${share(most, digits)}`;
      const cells = [text(count), share(promised), share(right), luck];
      const name = element("th", { scope: "row" }, `${low.toFixed(1)}–${(low + 0.1).toFixed(1)}`);
      return element("tr", {}, name, ...cells.map((cell) => element("td", {}, cell)));
    }));
    const outside = pairs.filter(([, point]) => point.tagName === "rect").length;
    const words = `Temperature ${temperatures[at]}: ${outside} of ${bins.length} points lie outside of what luck gives.`;
    diagram.node.setAttribute("aria-label", `Share right against confidence. ${words}`);
    strip.node.setAttribute("aria-label", `Answers in each bin of confidence, from ${text(bins[0][1])} to ${text(bins.at(-1)[1])}.`);
    curve.node.setAttribute("aria-label", `Loss against temperature: ${loss.toFixed(4)} at ${temperatures[at]}.`);
    return `${words} Loss ${texts[0]}, calibration error ${texts[1]}; luck alone gives ${texts[2]}.`;
  }

  const control = slider(
    "temperature T",
    { min: 0, max: temperatures.length - 1, value: ONE, format: (at) => temperatures[at].toFixed(2) },
    (at) => say(show(at)),
  );
  dragAlong(curve, temperatures[0], temperatures.at(-1), (x) => {
    control.set(Math.round((x - temperatures[0]) / (temperatures[1] - temperatures[0])));
    say(show(Number(control.input.value)));
  });

  root.classList.add("reliability");
  root.append(
    element("p", { class: "title" }, "Does the network keep its promises? Divide its sums by T"),
    control.node,
    element(
      "div",
      { class: "halves" },
      element(
        "figure",
        {},
        diagram.node,
        strip.node,
        element("figcaption", { class: "hint" }, "Line: the promise kept. Gray: where luck alone puts nine points in ten. " +
          "A square lies outside of that. Below: how many answers."),
      ),
      element("div", { class: "side" }, curve.node, numbersTable, binsTable),
    ),
    live,
  );
  show(ONE);
});
