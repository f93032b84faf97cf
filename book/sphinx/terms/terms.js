// The meaning of a term beside its link: on hover, on focus, and at the first tap. Escape hides it,
// the pointer may go onto it, and it stays until the pointer or the focus has left both.
"use strict";

(() => {
  let shown; // {link, tip}
  let timer;

  function hide() {
    clearTimeout(timer);
    if (shown) shown.tip.hidden = true;
    shown = undefined;
  }

  function show(link, tip) {
    hide();
    shown = { link, tip };
    tip.hidden = false;
    const line = link.getClientRects()[0];
    const width = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(line.left, width - tip.offsetWidth - 8));
    const below = line.bottom + tip.offsetHeight + 8 < innerHeight || line.top < tip.offsetHeight;
    const top = below ? line.bottom : line.top - tip.offsetHeight;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
  }

  const later = (what, wait) => {
    clearTimeout(timer);
    timer = setTimeout(what, wait);
  };

  function setUp(link) {
    const term = link.hash.slice(1);
    const tip = document.getElementById(`meaning-${term}`);
    if (!tip) return;
    link.setAttribute("aria-describedby", tip.id);
    link.removeAttribute("title");
    let touched = false;
    const isOpen = () => shown?.link === link;
    const leave = () => later(() => isOpen() && document.activeElement !== link && hide(), 250);
    link.addEventListener("pointerdown", (event) => {
      touched = event.pointerType !== "mouse" && !isOpen();
    });
    link.addEventListener("click", (event) => {
      if (!touched) return;
      touched = false;
      event.preventDefault(); // the next tap follows the link
      show(link, tip);
    });
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") later(() => show(link, tip), 150);
    });
    link.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && leave());
    tip.addEventListener("pointerenter", () => isOpen() && clearTimeout(timer));
    tip.addEventListener("pointerleave", () => isOpen() && leave());
    link.addEventListener("focus", () => link.matches(":focus-visible") && show(link, tip));
    link.addEventListener("blur", hide);
  }

  // out of all boxes, so that its place is the page's
  document.querySelectorAll(".meanings").forEach((box) => document.body.append(box));
  document.querySelectorAll("article a:has(> .std-term)").forEach(setUp);
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("resize", hide);
  addEventListener("pointerdown", (event) => {
    if (shown && !shown.tip.contains(event.target) && !shown.link.contains(event.target)) hide();
  });
})();
