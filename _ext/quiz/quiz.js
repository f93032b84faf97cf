// Brings the quizzes of a page to life: checks an answer and says why it is right or wrong.
// What it says stands in the page already, in the <details> below each question, which is also
// what a reader without scripts opens.
"use strict";

(() => {
  // A number as people type it: 100,352 or 100 352 or 100_352, 0.5 or 0,5, with or without unit.
  function parseNumber(text, unit = "") {
    let number = text.trim().replace(/\u2212/g, "-");
    if (unit && number.endsWith(unit)) number = number.slice(0, -unit.length);
    number = number.replace(/[\s_']/g, "");
    if (/^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(number)) number = number.replace(/,/g, "");
    else number = number.replace(/^([+-]?\d*),(\d+)$/, "$1.$2");
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number) ? Number(number) : NaN;
  }

  function isNear(value, answer, tolerance) {
    // the factor forgives that 0.3 - 0.2 is not 0.1 in binary
    return Math.abs(value - answer) <= tolerance + 1e-9 * Math.abs(answer);
  }

  function paragraph(...content) {
    const element = document.createElement("p");
    element.append(...content);
    return element;
  }

  function verdict(word, kind, ...content) {
    const strong = document.createElement("strong");
    strong.className = `quiz-verdict quiz-${kind}`;
    strong.textContent = word;
    return paragraph(strong, " ", ...content);
  }

  function copy(element) {
    const twin = element.cloneNode(true);
    // MathJax makes its formulas stops of the Tab key; the original is one already
    twin.querySelectorAll("[tabindex]").forEach((stop) => stop.removeAttribute("tabindex"));
    return [...twin.childNodes];
  }

  function checkNumber(form) {
    const unit = form.querySelector(".quiz-unit")?.textContent;
    const typed = form.querySelector("input").value;
    if (!typed.trim()) return { ask: "Type a number first." };
    const value = parseNumber(typed, unit);
    if (Number.isNaN(value)) {
      return { ask: "That does not read as a number. Write it like 1,234 or 0.75." };
    }
    const { answer, tolerance } = form.dataset;
    if (isNear(value, Number(answer), Number(tolerance))) {
      const why = copy(form.querySelector(".quiz-key .quiz-why"));
      return { right: true, says: [verdict("Right.", "right", ...why)] };
    }
    const hint = copy(form.querySelector(".quiz-hint"));
    return { right: false, says: [verdict("Not yet.", "wrong", ...hint)] };
  }

  function checkChoices(form) {
    const boxes = [...form.querySelectorAll("input")];
    const chosen = boxes.filter((box) => box.checked);
    if (!chosen.length) return { ask: "Choose an answer first." };
    const explained = form.querySelectorAll(".quiz-key li");
    const isRight = (box) => explained[box.value].classList.contains("quiz-right");
    const why = (box) => copy(explained[box.value].querySelector(".quiz-why"));
    for (const box of chosen) {
      box.parentElement.classList.add(isRight(box) ? "quiz-right" : "quiz-wrong");
    }
    if (form.dataset.kind === "single") {
      const [box] = chosen;
      const says = isRight(box)
        ? verdict("Right.", "right", ...why(box))
        : verdict("Not this one.", "wrong", ...why(box));
      return { right: isRight(box), says: [says] };
    }
    const missing = boxes.filter((box) => isRight(box) && !box.checked).length;
    const right = !missing && chosen.every(isRight);
    const says = chosen.map((box) => {
      const text = document.createElement("q");
      text.append(...copy(box.nextElementSibling));
      const kind = isRight(box) ? "right" : "wrong";
      const newLine = document.createElement("br");
      return verdict(kind === "right" ? "Right:" : "Wrong:", kind, text, newLine, ...why(box));
    });
    if (right) says.unshift(verdict("Right, and complete.", "right"));
    else if (missing) says.unshift(verdict("Not yet.", "wrong", stillMissing(missing)));
    else says.unshift(verdict("Not yet.", "wrong", "All the right ones are there, and more."));
    return { right, says };
  }

  function stillMissing(count) {
    return count === 1 ? "One right answer is missing." : `${count} right answers are missing.`;
  }

  function setUp(form) {
    const button = form.querySelector("button");
    const status = form.querySelector("[role=status]");
    const key = form.querySelector(".quiz-key");
    button.disabled = button.hidden = false;
    key.hidden = true; // until there was a try

    const forget = () => {
      delete form.dataset.state;
      form.querySelectorAll(".quiz-choice").forEach((choice) => {
        choice.classList.remove("quiz-right", "quiz-wrong");
      });
    };
    form.addEventListener("input", () => {
      forget();
      // a verdict on what is no longer chosen: out of sight, but without a jump of the page
      status.classList.add("quiz-stale");
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      forget();
      const result = form.dataset.kind === "number" ? checkNumber(form) : checkChoices(form);
      status.classList.remove("quiz-stale");
      if (result.ask) {
        status.replaceChildren(paragraph(result.ask));
        return;
      }
      form.dataset.state = result.right ? "right" : "wrong";
      status.replaceChildren(...result.says);
      key.hidden = false;
    });
  }

  document.querySelectorAll("form.quiz-card").forEach(setUp);
})();
