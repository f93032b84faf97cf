/* A slider over the batches of the runs of SilentNeurons, and a look at any output. */

liveFigure("silent-neurons", (root, data) => {
  const CELL = 12; // dots of the canvas for an output
  const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const NO_NUMBER = [213, 94, 0];
  const { moments, images, neurons, labels } = data;
  let moment = 0;
  let looked = null; // {run, row, column}: the output that is looked at
  const { node: live, say } = liveRegion();
  const about = (value) => (Number.isNaN(value) ? "not a number" : value === 0 ? "0" : Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3, notation: value >= 1e6 ? "scientific" : "standard" }));

  const runs = data.runs.map(({ name, active, outputs }) => {
    const values = numbers(outputs);
    const canvas = element("canvas", {
      width: CELL * neurons, height: CELL * images, tabindex: 0, role: "application",
      "aria-label": `${name}: outputs, a row for each of ${images} images, a column for each of ${neurons} neurons; arrow keys look at one`,
    });
    const caption = element("figcaption");
    const run = { name, active, values, canvas, caption };
    const look = (row, column) => {
      looked = { run, row: Math.min(Math.max(row, 0), images - 1), column: Math.min(Math.max(column, 0), neurons - 1) };
      update();
    };
    const point = (event) => {
      const box = canvas.getBoundingClientRect();
      look(
        Math.floor(((event.clientY - box.top) / box.height) * images),
        Math.floor(((event.clientX - box.left) / box.width) * neurons),
      );
    };
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in ARROWS) || event.ctrlKey || event.altKey || event.metaKey) return;
      const [down, right] = ARROWS[event.key];
      if (looked?.run === run) look(looked.row + down, looked.column + right);
      else look(0, 0);
      event.preventDefault(); // the page stays where it is
    });
    return run;
  });

  const output = ({ values }, row, column) => values[(moment * images + row) * neurons + column];
  const plot = linePlot({
    x: { label: "batches", domain: [0, Math.max(moments - 1, 1)], ticks: [0, Math.floor((moments - 1) / 2), moments - 1] },
    y: { label: "active neurons", domain: [0, neurons], ticks: [0, neurons / 2, neurons] },
    label: `Active neurons after each batch. ${data.runs.map(({ name, active }) => `${name}: from ${active[0]} to ${active.at(-1)}`).join("; ")}.`,
  });
  const detail = element("p", { class: "detail" });

  function update() {
    for (const run of runs) {
      const now = run.values.subarray(moment * images * neurons, (moment + 1) * images * neurons);
      const largest = now.reduce((most, value) => (value > most ? value : most), 0);
      const context = paintCells(run.canvas, neurons, (x, y) => {
        const value = output(run, y, x);
        if (Number.isNaN(value)) return NO_NUMBER;
        return value === 0 ? SILENT : mix([70, 78, 88], ACTIVE, Math.sqrt(value / largest));
      }, images);
      if (looked?.run === run) {
        context.strokeStyle = "#ffffff";
        context.lineWidth = 2;
        context.strokeRect(looked.column * CELL + 1, looked.row * CELL + 1, CELL - 2, CELL - 2);
      }
      const nothing = now.some(Number.isNaN) ? "the loss has overflowed" : `largest output ${about(largest)}`;
      run.caption.replaceChildren(
        element("b", {}, run.name),
        `: ${run.active[moment]} of ${neurons} neurons answer; ${nothing}`,
      );
    }
    plot.mark(moment);
    if (looked) {
      const { run, row, column } = looked;
      detail.textContent = `${run.name}, ${aDigit(labels[row])}, neuron ${column}: ${about(output(run, row, column))}`;
    } else detail.textContent = "Touch a square to read its number.";
    const heard = runs.map(({ name, active }) => `${name}: ${active[moment]} of ${neurons} neurons answer`);
    say(looked?.run.canvas.matches(":focus") ? detail.textContent : `After ${moment} batches, ${heard.join("; ")}`);
  }

  const move = slider("batches", { min: 0, max: moments - 1, value: 0 }, (value) => {
    moment = value;
    update();
  });
  runs.forEach(({ active }, i) => plot.line(i, active.map((count, batch) => [batch, count])));
  const legend = element("ul", { class: "legend" }, ...runs.map(({ name }, i) => element("li", { class: `line-${i}` }, name)));
  root.append(
    element("p", { class: "title" }, "Which neurons answer?"),
    move.node,
    ...runs.map(({ canvas, caption }) => element("figure", {}, caption, canvas)),
    detail,
    element("p", { class: "hint" }, "Rows are images, columns neurons. Dark is exactly 0; the largest output of the moment is the brightest."),
    plot.node,
    legend,
    live,
  );
  update();
});
