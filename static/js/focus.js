// Where does the focus go when what had it is gone? To what a piece of the page wants it on (data-focus), else to
// what stands in its place now: never to the top of the page.
import { onSwap } from "./swapped.js";

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
const OVER = "#dialog, #toasts, #menu"; // what closes again
let trail = []; // {id, at}: the boxes around what had the focus last, from the inside out, and its place in each
let under = []; // the trail outside of what closes again

const inside = (box) => [...box.querySelectorAll(FOCUSABLE)];

function around(target) {
  const found = [];
  for (let box = target.closest("[id]"); box && box !== document.body; box = box.parentElement.closest("[id]")) {
    found.push({ id: box.id, at: inside(box).indexOf(target) });
  }
  return found;
}

document.addEventListener("focusin", ({ target }) => {
  const isOver = target.closest(OVER);
  trail = isOver ? [...around(target), ...under] : around(target);
  if (!isOver) under = trail;
});

// Somebody left it on purpose: what had the focus is still there.
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (relatedTarget || !document.hasFocus()) return;
  setTimeout(() => {
    if (document.activeElement === document.body && target.isConnected && target.checkVisibility()) trail = under = [];
  });
});

export function back() {
  if (document.activeElement !== document.body) return;
  for (const { id, at } of trail) {
    const box = document.getElementById(id);
    const all = at < 0 ? [box] : inside(box ?? document.createElement("p")).filter((one) => one.checkVisibility() && !one.disabled);
    all[Math.min(Math.max(at, 0), all.length - 1)]?.focus({ preventScroll: true });
    if (document.activeElement !== document.body) return;
  }
  if (trail.length) document.getElementById("main")?.focus({ preventScroll: true });
}

onSwap(() => {
  const wanted = document.querySelector("[data-focus]");
  wanted?.removeAttribute("data-focus");
  wanted?.focus();
  back();
});
