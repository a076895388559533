// Branches on the chain: folding them, and moving sideways between them.
//   button[data-fold="<id>"]   folds the branch or the split of that id; the browser's tab remembers
import { onSwap } from "./swapped.js";

const KEPT = "parley-folded";

function folded() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  } catch {
    return new Set();
  }
}

function keep(ids) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([...ids]));
  } catch {
    // it is folded for as long as the page is open
  }
}

export function fold(id, isFolding) {
  const ids = folded();
  if (isFolding) ids.add(id);
  else ids.delete(id);
  keep(ids);
  show(document.getElementById(id), isFolding);
}

function show(box, isFolded) {
  if (!box) return;
  box.toggleAttribute("data-folded", isFolded);
  document.querySelector(`[data-fold="${box.id}"]`)?.setAttribute("aria-expanded", String(!isFolded));
}

function showAll() {
  for (const id of folded()) show(document.getElementById(id), true);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-fold]");
  if (button) fold(button.dataset.fold, button.getAttribute("aria-expanded") === "true");
});

// --- Left and Right ---
const HEAD = ":scope > .branch-head h4 a";

const inOf = (item) => item?.closest("li")?.parentElement.closest("li, .loop");

function right(item) {
  const column = item.closest(".branch");
  const isHead = item.closest(".branch-head");
  if (isHead && column.hasAttribute("data-folded")) {
    fold(column.id, false);
    return item;
  }
  const own = !isHead && item.closest("li");
  const below = own && (own.querySelector(":scope > .split > .branches > .branch a") ?? own.querySelector(":scope > .loop > .body > .chain > li .t"));
  return below || sideways(item, 1);
}

function left(item) {
  const beside = sideways(item, -1);
  if (beside) return beside;
  const around = item.closest(".branch-head") ? item.closest(".split").closest("li") : inOf(item);
  return around?.querySelector(around.matches(".branch") ? HEAD : ".t");
}

// The same place in the branch beside: its head, or the step that stands as far down.
function sideways(item, by) {
  const column = item.closest(".branch");
  const next = column && (by > 0 ? column.nextElementSibling : column.previousElementSibling);
  if (!next) return null;
  const list = item.closest("ol.chain");
  const at = item.closest(".branch-head") ? -1 : [...list.children].indexOf(item.closest("li"));
  const steps = [...next.querySelectorAll(":scope > .chain > li")];
  const step = at >= 0 && !next.hasAttribute("data-folded") && steps[Math.min(at, steps.length - 1)];
  return (step && step.querySelector(".t")) || next.querySelector(HEAD);
}

document.addEventListener("keydown", (event) => {
  const go = { ArrowRight: right, ArrowLeft: left }[event.key];
  if (!go || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const item = event.target.closest?.("#chain :is(.node .t, .branch-head h4 a)");
  const to = item && go(item);
  if (!to) return;
  event.preventDefault();
  to.focus();
});

onSwap(showAll);
showAll();
