// Turns the counts of a ConfusionExplorer into buttons that show the pictures behind them.
// confusion.py writes this script after each explorer; it starts those that have not started.
(() => {
  "use strict";

  const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  /** An element with some text and some attributes. */
  function create(tag, text, attributes = {}) {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  /** Per mille as percent. Nearly sure is not sure: never 0% or 100% of what only rounds to it. */
  function percent(perMille) {
    if (perMille > 994) return ">99%";
    if (perMille < 5) return "<1%";
    return `${Math.round(perMille / 10)}%`;
  }

  async function start(root) {
    const data = JSON.parse(root.querySelector("script").textContent);
    const list = root.querySelector("ul");
    const status = root.querySelector(".ce-status");
    if (!data.errors.length) {
      status.textContent = "No image is misread, so there is nothing to open.";
      return;
    }
    const sprite = new Image();
    sprite.src = `data:image/png;base64,${data.sprite}`;
    await sprite.decode(); // should it fail, the table and its note stay as they are

    // The errors with their places in the sprite, by cell.
    const errors = data.errors.map(([index, label, answer, ofAnswer, ofLabel], place) => ({
      index, label, answer, ofAnswer, ofLabel, place,
    }));
    const behind = new Map();
    for (const error of errors) {
      const cell = `${error.label},${error.answer}`;
      behind.set(cell, [...(behind.get(cell) ?? []), error]);
    }

    /** One line below a picture: a digit, its probability, and the same as a bar. */
    function probability(className, digit, perMille) {
      const line = create("span", `${digit}: ${percent(perMille)}`, { class: className });
      line.style.setProperty("--ce-part", `${perMille / 10}%`);
      return line;
    }

    function picture({ index, label, answer, ofAnswer, ofLabel, place }) {
      const { width, height, spriteColumns } = data;
      const canvas = create("canvas", "", {
        role: "img",
        "aria-label": `image ${index}, a ${label} read as ${answer}`,
        title: `image ${index}`,
        width,
        height,
      });
      const x = (place % spriteColumns) * width;
      const y = Math.floor(place / spriteColumns) * height;
      canvas.getContext("2d").drawImage(sprite, x, y, width, height, 0, 0, width, height);
      const item = create("li", "");
      item.append(
        canvas,
        probability("ce-answer", answer, ofAnswer),
        probability("ce-label", label, ofLabel),
      );
      return item;
    }

    // One button for each cell with errors, and null for the others; buttons[row][column].
    const buttons = [...root.querySelectorAll("tbody tr")].map((row, label) =>
      [...row.querySelectorAll("td")].map((cell, answer) => {
        if (!behind.has(`${label},${answer}`)) return null;
        const button = create("button", cell.textContent, {
          type: "button",
          "aria-label": `${cell.textContent}: ${label} read as ${answer}`,
        });
        cell.replaceChildren(button);
        return button;
      }));
    const all = buttons.flat().filter(Boolean);

    /** The pictures behind a button, or, with none pressed, the surest errors of all. */
    function show(pressed) {
      for (const button of all) button.setAttribute("aria-pressed", button === pressed);
      const shown = pressed
        ? behind.get(cellOf(pressed).join())
        : data.surest.map((place) => errors[place]);
      list.replaceChildren(...shown.map(picture));
      if (pressed) {
        const [label, answer] = cellOf(pressed);
        const count = shown.length === 1 ? "1 picture" : `${shown.length} pictures`;
        status.textContent =
          `${label} read as ${answer}: ${count}, the surest error first. ` +
          `Below each stand the probabilities of ${answer} (the answer) and ${label} (the label).`;
      } else {
        status.textContent =
          "Press a count to see its pictures. " +
          `Until then, here are the surest of all ${errors.length.toLocaleString("en")} errors, ` +
          "each with the probabilities of the answer and of the label.";
      }
    }

    function cellOf(button) {
      const row = buttons.findIndex((candidates) => candidates.includes(button));
      return [row, buttons[row].indexOf(button)];
    }

    /** The table is one stop of the Tab key: at the button that had the focus last. */
    function makeTabStop(button) {
      for (const other of all) other.tabIndex = other === button ? 0 : -1;
    }

    root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      makeTabStop(button);
      show(button.getAttribute("aria-pressed") === "true" ? null : button);
    });

    root.addEventListener("keydown", (event) => {
      const button = event.target.closest("button");
      if (!button || !(event.key in ARROWS) || event.ctrlKey || event.altKey || event.metaKey) return;
      const [down, right] = ARROWS[event.key];
      let [row, column] = cellOf(button);
      let next = null;
      // over cells that do not open, to the next that does
      do {
        row += down;
        column += right;
        next = buttons[row]?.[column];
      } while (next === null);
      if (next) {
        makeTabStop(next);
        next.focus();
      }
      event.preventDefault(); // the page stays where it is
    });

    makeTabStop(all[0]);
    show(null);
    status.setAttribute("role", "status"); // from now on, changes are read out
  }

  for (const root of document.querySelectorAll(".confusion-explorer:not([data-started])")) {
    root.dataset.started = "";
    start(root);
  }
})();
