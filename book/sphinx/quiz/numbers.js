// How people write numbers: for the quizzes, the answers in the page, and the guesses.
"use strict";

const Numbers = {
  // 100,352 or 100 352 or 100_352, 0.5 or 0,5, with or without unit; NaN for what is none.
  parse(text, unit = "") {
    let number = text.trim().replace(/\u2212/g, "-");
    if (unit && number.endsWith(unit)) number = number.slice(0, -unit.length);
    number = number.replace(/[\s_']/g, "");
    if (/^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(number)) number = number.replace(/,/g, "");
    else number = number.replace(/^([+-]?\d*),(\d+)$/, "$1.$2");
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number) ? Number(number) : NaN;
  },

  isNear(value, answer, tolerance) {
    // the factor forgives that 0.3 - 0.2 is not 0.1 in binary
    return Math.abs(value - answer) <= tolerance + 1e-9 * Math.abs(answer);
  },

  UNREADABLE: "That does not read as a number. Write it like 1,234 or 0.75.",
};
