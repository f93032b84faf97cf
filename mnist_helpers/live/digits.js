/** The gray levels of digits, from a sprite that digits.py has made.

    A PNG of 16 grays is read here rather than through a canvas: exactly, in small steps, and also
    where a browser blurs what is read from a canvas so that nobody can be recognized by it.

    @param {string} source  address of the PNG, or its base64, with "data:..." in front or without
    @param {number} count   of the digits
    @param {number} side    of a digit, in pixels
    @returns {Promise<Uint8Array>} count times side times side; 0 is the ground, 255 is ink */
async function readSprite(source, count, side = 28) {
  const file = await readSource(source);
  const view = new DataView(file.buffer);
  const demand = (holds) => {
    if (!holds) throw new Error("expected a sprite as mnist_helpers.live.digits makes it");
  };
  demand(file.length > 33 && view.getUint32(0) === 0x89504e47); // "\x89PNG"
  const [width, height, depth] = [view.getUint32(16), view.getUint32(20), file[24]];
  const columns = width / side;
  demand(depth === 4 && Number.isInteger(columns) && count <= columns * (height / side));

  const packed = [];
  for (let at = 8; at + 8 <= file.length; ) {
    // chunks: length, name, content, checksum
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x49444154) packed.push(file.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const pixels = new Uint8Array(count * side * side);
  // of a line: the kind of its filter, then two levels in each byte
  let [line, above] = [new Uint8Array(1 + width / 2), new Uint8Array(1 + width / 2)];
  let [filled, y] = [0, 0];
  for await (const bytes of inflate(packed, "deflate")) {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + line.length - filled);
      line.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < line.length) continue;
      unfilter(line, above);
      for (let x = 0; x < width; x++) {
        const digit = Math.floor(y / side) * columns + Math.floor(x / side);
        if (digit >= count) break;
        const level = (line[1 + (x >> 1)] >> (x % 2 ? 0 : 4)) & 15;
        pixels[(digit * side + (y % side)) * side + (x % side)] = 17 * level;
      }
      [line, above, filled, y] = [above, line, 0, y + 1];
    }
  }
  demand(y === height);
  return pixels;
}

/** Turn differences from bytes to the left and above into the bytes: PNG's specification, 9.2. */
function unfilter(line, above) {
  const kind = line[0];
  for (let i = 1; kind && i < line.length; i++) {
    const [left, up, corner] = i > 1 ? [line[i - 1], above[i], above[i - 1]] : [0, above[i], 0];
    if (kind === 1) line[i] += left;
    else if (kind === 2) line[i] += up;
    else if (kind === 3) line[i] += (left + up) >> 1;
    else {
      const [a, b, c] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
      line[i] += a <= b && a <= c ? left : b <= c ? up : corner;
    }
  }
}

async function readSource(source) {
  if (/[:.]/.test(source) && !source.startsWith("data:")) {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`${source}: expected digits, got ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }
  const base64 = source.slice(source.indexOf(",") + 1);
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Inflate pieces of a file, in steps of a few milliseconds between which the page goes on. */
async function* inflate(pieces, format) {
  const STEP = 1 << 14; // bytes that are inflated at a time
  const WORK = 8; // milliseconds without a break
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const write = async () => {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += STEP) {
        await writer.write(piece.subarray(at, at + STEP));
      }
    }
    await writer.close();
  };
  const written = write();
  written.catch(() => {}); // the reader fails, too
  let since = performance.now();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return written;
    yield value;
    if (performance.now() - since < WORK) continue;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }
}

/** Read one IDX file, gzipped or not: {name, shape, values}.

    @param {File} file  from a file picker, or a Blob with a name */
async function readIdx(file) {
  const { name } = file;
  let bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const parts = [];
    try {
      for await (const part of inflate([bytes], "gzip")) parts.push(part);
    } catch {
      throw new Error(`${name}: expected a whole gzip file, but it is cut off or damaged`);
    }
    bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  }
  const dimensions = bytes[3];
  if (bytes.length < 4 || bytes[0] || bytes[1] || bytes[2] !== 8 || dimensions < 1) {
    const found = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
    throw new Error(
      `${name}: expected an IDX file of bytes, which begins with 00 00 08 and the number of ` +
        `dimensions, found ${found.join(" ") || "nothing"}`,
    );
  }
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) {
    throw new Error(`${name}: expected ${header} bytes of header, found ${bytes.length} in all`);
  }
  const view = new DataView(bytes.buffer);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== header + size) {
    throw new Error(
      `${name}: expected ${shape.join(" × ")} = ${size} bytes after the header, ` +
        `found ${bytes.length - header}`,
    );
  }
  return { name, shape, values: bytes.subarray(header) };
}

/** The data of a Trainer from IDX files that a reader has picked: images and labels, or the four
    files of MNIST, of which the smaller pair is held out. Of one pair, the last sixth is.

    @param {Iterable<File>} files
    @returns {Promise<{pixels, labels, train}>} */
async function readMnist(files) {
  const read = [];
  for (const file of files) read.push(await readIdx(file));
  const bySize = (a, b) => b.shape[0] - a.shape[0];
  const images = read.filter(({ shape }) => shape.length === 3).sort(bySize);
  const labels = read.filter(({ shape }) => shape.length === 1).sort(bySize);
  if (images.length !== labels.length || images.length < 1 || images.length > 2) {
    throw new Error(
      "expected a file of images and one of labels, or two of each; found " +
        `${images.length} of images and ${labels.length} of labels`,
    );
  }
  images.forEach(({ name, shape: [count, rows, columns] }, i) => {
    if (labels[i].shape[0] !== count) {
      throw new Error(
        `${labels[i].name}: expected ${count} labels, one for each image of ${name}, ` +
          `found ${labels[i].shape[0]}`,
      );
    }
    const [, height, width] = images[0].shape;
    if (rows !== height || columns !== width) {
      throw new Error(
        `${name}: expected images of ${height} × ${width}, found ${rows} × ${columns}`,
      );
    }
  });
  const join = async (parts) => new Uint8Array(await new Blob(parts).arrayBuffer());
  return {
    pixels: await join(images.map(({ values }) => values)),
    labels: await join(labels.map(({ values }) => values)),
    train: images.length === 2 ? images[0].shape[0] : Math.floor((images[0].shape[0] * 5) / 6),
  };
}
