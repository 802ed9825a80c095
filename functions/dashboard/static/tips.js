// One tooltip for the page: on hover, on focus and on touch, gone by Escape; it can be pointed at itself.

import { h } from "./dom.js";

const tip = h("div", { id: "tip", role: "tooltip", hidden: true });
let owner = null;
let leaving = 0;

export function start() {
  document.body.append(tip);
  document.addEventListener("pointerover", (event) => {
    const target = event.target.closest?.("[data-tip]");
    if (target) show(target, target.dataset.tip);
    else if (owner && !tip.contains(event.target) && !owner.dataset.follows) leave();
  });
  document.addEventListener("focusin", (event) => {
    const target = event.target.closest("[data-tip]");
    if (target?.matches(":focus-visible")) show(target, target.dataset.tip);
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("scroll", hide, { passive: true, capture: true });
}

/** At the element, or at the point that the pointer is at. */
export function show(target, text, point = null) {
  clearTimeout(leaving);
  owner = target;
  tip.textContent = text;
  tip.hidden = false;
  const box = target.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const x = point ? point.x : box.left + Math.min(box.width / 2, 160);
  const above = (point ? point.y - 12 : box.top) - height - 8;
  tip.style.left = `${Math.max(8, Math.min(x - width / 2, innerWidth - width - 8))}px`;
  tip.style.top = `${above > 8 ? above : (point ? point.y + 16 : box.bottom) + 8}px`;
}

export function hide() {
  clearTimeout(leaving);
  tip.hidden = true;
  owner = null;
}

function leave() {
  clearTimeout(leaving);
  leaving = setTimeout(hide, 120);
}
