/* The means of more and more images of each digit, and what the nearest mean reads. */

liveFigure("pixel-fog", (root, { rows, columns, counts, sizes, accuracies, means }, host) => {
  const size = rows * columns;
  const all = fromBase64(means);
  const last = counts.length - 1;
  let [step, digit, row, column] = [0, 5, Math.floor(rows / 2), Math.floor(columns / 2)];

  const levels = (which) => all.subarray((step * 10 + which) * size, (step * 10 + which + 1) * size);
  const thousands = (number) => number.toLocaleString("en");
  const howMany = (i) => (counts[i] === null ? "all" : thousands(counts[i]));

  const status = liveRegion();
  const about = element("p", { class: "about" });
  const where = element("p");
  const reads = element("p", { class: "reads" });
  const grid = pixelGrid("The mean", rows, columns, (down, across) => {
    [row, column] = [down, across];
    tell();
  });
  const small = Array.from({ length: 10 }, (_, which) => {
    const canvas = element("canvas", { width: columns, height: rows, "aria-hidden": "true" });
    const node = button("", () => choose(which), { "aria-label": `Mean of the ${which}s` });
    node.append(canvas);
    return { canvas, node };
  });
  const fog = slider("Images", { min: 0, max: last, value: 0, format: howMany }, (now) => {
    step = now;
    update();
  });
  const plot =
    accuracies &&
    linePlot({
      width: 290, // as wide as on a phone, so that its text stays large enough there
      x: {
        label: "images in each mean",
        domain: [0, last],
        ticks: counts.map((_, i) => i),
        format: (i) => howMany(i).replace(",000", "k"),
      },
      y: {
        label: "test images read",
        domain: [0, 1],
        ticks: [0, 0.25, 0.5, 0.75, 1],
        format: (share) => `${100 * share}%`,
      },
      label: "Test images that the nearest mean reads right, by the number of images in each mean: "
        + accuracies.map((share, i) => `${howMany(i)}: ${percent(share)}`).join(", "),
    });
  root.append(
    element("p", { class: "title" }, "Put more and more images on top of each other"),
    fog.node,
    element(
      "div",
      { class: "sides" },
      element("div", {}, grid.node, about, where),
      element(
        "div",
        {},
        element("div", { class: "small", role: "group", "aria-label": "Digit" },
          ...small.map(({ node }) => node)),
        ...(plot ? [reads, plot.node] : []),
      ),
    ),
    status.node,
  );

  function choose(which) {
    digit = which;
    update();
  }

  function tell() {
    const at = row * columns + column;
    where.textContent =
      `Row ${row}, column ${column}, place ${at}: ${levels(digit)[at]}`;
    status.say(`${about.textContent} ${where.textContent}. ${plot ? reads.textContent : ""}`);
  }

  function update() {
    grid.show(levels(digit));
    small.forEach(({ canvas, node }, which) => {
      const shown = levels(which);
      paintCells(canvas, columns, (x, y) => gray(255 - shown[y * columns + x]), rows);
      node.setAttribute("aria-pressed", which === digit);
    });
    const count = counts[step] ?? sizes[digit];
    about.textContent =
      count === 1 ? `The first ${digit}.` : `The mean of the first ${thousands(count)} ${digit}s.`;
    if (counts[step] === null) about.textContent = `The mean of all ${thousands(count)} ${digit}s.`;
    if (plot) {
      reads.textContent = `The nearest of these ten reads ${percent(accuracies[step])} of the test images.`;
      plot.mark(step);
      plot.dot(0, step, accuracies[step]);
    }
    tell();
  }

  plot?.line(0, accuracies.map((share, i) => [i, share]));
  grid.show(levels(digit));
  grid.move(row, column);
  update();
  host.pixelFog = { mean: () => [...levels(digit)], step: () => step };
});
