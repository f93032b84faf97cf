// What a reader has answered and finished, kept in this browser alone. Where nothing can be kept
// (a private window, some browsers for files), all works for the visit.
"use strict";

const Progress = (() => {
  const KEY = "from-bytes-to-digits";
  const page = (address) => new URL(address, location.href).pathname.split("/").pop();

  function read() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
      return { answers: kept.answers ?? {}, finished: kept.finished ?? {} };
    } catch {
      return { answers: {}, finished: {} };
    }
  }

  function change(how) {
    const kept = read();
    how(kept);
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // full, or forbidden
    }
  }

  const here = page(location.href);
  return {
    answers: () => read().answers[here] ?? {},
    keep: (name, values) => change((kept) => {
      (kept.answers[here] ??= {})[name] = values;
    }),
    forget: () => change((kept) => {
      delete kept.answers[here];
      delete kept.finished[here];
    }),
    finish: () => change((kept) => { kept.finished[here] = true; }),
    // Mark the finished chapters in tables that name them.
    mark: (root) => {
      const { finished } = read();
      for (const link of root.querySelectorAll("table td:first-child a[href]")) {
        if (!Object.hasOwn(finished, page(link.href))) continue;
        const mark = document.createElement("span");
        mark.className = "quiz-finished";
        mark.textContent = "✓ finished";
        link.after(" ", mark);
      }
    },
  };
})();

document.querySelectorAll("article").forEach(Progress.mark);
