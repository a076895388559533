// A step is taken by its icon and put on any plus. Keys and menu do the same; Escape leaves all as it was.
import { announce } from "./announce.js";
import { place, post } from "./steps.js";

const BEGINS_PX = 6;
const EDGE_PX = 56;
const FASTEST_PX = 18;
let drag = null;

function begin(event) {
  const tile = event.target.closest("#chain .node:not(.trigger) > .tile");
  const at = tile && event.button === 0 && event.isPrimary && place(tile);
  if (!at || at.isBranch) return;
  event.preventDefault(); // neither text nor the link is dragged
  drag = { at, card: tile.closest(".node"), item: at.link.closest("li"), x: event.clientX, y: event.clientY, over: null };
  tile.setPointerCapture(event.pointerId);
}

// Every plus but those around the step itself, which would leave it where it is, and those inside of it.
function mark() {
  const { item, card } = drag;
  const before = item.previousElementSibling?.querySelector(":scope > .plus") ?? item.parentElement.parentElement.querySelector(":scope > .plus");
  document.getElementById("chain").dataset.dragging = "";
  card.dataset.dragged = "";
  for (const plus of document.querySelectorAll("#chain .plus")) {
    if (!item.contains(plus) && plus !== before) plus.dataset.drop = "";
  }
}

function move(event) {
  if (!drag) return;
  Object.assign(drag, { nowX: event.clientX, nowY: event.clientY });
  if (!drag.hasBegun) {
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < BEGINS_PX) return;
    drag.hasBegun = true;
    mark();
    announce("Drop it on a plus. Escape leaves it where it is.");
    requestAnimationFrame(scroll);
  }
  drag.card.style.translate = `${event.clientX - drag.x}px ${event.clientY - drag.y + scrolled()}px`;
  choose(nearest());
}

const canvas = () => document.getElementById("chain");
const scrolled = () => canvas().scrollTop - (drag.top ??= canvas().scrollTop);

function nearest() {
  let found = null;
  let least = 90; // as far as the hand may be from a plus
  for (const plus of document.querySelectorAll("#chain [data-drop]")) {
    const box = plus.getBoundingClientRect();
    const far = Math.hypot(drag.nowX - (box.left + box.width / 2), drag.nowY - (box.top + box.height / 2));
    if (box.width && far < least) [found, least] = [plus, far];
  }
  return found;
}

function choose(plus) {
  if (plus === drag.over) return;
  drag.over?.removeAttribute("data-over");
  plus?.setAttribute("data-over", "");
  drag.over = plus;
}

// At the upper and the lower edge the chain moves along, faster the nearer.
function scroll() {
  if (!drag?.hasBegun) return;
  const { top, bottom } = canvas().getBoundingClientRect();
  const into = Math.max(0, EDGE_PX - (drag.nowY - top)) - Math.max(0, EDGE_PX - (bottom - drag.nowY));
  if (into) {
    canvas().scrollTop -= Math.max(-FASTEST_PX, Math.min(FASTEST_PX, into / 3));
    drag.card.style.translate = `${drag.nowX - drag.x}px ${drag.nowY - drag.y + scrolled()}px`;
    choose(nearest());
  }
  requestAnimationFrame(scroll);
}

function end(isDropped) {
  if (!drag) return;
  const { at, card, over, hasBegun } = drag;
  drag = null;
  card.style.translate = "";
  delete card.dataset.dragged;
  delete canvas()?.dataset.dragging;
  for (const plus of document.querySelectorAll("[data-drop]")) {
    plus.removeAttribute("data-drop");
    plus.removeAttribute("data-over");
  }
  if (!hasBegun) return isDropped && at.link.click();
  if (isDropped && over) post(at, "move", { to: new URL(over.href).searchParams.get("add"), ask: "yes" });
  else announce("It stays where it was.");
}

document.addEventListener("pointerdown", begin);
document.addEventListener("pointermove", move);
document.addEventListener("pointerup", () => end(true));
document.addEventListener("pointercancel", () => end(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !drag) return;
  event.preventDefault();
  event.stopPropagation();
  end(false);
}, true);
