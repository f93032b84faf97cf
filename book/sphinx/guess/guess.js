// Guess boxes: what is told waits for a guess, which is then shown beside the answer.
"use strict";

(() => {
  function make(name, className, text = "") {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  }

  // A line from low to high with two marks; the status says the same in words.
  function scale(form, value) {
    const answer = Number(form.dataset.answer);
    const given = form.dataset.range?.split(" ").map(Number);
    const [low, high] = given ?? [Math.min(0, 1.1 * value, 1.1 * answer),
                                  Math.max(0, 1.1 * value, 1.1 * answer) || 1];
    const line = make("div", "guess-scale");
    line.setAttribute("aria-hidden", "true");
    const mark = (kind, number, text) => {
      const share = (number - low) / (high - low);
      const place = Math.min(1, Math.max(0, share));
      const beyond = share < 0 ? "← " : "";
      const dot = make("span", `guess-dot guess-${kind}`);
      const label = make("span", `guess-label guess-${kind}`, beyond + text + (share > 1 ? " →" : ""));
      for (const part of [dot, label]) part.style.setProperty("--place", place);
      line.append(dot, label);
    };
    mark("you", value, "you");
    mark("is", answer, form.dataset.text);
    line.append(make("span", "guess-end", low.toLocaleString("en")),
                make("span", "guess-end", high.toLocaleString("en")));
    return line;
  }

  function withUnit(text, unit = "") {
    const bare = unit && text.endsWith(unit) ? text.slice(0, -unit.length).trim() : text;
    return unit ? bare + (unit === "%" ? "" : " ") + unit : bare;
  }

  // The covered output that belongs to this form: that of the next cell.
  function coveredBy(form) {
    let next = form.nextElementSibling;
    while (next && !next.classList.contains("cell") && !next.matches(".guess")) {
      next = next.nextElementSibling;
    }
    return next?.querySelector(":scope > .guess-covered");
  }

  function setUp(form) {
    const [entry, says, told] = ["entry", "says", "told"].map((n) => form.querySelector(`.guess-${n}`));
    const boxes = [...form.querySelectorAll("input")];
    const { answer, unit, text } = form.dataset;
    const covered = coveredBy(form);
    let curtain;
    entry.hidden = false;
    told.tabIndex = -1;
    form.classList.add("guess-waits");

    const open = (sentence, ...more) => {
      says.replaceChildren(make("p", "guess-sentence", sentence), ...more);
      form.classList.remove("guess-waits");
      form.classList.add("guess-open");
      entry.hidden = true;
      for (const box of boxes) box.disabled = true;
      covered?.classList.add("guess-open");
      curtain?.remove();
      told.focus({ preventScroll: true });
    };
    const markChoice = (place, words) => {
      const mark = boxes[place].parentElement.querySelector(".guess-mark");
      mark.textContent += (mark.textContent && ", ") + words;
    };
    const wordsOf = (box) => box.nextElementSibling.textContent;

    const show = () => {
      if (boxes[0].type !== "radio") return open(text ? `It is ${text}.` : "");
      if (answer !== undefined) markChoice(answer, "it is this");
      return open(answer === undefined ? "" : `It is: ${wordsOf(boxes[answer])}`);
    };
    const ask = (sentence) => {
      says.replaceChildren(make("p", "", sentence));
      boxes[0].focus();
    };
    form.querySelector(".guess-show").addEventListener("click", show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.classList.contains("guess-open")) return undefined;
      if (boxes[0].type === "radio") {
        const chosen = boxes.findIndex((box) => box.checked);
        if (chosen < 0) return ask("Choose first, or press “Show me”.");
        markChoice(chosen, "your guess");
        if (answer === undefined) return open(`You said: ${wordsOf(boxes[chosen])}`);
        markChoice(answer, "it is this");
        if (chosen === Number(answer)) return open("You said so, and so it is.");
        return open(`You said: ${wordsOf(boxes[chosen])}. It is: ${wordsOf(boxes[answer])}.`);
      }
      const typed = boxes[0].value.trim();
      if (!typed) return ask("Type a guess first, or press “Show me”.");
      if ("free" in boxes[0].dataset) return open(`You said: ${typed}`);
      const value = Numbers.parse(typed, unit);
      if (Number.isNaN(value)) return ask(Numbers.UNREADABLE);
      const said = withUnit(typed, unit);
      if (answer === undefined) return open(`You said ${said}.`);
      const same = value === Number(answer);
      return open(`You said ${said}, ${same ? "and so it is" : `it is ${text}`}.`, scale(form, value));
    });

    if (covered) {
      curtain = make("div", "guess-curtain");
      const button = make("button", "guess-button", "Show me");
      button.type = "button";
      button.addEventListener("click", show);
      curtain.append(make("span", "", "What comes out waits for your guess."), button);
      covered.append(curtain);
    }
  }

  document.querySelectorAll("form.guess").forEach(setUp);
})();
