/* Bytes as gray squares, cut into rows: from which byte on, and how many to a row. */

liveFigure("byte-picture", (root, data, host) => {
  const { rows, offsets, columns: [fewest, most], right } = data;
  const bytes = fromBase64(data.bytes);
  const cell = 10;
  let [offset, columns] = [0, 23];

  const status = liveRegion();
  const canvas = picture(most * cell, rows * cell);
  const about = element("p", { class: "about" });
  const draw = eachFrame(() => {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        context.fillStyle = css(gray(255 - bytes[offset + y * columns + x]));
        context.fillRect(x * cell, y * cell, cell, cell);
      }
    }
  });
  const first = slider("Begin at byte", { min: 0, max: offsets, value: offset }, (now) => {
    offset = now;
    update();
  });
  const across = slider("Bytes in a row", { min: fewest, max: most, value: columns }, (now) => {
    columns = now;
    update();
  });
  root.append(
    element("p", { class: "title" }, "What do these bytes show?"),
    canvas,
    first.node,
    across.node,
    about,
    status.node,
  );

  function update() {
    draw();
    const found = offset === right[0] && columns === right[1];
    const cut = `${rows} rows of ${columns} bytes, from byte ${offset} on. `;
    about.textContent =
      cut +
      (found
        ? "There it is: upright, whole, and with nothing else."
        : columns === right[1]
          ? "Upright, but not all in its place."
          : `Slanted: each row begins ${Math.abs(right[1] - columns)} bytes too ${columns < right[1] ? "early" : "late"}.`);
    canvas.setAttribute("aria-label", about.textContent);
    status.say(about.textContent);
  }

  update();
  host.bytePicture = { cut: () => [offset, columns] };
});
