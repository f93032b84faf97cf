/* Point at a pixel of real digits: row, column, number, and place in the vector. */

liveFigure("pixel-view", (root, { rows, columns, labels, pixels }, host) => {
  const AROUND = 2; // rows and columns on each side in the table of numbers
  const size = rows * columns;
  const all = fromBase64(pixels);
  let [image, row, column] = [0, 0, 0];

  const status = liveRegion();
  const where = element("p", { class: "where" });
  const place = element("p");
  const near = element("table", { "aria-hidden": "true" }); // the status line reads out one
  const strip = picture(size, 1, "All pixels in one line, row after row, and where this one is");
  const mark = element("span", { class: "mark" });
  const grid = pixelGrid("The image", rows, columns, (down, across) => {
    [row, column] = [down, across];
    update();
  });
  const chosen = slider(
    "Image",
    { min: 0, max: labels.length - 1, value: 0, format: (i) => `${i}: ${aDigit(labels[i])}` },
    (now) => {
      image = now;
      show();
    },
  );
  root.append(
    element("p", { class: "title" }, "Point at a pixel"),
    element(
      "div",
      { class: "sides" },
      element("div", {}, grid.node, labels.length > 1 ? chosen.node : ""),
      element("div", { class: "told" }, where, near, place,
        element("div", { class: "strip" }, strip, mark)),
    ),
    element("p", { class: "hint" },
      "Mouse or finger; by keyboard, the arrow keys. Rows and columns are counted from 0."),
    status.node,
  );

  const levels = () => all.subarray(image * size, (image + 1) * size);

  function show() {
    const shown = levels();
    grid.show(shown);
    paintCells(strip, size, (x) => gray(255 - shown[x]), 1);
    update();
  }

  function update() {
    const shown = levels();
    const at = row * columns + column;
    where.textContent = `Row ${row}, column ${column}: ${shown[at]}`;
    place.textContent = `Place in the line of ${size}: ${row} · ${columns} + ${column} = ${at}`;
    mark.style.left = `${((at + 0.5) / size) * 100}%`;
    near.replaceChildren(
      ...Array.from({ length: 2 * AROUND + 1 }, (_, i) =>
        element("tr", {}, ...Array.from({ length: 2 * AROUND + 1 }, (_, j) => {
          const [y, x] = [row + i - AROUND, column + j - AROUND];
          if (y < 0 || x < 0 || y >= rows || x >= columns) return element("td");
          const level = shown[y * columns + x];
          const cell = element("td", { class: i === AROUND && j === AROUND ? "here" : "" }, `${level}`);
          cell.style.background = css(gray(255 - level));
          cell.style.color = level > 137 ? "#fff" : "#000";
          return cell;
        })),
      ),
    );
    status.say(`${where.textContent}. ${place.textContent}`);
  }

  const ink = all.subarray(0, size);
  const darkest = ink.indexOf(Math.max(...ink));
  show();
  grid.move(Math.floor(darkest / columns), darkest % columns);
  host.pixelView = { image: () => image, at: () => [row, column] };
});
