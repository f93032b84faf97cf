/* The rungs of an AccuracyLadder: press one, and see what it reads and what it misreads. */

liveFigure("accuracy-ladder", async (root, data) => {
  const draw = await openSprite(data);
  const { width, height, labels, rungs, total } = data;
  const { node: live, say } = liveRegion();
  const status = element("p", { class: "hint" });
  const cells = labels.map((_, place) => {
    const canvas = picture(width, height);
    draw(canvas, place);
    const answer = element("span", { "aria-hidden": "true" });
    return { canvas, answer, node: element("li", {}, canvas, answer) };
  });
  const steps = rungs.map((rung) => {
    const bar = element("span", { class: "bar" });
    bar.style.width = `${100 * rung.accuracy}%`;
    const name = `${rung.name}: ${percent(rung.accuracy)}`;
    const node = button(element("span", { class: "name" }, rung.name), () => show(rung), { "aria-label": name });
    node.append(element("span", { class: "track" }, bar), element("span", { class: "number" }, percent(rung.accuracy)));
    return node;
  });

  function show(rung) {
    steps.forEach((node, i) => node.setAttribute("aria-pressed", rungs[i] === rung));
    cells.forEach(({ canvas, answer, node }, i) => {
      const wrong = rung.answers[i] !== labels[i];
      node.className = wrong ? "wrong" : "";
      answer.textContent = wrong ? rung.answers[i] : "";
      canvas.setAttribute("aria-label", wrong ? `${aDigit(labels[i])} read as ${rung.answers[i]}` : `${aDigit(labels[i])}, read right`);
    });
    const wrong = cells.filter((_, i) => rung.answers[i] !== labels[i]).length;
    status.textContent =
      `${rung.name}: ${percent(rung.accuracy)}, ${rung.wrong.toLocaleString("en")} of ${total.toLocaleString("en")} images misread, ` +
      `${wrong} of the ${cells.length} below. Under a framed one stands what was read.`;
    say(status.textContent);
  }

  root.append(
    element("p", { class: "title" }, "Rung by rung"),
    // the highest rung stands on top
    element("div", { class: "rungs", role: "group", "aria-label": "ways to read" }, ...[...steps].reverse()),
    status,
    element("ul", { class: "shown" }, ...cells.map(({ node }) => node)),
    live,
  );
  show(rungs[0]);
});
