/* A threshold to drag over the confidence of right and wrong answers: what is answered, what is
   refused, what both cost, and the images on either side. */

liveFigure("threshold-view", async (root, data) => {
  const BINS = 20; // of the picture; a bin is five thresholds wide
  const FLOOR = 0.3; // how high a bar for one image is; ten times as many are 1 higher
  const [START, HUNDREDTHS] = [50, 100];

  const { thresholds, counts, price } = data;
  const draw = await openSprite(data);
  const [right, wrong] = counts[0]; // of all: a threshold of 0 refuses none
  const total = right + wrong;
  const text = (count) => count.toLocaleString("en");
  const share = (part, whole, digits = 1) => (whole ? `${((100 * part) / whole).toFixed(digits)}%` : "–");
  const { node: live, say } = liveRegion();

  // ---- right answers up, wrong ones down, on a logarithmic axis

  const height = (count) => (count ? Math.log10(count) + FLOOR : 0);
  const tens = [1, 10, 100, 1000, 10000].filter((ten) => ten <= Math.max(right, 10));
  const top = height(Math.max(right, wrong, 10));
  const plot = linePlot({
    x: { label: "confidence", domain: [0, 1], ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
    y: {
      label: "images",
      domain: [-top, top],
      ticks: [...tens, ...tens.map((ten) => -ten)].map((ten) => Math.sign(ten) * height(Math.abs(ten))),
      format: (at) => text(Math.round(10 ** (Math.abs(at) - FLOOR))),
    },
    label: "empty",
    width: 300,
    height: 270,
  });
  const bars = [0, 1].flatMap((kind) =>
    Array.from({ length: BINS }, (_, bin) => {
      const step = HUNDREDTHS / BINS;
      const above = counts[(bin + 1) * step] && bin + 1 < BINS ? counts[(bin + 1) * step][kind] : 0;
      const high = height(counts[bin * step][kind] - above);
      const [from, to] = kind ? [0, -high] : [high, 0];
      const x = plot.atX(bin / BINS) + 1;
      return svg("rect", {
        class: kind ? "wrong" : "right",
        x,
        y: plot.atY(from),
        width: plot.atX((bin + 1) / BINS) - 1 - x,
        height: plot.atY(to) - plot.atY(from),
      });
    }));
  const fog = svg("rect", { class: "fog", x: plot.atX(0), y: plot.atY(top), height: plot.atY(-top) - plot.atY(top) });
  plot.node.append(
    ...bars,
    svg("path", { class: "middle", d: `M${plot.atX(0)},${plot.atY(0)}H${plot.atX(1)}` }),
    fog,
    svg("text", { class: "kind", x: plot.atX(0) + 6, y: plot.atY(top) + 16 }, "right"),
    svg("text", { class: "kind", x: plot.atX(0) + 6, y: plot.atY(-top) - 8 }, "wrong"),
  );

  // ---- numbers and images

  const rows = ["answered", "refused"].map((name) => {
    const cells = Array.from({ length: 4 }, () => element("td"));
    return { cells, node: element("tr", {}, element("th", { scope: "row" }, name), ...cells) };
  });
  const heads = ["images", "right", "wrong", "share wrong"].map((name) => element("th", { scope: "col" }, name));
  const table = element(
    "table",
    {},
    element("caption", { class: "unseen" }, "Answered and refused"),
    element("thead", {}, element("tr", {}, element("td"), ...heads)),
    element("tbody", {}, ...rows.map(({ node }) => node)),
  );
  const accuracy = element("p");
  const cost = element("p");
  const beside = ["Just above the threshold: answered", "Just below: refused"].map((name) => {
    const list = element("ul");
    return { list, node: element("div", {}, element("p", { class: "hint" }, name), list) };
  });

  function item(place) {
    const [label, answer, confidence] = data.images[place];
    const canvas = picture(data.width, data.height, aDigit(label));
    draw(canvas, place);
    const isWrong = label !== answer;
    const words = [`read ${answer}`, isWrong ? `label ${label}` : "right", `${(confidence / 100).toFixed(2)}%`];
    return element("li", { class: isWrong && "wrong" }, canvas, ...words.map((word) => element("span", {}, word)));
  }

  function show(at) {
    const threshold = thresholds[at];
    const split = [counts[at].slice(0, 2), counts[at].slice(2)];
    split.forEach(([right, wrong], i) => {
      const texts = [text(right + wrong), text(right), text(wrong), share(wrong, right + wrong)];
      texts.forEach((cell, j) => (rows[i].cells[j].textContent = cell));
    });
    const [[good, bad], refused] = split;
    const answered = good + bad;
    const p = good / answered;
    const error = 100 * Math.sqrt((p * (1 - p)) / answered);
    accuracy.textContent =
      `Answers ${share(answered, total)}; of these ${share(good, answered, 2)} are right` +
      (answered ? ` (standard error ${error.toFixed(2)}).` : ".");
    const asked = refused[0] + refused[1];
    cost.replaceChildren(
      `${text(asked)} questions + ${price} × ${text(bad)} wrong answers: cost `,
      element("strong", {}, text(asked + price * bad)),
    );
    fog.setAttribute("width", plot.atX(threshold) - plot.atX(0));
    plot.mark(threshold);
    plot.node.setAttribute("aria-label",
      `Right answers upward, wrong ones downward, over their confidence; below ${threshold} they are refused.`);
    const first = data.firsts[at];
    const places = (from, to) => data.images.slice(Math.max(from, 0), to).map((_, i) => Math.max(from, 0) + i);
    beside[0].list.replaceChildren(...places(first, first + data.beside).map(item));
    beside[1].list.replaceChildren(...places(first - data.beside, first).reverse().map(item));
    beside[1].node.hidden = first === 0;
  }

  function tell(at) {
    show(at);
    say(`${accuracy.textContent} ${share(counts[at][3], counts[at][2] + counts[at][3])} of the refused are wrong. ${cost.textContent}.`);
  }

  const control = slider(
    "threshold", { min: 0, max: thresholds.length - 1, value: START, format: (at) => String(thresholds[at]) }, tell);
  dragAlong(plot, 0, 1, (x) => {
    const distances = thresholds.map((threshold) => Math.abs(threshold - x));
    control.set(distances.indexOf(Math.min(...distances)));
    tell(Number(control.input.value));
  });

  root.classList.add("threshold");
  root.append(
    element("p", { class: "title" }, "Drag the threshold: what lies left of it goes to a person"),
    element(
      "div",
      { class: "halves" },
      element("div", {}, plot.node, control.node),
      element("div", { class: "side" }, table, accuracy, cost, ...beside.map(({ node }) => node)),
    ),
    live,
  );
  show(START);
});
