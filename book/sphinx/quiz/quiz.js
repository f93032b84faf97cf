// Brings the quizzes of a page to life: checks an answer and says why it is right or wrong.
// What it says stands in the page already, in the <details> below each question, which is also
// what a reader without scripts opens.
"use strict";

(() => {
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

  // What is told after a right answer, or after this very wrong one.
  function judged(form, right, isThis) {
    if (right) {
      const why = form.querySelector(".quiz-why");
      return { right, says: [verdict("Right.", "right", ...(why ? copy(why) : []))] };
    }
    const hints = [...form.querySelectorAll(".quiz-hint")];
    const named = hints.find((hint) => "for" in hint.dataset && isThis(hint.dataset.for));
    const hint = named ?? hints.find((other) => !("for" in other.dataset));
    return { right, says: [verdict("Not yet.", "wrong", ...copy(hint))] };
  }

  function checkNumber(form) {
    const unit = form.querySelector(".quiz-unit")?.textContent;
    const typed = form.querySelector("input").value;
    if (!typed.trim()) return { ask: "Type a number first." };
    const value = Numbers.parse(typed, unit);
    if (Number.isNaN(value)) return { ask: Numbers.UNREADABLE };
    const { answer, tolerance } = form.dataset;
    const right = Numbers.isNear(value, Number(answer), Number(tolerance));
    return judged(form, right, (wrong) => Numbers.isNear(value, Numbers.parse(wrong), 0));
  }

  function checkText(form) {
    const normal = (text) => text.replace(/["'`“”‘’]/g, "").toLowerCase().trim().replace(/\s+/g, " ");
    const typed = normal(form.querySelector("input").value);
    if (!typed) return { ask: "Type a word first." };
    const right = JSON.parse(form.dataset.answers).includes(typed);
    return judged(form, right, (wrong) => normal(wrong) === typed);
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

  // Where to read again: the link that stands in the answer.
  function readAgain(form) {
    const link = form.querySelector(".quiz-section a");
    return link ? [paragraph("Read again: ", link.cloneNode(true))] : [];
  }

  const valuesOf = (form) =>
    [...form.querySelectorAll("input")].flatMap((box) =>
      box.type === "text" ? box.value : box.checked ? [box.value] : [],
    );

  function fill(form, values) {
    for (const box of form.querySelectorAll("input")) {
      if (box.type === "text") [box.value] = values;
      else box.checked = values.includes(box.value);
    }
  }

  function setUp(form) {
    const button = form.querySelector("button");
    const status = form.querySelector("[role=status]");
    const key = form.querySelector(".quiz-key");
    const { name } = form.querySelector("input");
    form.hidden = button.disabled = button.hidden = false;
    if (key) key.hidden = true; // until there was a try

    const forget = () => {
      delete form.dataset.state;
      form.querySelectorAll(".quiz-choice").forEach((choice) => {
        choice.classList.remove("quiz-right", "quiz-wrong");
      });
    };
    const judge = () => {
      forget();
      const check = { number: checkNumber, text: checkText }[form.dataset.kind] ?? checkChoices;
      const result = check(form);
      if (result.ask) return result;
      form.dataset.state = result.right ? "right" : "wrong";
      if (key) key.hidden = false;
      return result;
    };
    form.addEventListener("input", () => {
      forget();
      // a verdict on what is no longer chosen: out of sight, but without a jump of the page
      status.classList.add("quiz-stale");
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const result = judge();
      status.classList.remove("quiz-stale");
      if (result.ask) {
        status.replaceChildren(paragraph(result.ask));
        return;
      }
      status.replaceChildren(...result.says, ...(result.right ? [] : readAgain(form)));
      Progress.keep(name, valuesOf(form));
    });
    form.addEventListener("reset", () => {
      forget();
      status.replaceChildren();
      if (key) key.hidden = true;
    });
    // an answer of an earlier visit: the mark comes back, what was said does not
    const kept = Progress.answers()[name];
    if (kept) {
      fill(form, kept);
      judge();
    }
  }

  // How many questions are answered right; with all of them the chapter is finished.
  function tally(quiz) {
    const forms = [...quiz.querySelectorAll("form.quiz-card")];
    const text = document.createElement("p");
    const again = document.createElement("button");
    const row = document.createElement("div");
    text.setAttribute("role", "status");
    row.className = "quiz-tally";
    again.type = "button";
    again.textContent = "Start over";
    row.append(text, again);
    const count = () => {
      const tried = forms.filter((form) => form.dataset.state).length;
      const right = forms.filter((form) => form.dataset.state === "right").length;
      const all = forms.length;
      again.hidden = !tried;
      const sentence = right === all
        ? `All ${all} right: this chapter is finished.`
        : `${right} of ${all} right${tried ? "" : " so far"}.`;
      if (text.textContent !== sentence) text.textContent = sentence;
      return right === all;
    };
    quiz.addEventListener("submit", () => {
      if (count()) Progress.finish();
    });
    quiz.addEventListener("input", count);
    again.addEventListener("click", () => {
      Progress.forget();
      forms.forEach((form) => form.reset());
      count();
      forms[0].querySelector("input").focus();
    });
    count();
    quiz.append(row);
  }

  document.querySelectorAll("form.quiz-card").forEach(setUp);
  document.querySelectorAll(".quiz:not(.answer)").forEach(tally);
})();
