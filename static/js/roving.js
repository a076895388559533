// One tab stop for a long list: arrow keys move inside it. The links stay links; without this each is a tab stop.
//   data-roving            the chain: Up and Down over the steps, Home and End to the first and last of the list or
//                          of the branches that one is in; Tab reaches the step's own buttons
//   data-roving="grid"     apps to choose from: arrows in two directions
import { onSwap } from "./swapped.js";

const BOXES = '[data-roving=""], [data-roving=grid]';
const CHAIN_ITEMS = ".node .t, .branch-head h4 a:first-child";

const kind = (box) => box.dataset.roving || "chain";
const items = (box) => [...box.querySelectorAll(kind(box) === "grid" ? "a, button" : CHAIN_ITEMS)];

function settle(box, wanted) {
  const all = items(box);
  const current = wanted ?? all.find((item) => item.matches("[aria-current]")) ?? all.find((item) => item.tabIndex === 0) ?? all[0];
  for (const item of all) item.tabIndex = item === current ? 0 : -1;
  if (kind(box) === "grid") return;
  const own = current?.closest("li");
  for (const other of box.querySelectorAll(".plus, .node :is(.icon-btn, .dots), .node .foot a, .branch-head :is(.icon-btn, .dots), .split-bar :is(button, summary)")) {
    other.tabIndex = !current || other.closest("li") === own || !own ? 0 : -1;
  }
}

const columns = (box) => getComputedStyle(items(box)[0].closest("ul, ol, .apps")).gridTemplateColumns.split(" ").length;

function steps(box) {
  if (kind(box) !== "grid") return { ArrowDown: 1, ArrowUp: -1 };
  const wide = columns(box);
  return wide > 1 ? { ArrowDown: wide, ArrowUp: -wide, ArrowRight: 1, ArrowLeft: -1 } : { ArrowDown: 1, ArrowUp: -1 };
}

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(BOXES);
  if (!box || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, textarea, select")) return;
  const all = items(box);
  if (!all.length) return;
  const at = all.indexOf(event.target.closest("li")?.querySelector(CHAIN_ITEMS) ?? event.target);
  const here = all.indexOf(event.target) >= 0 ? all.indexOf(event.target) : at;
  const level = kind(box) === "grid" || here < 0 ? all : beside(all[here]);
  const to = { Home: level[0], End: level.at(-1) }[event.key] ?? all[next(here, steps(box)[event.key], all.length)];
  if (!to) return;
  event.preventDefault();
  settle(box, to);
  to.focus();
});

// What stands at the same level.
function beside(item) {
  const list = item.closest("li").parentElement;
  return [...list.children].map((li) => li.querySelector(CHAIN_ITEMS)).filter(Boolean);
}

function next(here, by, count) {
  if (!by) return undefined;
  return here < 0 ? 0 : Math.min(count - 1, Math.max(0, here + by));
}

// From the search into what it found.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" || !event.target.matches?.("[data-roving-from]")) return;
  const box = document.querySelector(event.target.dataset.rovingFrom);
  const first = box && items(box)[0];
  if (!first) return;
  event.preventDefault();
  first.focus();
});

document.addEventListener("focusin", ({ target }) => {
  const box = target.closest(BOXES);
  if (box && items(box).includes(target)) settle(box, target);
});

const settleAll = () => {
  for (const box of document.querySelectorAll(BOXES)) settle(box);
};
onSwap(settleAll);
settleAll();
