/* Moves the pixels of a PixelShuffle between their places and their shuffled ones. */

liveFigure("pixel-shuffle", async (root, data) => {
  const SCALE = 8; // dots of the canvas for a pixel
  const { width, height, labels, order } = data;
  const draw = await openSprite(data);
  const plain = element("canvas", { width, height });
  const canvas = picture(SCALE * width, SCALE * height);
  const context = canvas.getContext("2d");
  let [image, part, named] = [0, 100, false];
  const { node: live, say } = liveRegion();

  const update = eachFrame(() => {
    draw(plain, image);
    const pixels = plain.getContext("2d").getImageData(0, 0, width, height).data;
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    // place `to` of the shuffled image is place `from` of the plain one; ink last, on top
    const moves = order.map((from, to) => ({ from, to, level: pixels[4 * from] }));
    const between = (from, to) => from + ((to - from) * part) / 100;
    for (const { from, to, level } of moves.sort((a, b) => b.level - a.level)) {
      if (level === 255) continue;
      const x = between(from % width, to % width);
      const y = between(Math.floor(from / width), Math.floor(to / width));
      context.fillStyle = css(gray(level));
      context.fillRect(SCALE * x, SCALE * y, SCALE, SCALE);
    }
    const state = part === 0 ? "all pixels in their places" : part === 100 ? "all pixels shuffled" : "pixels on their way";
    const what = named || part === 0 ? `${aDigit(labels[image])}` : "a digit";
    canvas.setAttribute("aria-label", `${what}, ${state}`);
    answer.textContent = named ? `It is ${aDigit(labels[image])}.` : "";
    say(`${what}, ${state}`);
  });

  const move = slider("shuffled", { min: 0, max: 100, value: part, format: (value) => `${value}%` }, (value) => {
    part = value;
    update();
  });
  const answer = element("span", { class: "answer" });
  const tell = button("Which digit is it?", () => {
    named = true;
    update();
  });
  const next = button("Next image", () => {
    image = (image + 1) % labels.length;
    named = false;
    update();
  });
  root.append(
    element("p", { class: "title" }, "The same ink, in other places"),
    element("div", { class: "stage" }, canvas),
    move.node,
    element("div", { class: "controls" }, next, tell, answer),
    live,
  );
  update();
});
