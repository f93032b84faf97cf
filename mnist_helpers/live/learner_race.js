/* Learners as points of error against seconds; a slider for the images that they learn from. */

liveFigure("learner-race", (root, data) => {
  const { sizes, learners, answers } = data;
  const [WIDTH, HEIGHT] = [300, 300];
  const LETTER = 14; // the side of a letter's place
  const AXES = { predict: `seconds to read ${answers.toLocaleString("en")} images`, fit: "seconds to learn" };
  const { node: live, say } = liveRegion();
  const count = (n) => n.toLocaleString("en");
  const share = (error) => `${(100 * error).toFixed(1)}%`;
  const seconds = (s) => (s < 0.1 ? `${Math.max(Math.round(1000 * s), 1)} ms` : `${s.toFixed(s < 10 ? 1 : 0)} s`);
  const span = (low, high) => (share(low) === share(high) ? share(low) : `${share(low)} to ${share(high)}`);
  let [size, across, shown] = [0, "predict", learners[0]];

  // ---- one plot for each of the two times, as its axis is another

  const every = (value) => learners.flatMap(({ at }) => at.flatMap(value));
  const domain = (values) => [Math.log10(Math.min(...values) / 1.4), Math.log10(Math.max(...values) * 1.4)];
  const within = ([from, to]) => (tick) => tick >= from && tick <= to;

  function makePlot(kind) {
    const x = domain(every((at) => at[kind]).map((s) => Math.max(s, 0.001))); // below: not measured
    const y = domain(every(({ errors }) => errors));
    const tens = [-3, -2, -1, 0, 1, 2, 3].filter(within(x));
    const plot = linePlot({
      x: { label: AXES[kind], domain: x, ticks: tens.length > 5 ? tens.filter((at) => at % 2 === 0) : tens, format: (at) => String(10 ** at) },
      y: {
        label: "error",
        domain: y,
        ticks: [0.5, 1, 2, 5, 10, 20, 50].map((p) => Math.log10(p / 100)).filter(within(y)),
        format: (at) => `${Number((100 * 10 ** at).toFixed(1))}%`,
      },
      label: "empty",
      width: WIDTH,
      height: HEIGHT,
    });
    const place = ({ at }, i) => [plot.atX(Math.log10(Math.max(at[i][kind], 0.001))), plot.atY(Math.log10(at[i].errors[0]))];
    const trail = svg("path", { class: "trail" });
    const marks = learners.map(({ network }, i) => {
      const range = svg("path", { class: "range" });
      const leader = svg("path", { class: "leader" });
      const point = network
        ? svg("rect", { x: -5, y: -5, width: 10, height: 10 })
        : svg("circle", { r: 5 });
      const letter = svg("text", { "text-anchor": "middle" }, letterOf(i));
      return { range, leader, letter, node: svg("g", { class: `learner ${network ? "network" : ""}` }, range, leader, point, letter) };
    });
    plot.node.append(trail, ...marks.map(({ node }) => node));
    return { plot, place, trail, marks };
  }

  const letterOf = (i) => String.fromCharCode(65 + i);
  const plots = { predict: makePlot("predict"), fit: makePlot("fit") };

  /** Where the letters go: next to their points, and on top of nothing else. */
  function lettersBeside(points) {
    const taken = [];
    return points.map(([x, y], own) => {
      const cost = ([u, v]) => {
        const over = ([a, b], side) => Math.max(0, side - Math.abs(a - u)) * Math.max(0, side - Math.abs(b - v));
        const outside = u < 54 || u > WIDTH - 16 || v < 16 || v > HEIGHT - 48;
        return Math.hypot(u - x, v - y) + 1000 * outside +
          taken.reduce((sum, at) => sum + 20 * over(at, LETTER), 0) +
          points.reduce((sum, at, i) => sum + (i === own ? 0 : 20 * over(at, LETTER / 2 + 6)), 0);
      };
      const around = [12, 18, 25, 33].flatMap((far) =>
        Array.from({ length: 16 }, (_, i) => [x + far * Math.cos((i * Math.PI) / 8), y - far * Math.sin((i * Math.PI) / 8)]));
      const best = around.reduce((a, b) => (cost(b) < cost(a) ? b : a));
      taken.push(best);
      return [best[0] - x, best[1] - y];
    });
  }

  // ---- the list, and what is said of one learner

  const list = element("ul", { "aria-label": "learners, the lowest error first" });
  const rows = learners.map((learner, i) => {
    const error = element("span", { class: "error" });
    const node = button(element("span", { class: "letter" }, letterOf(i)), () => choose(learner));
    node.append(element("span", {}, learner.name), error);
    node.addEventListener("pointerenter", () => choose(learner, false));
    node.addEventListener("focus", () => choose(learner));
    return { error, node, item: element("li", {}, node) };
  });
  const name = element("strong");
  const about = element("p", {}, name);
  const results = element("p");

  function choose(learner, aloud = true) {
    shown = learner;
    show();
    if (aloud) say(`${about.textContent} ${results.textContent}`);
  }

  function show() {
    const { plot, place, trail, marks } = plots[across];
    const points = learners.map((learner) => place(learner, size));
    const letters = lettersBeside(points);
    marks.forEach(({ range, leader, letter, node }, i) => {
      const [, low, high] = learners[i].at[size].errors.map((error) => plot.atY(Math.log10(error)) - points[i][1]);
      const [u, v] = letters[i];
      const far = Math.hypot(u, v);
      node.style.transform = `translate(${points[i][0]}px, ${points[i][1]}px)`;
      node.classList.toggle("shown", learners[i] === shown);
      range.setAttribute("d", `M0,${low}V${high}`);
      letter.setAttribute("x", u);
      letter.setAttribute("y", v + 4.5);
      leader.setAttribute("d", far > 13 ? `M0,0L${u * (1 - 7 / far)},${v * (1 - 7 / far)}` : "");
    });
    trail.setAttribute("d", sizes.map((_, i) => `${i ? "L" : "M"}${place(shown, i)}`).join(""));

    rows.forEach(({ error, node }, i) => {
      error.textContent = share(learners[i].at[size].errors[0]);
      node.setAttribute("aria-pressed", learners[i] === shown);
    });
    const { errors, fit, predict, runs } = shown.at[size];
    name.textContent = shown.name;
    about.replaceChildren(name, shown.how ? `: ${shown.how}.` : "");
    results.textContent =
      `Error ${span(errors[1], errors[2])} in ${runs} run${runs > 1 ? "s" : ""}. ` +
      `Learned ${count(sizes[size])} images in ${seconds(fit)}, read ${count(answers)} in ${seconds(predict)}.`;
  }

  /** With other images, or the other time. */
  function change() {
    const order = learners.map((_, i) => i).sort((a, b) => learners[a].at[size].errors[0] - learners[b].at[size].errors[0]);
    list.replaceChildren(...order.map((i) => rows[i].item));
    show();
    const first = learners[order[0]];
    const words = `With ${count(sizes[size])} images the lowest error is ${share(first.at[size].errors[0])}, of ${first.name}.`;
    for (const { plot } of Object.values(plots)) plot.node.setAttribute("aria-label", `Error against ${AXES[across]}, both in powers of ten. ${words}`);
    const { node } = plots[across].plot;
    if (node.parentNode !== stage) stage.replaceChildren(node); // its points glide only if it stays
    return words;
  }

  const images = slider(
    "images to learn from",
    { min: 0, max: sizes.length - 1, value: 0, format: (i) => count(sizes[i]) },
    (i) => {
      size = i;
      say(change());
    },
  );
  const times = choice("across:", [["predict", "time to answer"], ["fit", "time to learn"]], across, (kind) => {
    across = kind;
    say(change());
  });

  // a pointer means the nearest point
  for (const { plot, place } of Object.values(plots)) {
    const near = ({ clientX, clientY }) => {
      const { left, top, width } = plot.node.getBoundingClientRect();
      const [x, y] = [clientX - left, clientY - top].map((at) => (at * WIDTH) / width);
      const far = learners.map((learner) => Math.hypot(place(learner, size)[0] - x, place(learner, size)[1] - y));
      const nearest = far.indexOf(Math.min(...far));
      if (far[nearest] < 24 && learners[nearest] !== shown) choose(learners[nearest]);
    };
    plot.node.addEventListener("pointermove", near);
    plot.node.addEventListener("pointerdown", near);
  }

  const stage = element("div");
  root.classList.add("race");
  root.append(
    element("p", { class: "title" }, "Who reads best, and what does an answer cost?"),
    element("div", { class: "settings" }, images.node, times.node),
    element(
      "div",
      { class: "halves" },
      element(
        "div",
        {},
        stage,
        element("div", { class: "about" }, about, results),
        element("p", { class: "hint" }, "Low and left is good. Squares are networks; the bar at a point goes from the best run to the worst; " +
          "the line is the way of the chosen learner as its images grow."),
      ),
      list,
    ),
    live,
  );
  change();
});
