/* Turns the cells of a ConfusionExplorer into buttons that show the pictures behind them, and
   switches between counts, shares, and networks. */

liveFigure("confusion", async (root, data, host) => {
  const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const SUREST = 10; // pictures that are shown while no cell is pressed

  /** Per mille as percent. Nearly sure is not sure: never 0% or 100% of what only rounds to it. */
  function roughly(perMille) {
    if (perMille > 994) return ">99%";
    if (perMille < 5) return "<1%";
    return `${Math.round(perMille / 10)}%`;
  }

  const table = host.querySelector("table").cloneNode(true);
  const caption = table.querySelector("caption");
  const cells = [...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
  const list = element("ul");
  const status = element("p", { class: "status" });
  const { node: live, say } = liveRegion();
  const draw = await openSprite(data);

  const networks = data.networks.map(({ errors, ...rest }) => ({
    ...rest,
    errors: errors.map(([place, answer, ofAnswer, ofLabel]) => {
      const [index, label] = data.pictures[place];
      return { place, index, label, answer, ofAnswer, ofLabel };
    }),
  }));

  // The darkest cell of a view is that of the largest number beside the diagonal, in any network.
  const most = data.views.map((_, view) =>
    Math.max(...networks.flatMap(({ texts }) =>
      texts[view].flatMap((row, label) => row.filter((_, answer) => answer !== label).map(Number)))) || 1);

  let view = 0;
  let network = networks[0];
  let open = null; // "label,answer" of the cell whose pictures are shown
  let buttons = []; // buttons[label][answer]: null where nothing opens
  let behind = new Map(); // cell -> its errors

  /** One line below a picture: a digit, its probability, and the same as a bar. */
  function probability(className, digit, perMille) {
    const line = element("span", { class: className }, `${digit}: ${roughly(perMille)}`);
    line.style.setProperty("--part", `${perMille / 10}%`);
    return line;
  }

  function misread({ index, label, answer, ofAnswer, ofLabel, place }) {
    const canvas = picture(data.width, data.height, `image ${index}, ${aDigit(label)} read as ${answer}`);
    canvas.title = `image ${index}`;
    draw(canvas, place);
    return element(
      "li",
      {},
      canvas,
      probability("answer", answer, ofAnswer),
      probability("label", label, ofLabel),
    );
  }

  /** The numbers of the view, as buttons where there are errors. */
  function fill() {
    const [name, about] = data.views[view];
    caption.replaceChildren(`${network.amount} `, element("strong", {}, about));
    behind = new Map();
    for (const error of network.errors) {
      const cell = `${error.label},${error.answer}`;
      behind.set(cell, [...(behind.get(cell) ?? []), error]);
    }
    if (!behind.has(open)) open = null;
    buttons = cells.map((row, label) =>
      row.map((cell, answer) => {
        const text = network.texts[view][label][answer];
        if (label !== answer) cell.style.setProperty("--share", Number(text) / most[view]);
        if (!behind.has(`${label},${answer}`)) {
          cell.replaceChildren(text);
          return null;
        }
        const unit = name === "counts" ? "" : "%";
        const opener = button(text, null, { "aria-label": `${text}${unit}: ${label} read as ${answer}` });
        cell.replaceChildren(opener);
        return opener;
      }));
    const all = buttons.flat().filter(Boolean);
    if (all.length) makeTabStop(all.find((one) => cellOf(one).join() === open) ?? all[0]);
    show();
  }

  /** The pictures behind the open cell, or, with none open, the surest errors of all. */
  function show() {
    for (const one of buttons.flat()) one?.setAttribute("aria-pressed", cellOf(one).join() === open);
    const shown = open ? behind.get(open) : network.errors.slice(0, SUREST);
    list.replaceChildren(...shown.map(misread));
    const total = network.errors.length.toLocaleString("en");
    let text = "No image is misread, so there is nothing to open.";
    if (open) {
      const [label, answer] = open.split(",");
      const count = shown.length === 1 ? "1 picture" : `${shown.length} pictures`;
      text =
        `${label} read as ${answer}: ${count}, the surest error first. ` +
        `Below each stand the probabilities of ${answer} (the answer) and ${label} (the label).`;
    } else if (shown.length) {
      text =
        "Press a number to see its pictures. " +
        `Until then, here are the surest of all ${total} errors, ` +
        "each with the probabilities of the answer and of the label.";
    }
    status.textContent = text;
  }

  function cellOf(one) {
    const row = buttons.findIndex((candidates) => candidates.includes(one));
    return [row, buttons[row].indexOf(one)];
  }

  /** The table is one stop of the Tab key: at the button that had the focus last. */
  function makeTabStop(one) {
    for (const other of buttons.flat()) if (other) other.tabIndex = other === one ? 0 : -1;
  }

  table.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (!pressed) return;
    makeTabStop(pressed);
    const cell = cellOf(pressed).join();
    open = cell === open ? null : cell;
    show();
    say(status.textContent);
  });

  table.addEventListener("keydown", (event) => {
    const from = event.target.closest("button");
    if (!from || !(event.key in ARROWS) || event.ctrlKey || event.altKey || event.metaKey) return;
    const [down, right] = ARROWS[event.key];
    let [row, column] = cellOf(from);
    let next = null;
    // over cells that do not open, to the next that does
    do {
      row += down;
      column += right;
      next = buttons[row]?.[column];
    } while (next === null);
    if (next) {
      makeTabStop(next);
      next.focus();
    }
    event.preventDefault(); // the page stays where it is
  });

  const change = () => {
    fill();
    say(caption.textContent);
  };
  const names = data.views.map(([name], i) => [i, name]);
  const controls = element("div", { class: "controls" }, choice("numbers", names, view, (chosen) => {
    view = chosen;
    change();
  }).node);
  if (networks.length > 1) {
    controls.append(choice("seed", networks.map((_, i) => [i, String(i)]), 0, (chosen) => {
      network = networks[chosen];
      change();
    }).node);
  }
  root.classList.add("explorer");
  root.append(controls, table, status, list, live);
  fill();
});
