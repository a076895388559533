// Actions of a card: one pop-up for all of them, filled by the server when it is opened.
import { place } from "./place.js";
import { isModified } from "./dialog.js";

let button = null;

function popup() {
  const kept = document.getElementById("menu");
  if (kept) return kept;
  const made = document.createElement("div");
  made.id = "menu";
  made.className = "pop menu-pop";
  made.popover = "auto";
  document.getElementById("main").append(made);
  made.addEventListener("beforetoggle", ({ newState }) => {
    button?.setAttribute("aria-expanded", String(newState === "open"));
    if (newState === "closed" && made.contains(document.activeElement)) button?.focus();
  });
  return made;
}

// Of a card's menu: made from the card's own address, as there may be hundreds.
function addressOf(link) {
  if (link.dataset.menu) return link.dataset.menu;
  const { pathname, searchParams } = new URL(link.href);
  const step = searchParams.get("step");
  return step ? `${pathname}steps/${step}/menu/` : pathname;
}

async function open(link) {
  button = link;
  const menu = popup();
  menu.hidePopover();
  menu.replaceChildren();
  await htmx.ajax("GET", addressOf(link), { source: menu, target: menu, swap: "innerHTML" });
  if (!menu.childElementCount || button !== link) return;
  menu.showPopover();
  const rect = link.getBoundingClientRect();
  place(menu, { box: { left: rect.right - 224, width: 224 }, caret: rect });
  menu.querySelector("a, button")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".dots, [data-menu]");
  if (link && !isModified(event)) {
    event.preventDefault();
    event.stopPropagation();
    open(link);
  } else if (event.target.closest("#menu :is(a, button)")) {
    popup().hidePopover();
  }
}, true);

document.addEventListener("keydown", (event) => {
  const isMenuKey = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
  const link = isMenuKey && event.target.closest?.(".node, .branch-head")?.querySelector(".dots, [data-menu]");
  if (link) {
    event.preventDefault();
    open(link);
    return;
  }
  const menu = event.target.closest?.("#menu, .pop[popover]:has(.menu)");
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !by) return;
  const entries = [...menu.querySelectorAll("a, button")];
  event.preventDefault();
  entries.at((entries.indexOf(event.target) + by) % entries.length)?.focus();
});
