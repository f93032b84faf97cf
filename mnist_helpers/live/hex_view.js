/* A hex view of the head of a file: touch a byte, read it, break it.

   `idxError` says what read_idx in idx.py says; the two must stay in step, and a test holds them. */

const IDX_TYPES = new Map([
  [0x08, ["uint8", 1]], [0x09, ["int8", 1]], [0x0b, ["int16", 2]], [0x0c, ["int32", 4]],
  [0x0d, ["float32", 4]], [0x0e, ["float64", 8]],
]);
const hex = (byte) => byte.toString(16).padStart(2, "0");

/** Four bytes as a number. */
const bigEndian = ([a, b, c, d]) => ((a * 256 + b) * 256 + c) * 256 + d;

/** A shape as Python writes it. */
const tuple = (sizes) => `(${sizes.join(", ")}${sizes.length === 1 ? "," : ""})`;

/** What read_idx says to a file of `length` bytes that begins with `head`: {error} or {found}.

    `head` is a whole header at least, in which one byte may be wrong. */
function idxAnswer(head, length, name) {
  const error = (expected, found, advice) => ({
    error: `${name}: expected ${expected}, found ${found}; ${advice}`,
  });
  const again = "delete the file and download it again";
  const right = "check that this is the right file";
  if (head[0] === 0x3c) {
    const found = "a web page: the download host probably answered with an error page";
    return error("an IDX file", found, again);
  }
  if (head[0] || head[1]) return error("the first two bytes 00 00", `${hex(head[0])} ${hex(head[1])}`, right);
  if (!IDX_TYPES.has(head[2])) {
    const codes = [...IDX_TYPES.keys()].map(hex).join(" ");
    return error(`a third byte that is the code of a type (${codes})`, hex(head[2]), right);
  }
  const [type, bytes] = IDX_TYPES.get(head[2]);
  const dimensions = head[3];
  const start = 4 + 4 * dimensions;
  if (length < start) {
    return error(`a header of ${start} bytes for ${dimensions} dimensions`, length, again);
  }
  const sizes = Array.from({ length: dimensions }, (_, i) => bigEndian(head.slice(4 + 4 * i, 8 + 4 * i)));
  const shape = `shape ${tuple(sizes)} of ${type}`;
  // of any size: a damaged header can promise more than a float holds to the last digit
  const size = sizes.reduce((product, next) => product * BigInt(next), BigInt(bytes));
  const found = BigInt(length - start);
  if (found === size) return { found: shape };
  const expected = `${size.toLocaleString("en")} bytes after the header, for ${shape}`;
  const what = found < size ? found.toLocaleString("en") : `more than ${size.toLocaleString("en")}`;
  return error(expected, what, again);
}

liveFigure("hex-view", (root, data, host) => {
  const { name, length, shown, shape, fields } = data;
  const good = fromBase64(data.head);
  const bytes = good.slice();
  const start = fields.at(-1)[1]; // of the values
  let at = 0;
  let order = "big";

  // ---- what a byte means

  const fieldOf = (place) => fields.find(([from, to]) => place >= from && place < to);

  function meaning(place) {
    const field = fieldOf(place);
    if (field) return field[2];
    let rest = place - start;
    if (shape.length !== 3) return `value ${rest}`;
    const [, rows, columns] = shape;
    const [image, row] = [Math.floor(rest / (rows * columns)), Math.floor(rest / columns) % rows];
    return `pixel: image ${image}, row ${row}, column ${rest % columns}`;
  }

  function arithmetic(place) {
    const field = fieldOf(place);
    if (!field || field[1] - field[0] !== 4) return "";
    const four = [...bytes.slice(field[0], field[1])];
    if (order === "little") four.reverse();
    const terms = four.map((byte, i) => byte && `${byte}${["·256³", "·256²", "·256", ""][i]}`);
    const sum = terms.filter(Boolean).join(" + ") || "0";
    return `${order}-endian: ${sum} = ${bigEndian(four).toLocaleString("en")}`;
  }

  // ---- what stands on the page

  const status = liveRegion();
  const cells = Array.from({ length: shown }, (_, place) =>
    element("span", { role: "option", id: `byte-${place}`, class: fieldOf(place) ? `field field-${fields.indexOf(fieldOf(place)) % 2}` : "" }));
  const list = element(
    "div",
    {
      class: "bytes", role: "listbox", tabindex: 0,
      "aria-label": `The first ${shown} bytes of ${name}. Arrow keys move from byte to byte.`,
    },
    ...cells,
  );
  const title = element("p", { class: "where" });
  const told = element("p", { class: "meaning" });
  const sum = element("p", { class: "sum" });
  const orders = choice(
    "Read the sizes:",
    [["big", "big-endian"], ["little", "little-endian"]],
    order,
    (now) => {
      order = now;
      update();
    },
  );
  const sizesRead = element("p", { class: "sizes" });
  const value = slider("Change it", { min: 0, max: 255, value: 0, format: (byte) => `${hex(byte)} = ${byte}` }, change);
  const mend = button("Mend", () => {
    bytes.set(good);
    update();
  });
  const verdict = element("p", { class: "verdict" });
  root.append(
    element("p", { class: "title" }, `The first ${shown} bytes of ${name}`),
    element(
      "div",
      { class: "sides" },
      list,
      element(
        "div",
        { class: "told" },
        title, told, sum,
        element("div", { class: "orders" }, orders.node, sizesRead),
        element("div", { class: "break" }, value.node, mend),
        element("p", { class: "hint" }, "What read_idx says:"),
        verdict,
      ),
    ),
    element("p", { class: "hint" },
      "Touch a byte, or use the arrow keys. A number counts bytes from 0; one byte at a time can be changed."),
    status.node,
  );

  // ---- what the reader does

  function choose(place) {
    at = Math.min(Math.max(place, 0), shown - 1);
    update();
    const [cell, box] = [cells[at].getBoundingClientRect(), list.getBoundingClientRect()];
    // not scrollIntoView, which would move the page too
    if (cell.top < box.top) list.scrollTop -= box.top - cell.top + 4;
    if (cell.bottom > box.bottom) list.scrollTop += cell.bottom - box.bottom + 4;
  }

  function change(byte) {
    bytes.set(good); // one broken byte at a time
    bytes[at] = byte;
    update();
  }

  list.addEventListener("click", (event) => {
    const place = cells.indexOf(event.target);
    if (place >= 0) choose(place);
  });
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const across = getComputedStyle(list).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -at, End: shown };
    if (!(event.key in steps)) return;
    event.preventDefault(); // the page stays where it is
    const next = at + steps[event.key];
    if (next >= 0 && next < shown || event.key === "End") choose(next);
  });

  function update() {
    const field = fieldOf(at);
    cells.forEach((cell, place) => {
      const byte = bytes[place];
      const broken = byte !== good[place];
      cell.textContent = hex(byte);
      cell.setAttribute("aria-label", `byte ${place}: ${hex(byte)}${broken ? ", changed" : ""}`);
      cell.setAttribute("aria-selected", place === at);
      cell.classList.toggle("same", field !== undefined && fieldOf(place) === field);
      cell.classList.toggle("broken", broken);
      if (!fieldOf(place) && shape.length === 3) {
        cell.style.background = css(gray(255 - byte));
        cell.style.color = byte > 137 ? "#fff" : "#000";
      }
    });
    list.setAttribute("aria-activedescendant", cells[at].id);
    const byte = bytes[at];
    const [high, low] = [Math.floor(byte / 16), byte % 16];
    title.textContent = `Byte ${at}: ${hex(byte)} = ${high} · 16 + ${low} = ${byte}`;
    told.textContent = `Meaning: ${meaning(at)}`;
    sum.textContent = arithmetic(at);
    const read = fields.slice(3).map(([from, to]) => {
      const four = [...bytes.slice(from, to)];
      return bigEndian(order === "big" ? four : four.reverse()).toLocaleString("en");
    });
    sizesRead.textContent = `All sizes, read so: ${read.join(" × ")}`;
    value.set(byte);
    value.input.setAttribute("aria-label", `Change byte ${at}`);
    enable(mend, bytes.some((now, i) => now !== good[i]));
    const { error, found } = idxAnswer(bytes, length, name);
    verdict.textContent = error ? `IdxError: ${error}` : `No error: ${found}`;
    verdict.classList.toggle("error", Boolean(error));
    if (!error && bytes.some((now, i) => now !== good[i])) {
      verdict.textContent += ". Nothing in the file tells that a byte has changed.";
    }
    status.say(`${title.textContent}. ${told.textContent}. ${sum.textContent} ${verdict.textContent}`);
  }

  choose(0);
  host.hexView = {
    answer: (place, byte) => {
      const changed = good.slice();
      changed[place] = byte;
      return idxAnswer(changed, length, name);
    },
  };
});
