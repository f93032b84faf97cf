/* Goes from pair to pair of a NeighborPairs: the judging image, and the one that decided. */

liveFigure("neighbor-pairs", async (root, data) => {
  const { splits } = data;
  const draw = await openSprite(data);
  let [split, onlyCopies, at] = [splits[0], false, 0];

  const side = (title) => {
    const canvas = picture(4 * data.width, 4 * data.height);
    const caption = element("figcaption");
    return { canvas, caption, node: element("figure", {}, element("p", { class: "hint" }, title), canvas, caption) };
  };
  const [judged, decided] = [side("an image that judges"), side("nearest training image")];
  const verdict = element("p", { class: "verdict" });
  const place = element("span", { class: "place" });
  const previous = button("Previous", () => go(-1));
  const next = button("Next", () => go(1));
  const { node: live, say } = liveRegion();
  const order = choice("Order:", splits.map(({ name }) => [name, name]), split.name, (name) => {
    split = splits.find((other) => other.name === name);
    at = 0;
    update();
  });
  const box = element("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    onlyCopies = box.checked;
    at = 0;
    update();
  });

  /** The places, in the figure's list, of the pairs to go through. */
  const pairs = () => split.pairs.map((_, i) => i).filter((i) => !onlyCopies || split.pairs[i][2]);

  function go(step) {
    const { length } = pairs();
    at = (at + step + length) % length;
    update();
  }

  function update() {
    const list = pairs();
    for (const node of [previous, next]) enable(node, list.length > 1);
    const none = !list.length;
    for (const { node } of [judged, decided]) node.hidden = none;
    place.textContent = none ? "no pair" : `${at + 1} of ${list.length}`;
    if (none) {
      verdict.textContent = "No image here is decided by a copy of itself.";
      return say(verdict.textContent);
    }
    const [label, answer, copy, distance] = split.pairs[list[at]];
    const first = splits.slice(0, splits.indexOf(split)).reduce((sum, { pairs }) => sum + pairs.length, 0);
    [judged, decided].forEach(({ canvas, caption }, i) => {
      draw(canvas, 2 * (first + list[at]) + i);
      caption.textContent = `label ${i ? answer : label}`;
      canvas.setAttribute("aria-label", `${i ? "training" : "judging"} image, ${caption.textContent}`);
    });
    verdict.replaceChildren(
      element("b", {}, copy ? "A copy of the same image" : "Another image"),
      `, at distance ${distance.toFixed(2)}. Read as ${answer}: ${answer === label ? "right" : "wrong"}.`,
    );
    say(`Pair ${place.textContent}: ${aDigit(label)}. ${verdict.textContent}`);
  }

  const cells = (tag, texts, scope) =>
    texts.map((text, i) => element(i && tag === "td" ? "td" : "th", { scope: i && tag === "td" ? false : scope }, text));
  const share = (part, whole) => `${part} of ${whole}`;
  const counts = element(
    "table",
    {},
    element("caption", { class: "hint" }, "All images that judge"),
    element("thead", {}, element("tr", {}, ...cells("th", ["order", "decided by a copy", "read right"], "col"))),
    element("tbody", {}, ...splits.map(({ name, judged, copies, right }) =>
      element("tr", {}, ...cells("td", [name, share(copies, judged), share(right, judged)], "row")))),
  );
  root.append(
    element("p", { class: "title" }, "Who has seen whom?"),
    order.node,
    element("label", { class: "check" }, box, element("span", {}, "only those decided by a copy of the same image")),
    element("div", { class: "pair" }, judged.node, decided.node),
    verdict,
    element("div", { class: "controls" }, previous, place, next),
    counts,
    live,
  );
  update();
});
