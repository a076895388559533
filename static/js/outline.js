// The outline: its search, its arrows, and the jump to a card that is on the page.
//   [data-outline-box]       the list with its search; a[data-jump="<id>"] jumps to the link of that id
import { close, isModified } from "./dialog.js";
import { fold } from "./branches.js";

const boxOf = (target) => target.closest?.("[data-outline-box]");
const shown = (box) => [...box.querySelectorAll(".menu a")].filter((link) => !link.parentElement.hidden);

document.addEventListener("input", ({ target }) => {
  const box = boxOf(target);
  if (!box) return;
  const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of box.querySelectorAll(".menu li")) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
  }
  box.querySelector("[data-outline-none]").hidden = shown(box).length > 0;
});

document.addEventListener("keydown", (event) => {
  const box = boxOf(event.target);
  if (!box || event.isComposing) return;
  const all = shown(box);
  if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
    all[0]?.click();
    return;
  }
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const to = all.indexOf(event.target) + by;
  (to < 0 ? box.querySelector("input") : all[Math.min(to, all.length - 1)])?.focus();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-jump]");
  const card = link && document.getElementById(link.dataset.jump);
  if (!card || isModified(event)) return;
  event.preventDefault();
  close();
  for (let box = card.closest("[data-folded]"); box; box = box.parentElement.closest("[data-folded]")) {
    if (box !== card.closest(".branch-head")?.parentElement) fold(box.id, false);
  }
  card.scrollIntoView({ block: "center" });
  card.focus();
});
