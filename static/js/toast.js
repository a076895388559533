// Messages at the bottom left: at most three; those with an error or an action stay until dismissed.
import { back } from "./focus.js";

const STAYS_MS = 6000;
const MOST = 3;
const timers = new WeakMap();

export function toast(text, { tone = "" } = {}) {
  const pattern = document.getElementById(tone === "error" ? "toast-error" : "toast-plain");
  const made = pattern.content.firstElementChild.cloneNode(true);
  made.querySelector(".grow").textContent = text;
  made.querySelector("[data-dismiss]").setAttribute("aria-label", `Dismiss: ${text}`);
  document.getElementById("toasts").append(made);
}

function start(shown) {
  if (!shown.hasAttribute("data-keep")) timers.set(shown, setTimeout(() => shown.remove(), STAYS_MS));
}

function tidy(box) {
  const all = [...box.querySelectorAll("[data-toast]")];
  for (const shown of all) if (!timers.has(shown)) start(shown);
  back();
  while (all.length > MOST) (all.splice(Math.max(0, all.findIndex((one) => !one.hasAttribute("data-keep"))), 1)[0]).remove();
}

const box = document.getElementById("toasts");
if (box) {
  tidy(box);
  new MutationObserver(() => tidy(box)).observe(box, { childList: true });
}

for (const pause of ["pointerover", "focusin"]) {
  document.addEventListener(pause, ({ target }) => clearTimeout(timers.get(target.closest?.("[data-toast]"))));
}
for (const go of ["pointerout", "focusout"]) {
  document.addEventListener(go, ({ target }) => {
    const shown = target.closest?.("[data-toast]");
    if (!shown) return;
    clearTimeout(timers.get(shown));
    start(shown);
  });
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-dismiss]")) target.closest("[data-toast]").remove();
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful) detail.elt.closest?.("[data-toast]")?.remove();
});
