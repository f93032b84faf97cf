"use strict";
/* What the drawing pad computes: the preparation of a drawing, and the network's answer.

   Pure functions without a page, so that Node can test them. `prepare` follows the same rule as
   `prepare_digit` in handwriting.py, and the two must stay in step. */

const SIDE = 28; // of the picture that the network reads
const BOX = 20; // the longer side of a digit in MNIST
const INK = 25; // a level above it counts as ink: 10 % of 255

/** Half up, as in the Python of the book: Math.round would do, but says so less plainly. */
const round = (value) => Math.floor(value + 0.5);

/** One IEEE 754 half-precision number from its 16 bits. */
function decodeHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24; // zero and subnormal numbers
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The layers of a network, from the shapes and the base64 text that digit_pad.py writes. */
function decodeNetwork({ layers, weights }) {
  const bytes = Uint8Array.from(atob(weights), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  const take = (count) => {
    const numbers = new Float32Array(count); // a half fits into it without loss
    for (let i = 0; i < count; i++, at += 2) numbers[i] = decodeHalf(view.getUint16(at, true));
    return numbers;
  };
  return layers.map(({ inputs, outputs, activation }) => ({
    inputs,
    outputs,
    activation,
    kernel: take(inputs * outputs), // row by row: kernel[input * outputs + output]
    bias: take(outputs),
  }));
}

function softmax(scores) {
  const highest = Math.max(...scores); // without it a large score would overflow
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** What every layer puts out for one picture of 784 numbers from 0 to 1; the last: probabilities. */
function forward(network, picture) {
  let input = picture;
  return network.map(({ inputs, outputs, activation, kernel, bias }) => {
    let output = Float64Array.from(bias);
    for (let i = 0; i < inputs; i++) {
      const value = input[i];
      if (value === 0) continue; // most pixels, and the silent neurons
      for (let j = 0; j < outputs; j++) output[j] += value * kernel[i * outputs + j];
    }
    if (activation === "relu") output = output.map((value) => Math.max(0, value));
    if (activation === "softmax") output = softmax(output);
    input = output;
    return output;
  });
}

/** Scale a picture: each new pixel is the mean of the rectangle that it covers in the old one. */
function shrink(levels, width, height, newWidth, newHeight) {
  const result = new Uint8Array(newWidth * newHeight);
  const columns = shares(newWidth, width);
  const rows = shares(newHeight, height);
  for (let v = 0; v < newHeight; v++) {
    for (let u = 0; u < newWidth; u++) {
      let mean = 0;
      for (const [y, down] of rows[v]) {
        for (const [x, across] of columns[u]) mean += down * across * levels[y * width + x];
      }
      result[v * newWidth + u] = round(mean);
    }
  }
  return result;
}

/** For each new pixel along one side: the old pixels under it, with their shares of it. */
function shares(count, oldCount) {
  const step = oldCount / count;
  return Array.from({ length: count }, (_, i) => {
    const from = i * step;
    const to = (i + 1) * step;
    const covered = [];
    for (let old = Math.floor(from); old < Math.min(to, oldCount); old++) {
      const share = (Math.min(to, old + 1) - Math.max(from, old)) / step;
      if (share > 0) covered.push([old, share]);
    }
    return covered;
  });
}

/** The smallest rectangle that holds all ink: {left, top, width, height}, or null without ink. */
function findInk(levels, width, height) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (levels[y * width + x] <= INK) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Where a digit goes along one side, so that its center of mass comes to pixel 14. */
const place = (center, size) => Math.min(Math.max(round(SIDE / 2 - center), 0), SIDE - size);

/** Make a drawing look like an image of MNIST.

    `levels` are gray levels from 0 to 255, white ink on black, row by row. The result holds the
    picture and the steps on the way to it; it is null if there is no ink. */
function prepare(levels, width, height) {
  const ink = findInk(levels, width, height);
  if (!ink) return null;
  const crop = new Uint8Array(ink.width * ink.height);
  for (let y = 0; y < ink.height; y++) {
    const start = (ink.top + y) * width + ink.left;
    crop.set(levels.subarray(start, start + ink.width), y * ink.width);
  }
  const scale = BOX / Math.max(ink.width, ink.height);
  const boxWidth = Math.max(1, round(ink.width * scale));
  const boxHeight = Math.max(1, round(ink.height * scale));
  const digit = shrink(crop, ink.width, ink.height, boxWidth, boxHeight);
  let [mass, across, down] = [0, 0, 0];
  digit.forEach((level, i) => {
    mass += level;
    across += level * (i % boxWidth);
    down += level * Math.floor(i / boxWidth);
  });
  if (mass === 0) return null; // specks so far apart that they average out to nothing
  const left = place(across / mass, boxWidth);
  const top = place(down / mass, boxHeight);
  const picture = new Uint8Array(SIDE * SIDE);
  for (let v = 0; v < boxHeight; v++) {
    picture.set(digit.subarray(v * boxWidth, (v + 1) * boxWidth), (top + v) * SIDE + left);
  }
  return { ink, box: { digit, width: boxWidth, height: boxHeight }, left, top, picture };
}

// in Node; on a page this file stands inside a function together with pad.js
if (typeof module !== "undefined") {
  module.exports = { decodeHalf, decodeNetwork, forward, prepare, shrink };
}
