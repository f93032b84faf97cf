/* The wall of a MistakeWall: filters, an order, and the ten bars of the mistake that is touched. */

liveFigure("mistake-wall", async (root, data) => {
  const draw = await openSprite(data);
  const { width, height, total } = data;
  const mistakes = data.mistakes.map(([index, label, parts], place) => {
    const read = parts.indexOf(Math.max(...parts));
    return { index, label, parts, read, place, sure: parts[read] / 10000 };
  });
  const { node: live, say } = liveRegion();
  const heading = element("p", { class: "title" }, `${mistakes.length.toLocaleString("en")} mistakes among ${total.toLocaleString("en")} images`);
  if (!mistakes.length) return root.append(heading);
  const digits = mistakes[0].parts.map((_, digit) => digit);

  /** A list to choose from: {node, value}; the values are texts. */
  function list(name, options, change) {
    const id = `list-${ids++}`;
    const select = element("select", { id }, ...options.map(([value, text]) => element("option", { value }, text)));
    select.addEventListener("change", change);
    return { node: element("span", { class: "list" }, element("label", { for: id }, name), select), select };
  }
  const any = (counted) => [
    ["", "any"],
    ...digits.map((digit) => [digit, `${digit} (${mistakes.filter((one) => one[counted] === digit).length})`]),
  ];
  const label = list("label", any("label"), update);
  const read = list("read as", any("read"), update);
  const ORDERS = {
    surest: ["surest first", (a, b) => a.place - b.place],
    doubtful: ["least sure first", (a, b) => b.place - a.place],
    label: ["by label", (a, b) => a.label - b.label || a.place - b.place],
  };
  const order = list("order", Object.entries(ORDERS).map(([value, [text]]) => [value, text]), update);

  const buttons = mistakes.map((one) => {
    const canvas = element("canvas", { width, height });
    draw(canvas, one.place);
    const name = `image ${one.index}: ${aDigit(one.label)} read as ${one.read}, ${percent(one.sure)} sure`;
    return button(canvas, null, { "aria-label": name, title: `label ${one.label}, read as ${one.read}` });
  });
  const wall = element("div", { class: "wall", role: "group", "aria-label": "the mistakes; arrow keys go from one to the next" });
  const count = element("p", { class: "hint" });
  const large = picture(4 * width, 4 * height);
  const said = element("p");
  const bars = digits.map((digit) => {
    const bar = element("span", { class: "bar" });
    const number = element("td", { class: "number" });
    const mark = element("td", { class: "mark" });
    const row = element("tr", {}, element("th", { scope: "row" }, String(digit)), element("td", { class: "track" }, bar), number, mark);
    return { row, bar, number, mark };
  });
  const table = element("table", {}, element("caption", { class: "unseen" }, "Ten probabilities"), element("tbody", {}, ...bars.map(({ row }) => row)));
  let shown = mistakes;
  let chosen = null;

  function choose(one) {
    chosen = one;
    buttons.forEach((node, place) => {
      node.setAttribute("aria-pressed", place === one.place);
      node.tabIndex = place === one.place ? 0 : -1; // the wall is one stop of the Tab key
    });
    draw(large, one.place);
    const text = `Image ${one.index}, ${aDigit(one.label)}, was read as ${one.read}.`;
    large.setAttribute("aria-label", text);
    said.textContent = text;
    bars.forEach(({ row, bar, number, mark }, digit) => {
      const share = one.parts[digit] / 10000;
      bar.style.width = `${100 * share}%`;
      number.textContent = percent(share);
      mark.textContent = digit === one.read ? "read" : digit === one.label ? "label" : "";
      row.className = mark.textContent;
    });
    say(`${text} ${percent(one.sure)} for ${one.read}, ${percent(one.parts[one.label] / 10000)} for ${one.label}.`);
  }

  function update() {
    const fits = ({ select }, value) => select.value === "" || Number(select.value) === value;
    shown = mistakes.filter((one) => fits(label, one.label) && fits(read, one.read));
    shown.sort(ORDERS[order.select.value][1]);
    wall.replaceChildren(...shown.map(({ place }) => buttons[place]));
    const pictures = shown.length === 1 ? "1 mistake" : `${shown.length} mistakes`;
    count.textContent = shown.length ? `${pictures}, ${ORDERS[order.select.value][0]}` : "No mistake of this kind.";
    if (shown.length) choose(shown[0]);
    say(count.textContent);
  }

  wall.addEventListener("click", (event) => {
    const node = event.target.closest("button");
    if (node) choose(mistakes[buttons.indexOf(node)]);
  });
  wall.addEventListener("keydown", (event) => {
    const columns = getComputedStyle(wall).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault(); // the page stays where it is
    const next = shown[shown.indexOf(chosen) + steps[event.key]];
    if (!next) return;
    choose(next);
    buttons[next.place].focus();
  });
  root.append(
    heading,
    element("div", { class: "controls" }, label.node, read.node, order.node),
    count,
    element("div", { class: "sides" }, wall, element("div", { class: "detail" }, large, said, table)),
    live,
  );
  update();
});
