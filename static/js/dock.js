// The chat at the side of the builder’s pages. Whether it is open is kept for the tab: it comes along from page to page.
//   a[data-dock="<address>"]   opens or closes it; without this script it leads to the chat’s own page
//   #side[data-script]         where it is put, and the section that makes it talk
import { isDirty, guardedForm } from "./dirty.js";
import { isModified } from "./dialog.js";
import { onSwap } from "./swapped.js";

const KEPT = "parley-dock";
const COVERS = matchMedia("(max-width: 50rem)");

const side = () => document.getElementById("side");
const button = () => document.querySelector("a[data-dock]");
const isOpen = () => Boolean(side() && !side().hidden);

function remember(isWanted) {
  try {
    if (isWanted) sessionStorage.setItem(KEPT, "open");
    else sessionStorage.removeItem(KEPT);
  } catch {
    // then it does not come along
  }
}

const wasOpen = () => {
  try {
    return sessionStorage.getItem(KEPT) === "open";
  } catch {
    return false;
  }
};

async function open({ withFocus }) {
  const link = button();
  if (!side() || !link) return;
  side().hidden = false;
  reflect();
  await import(side().dataset.script).catch(() => {}); // without it the chat is a form
  if (!isOpen()) return;
  await htmx.ajax("GET", link.dataset.dock, { source: link, target: "#side", swap: "innerHTML" });
  if (withFocus) document.getElementById("say")?.focus();
}

function close() {
  remember(false);
  side().hidden = true;
  side().replaceChildren();
  reflect();
  document.dispatchEvent(new Event("dock-closed"));
  button()?.focus();
}

// What depends on it: the button, what it covers on a phone, and whether unsaved edits are left out.
function reflect() {
  button()?.setAttribute("aria-expanded", String(isOpen()));
  for (const id of ["panel", "chain"]) {
    document.getElementById(id)?.toggleAttribute("inert", isOpen() && COVERS.matches);
  }
  const note = document.querySelector("[data-dock-unsaved]");
  if (note) note.hidden = !isDirty();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dock-close]")) close();
  else if (event.target.closest("[data-dock-save]")) guardedForm()?.requestSubmit();
  const link = event.target.closest("a[data-dock]");
  if (!link || !side() || isModified(event)) return;
  event.preventDefault();
  if (isOpen()) return close();
  remember(true);
  open({ withFocus: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !event.target.closest?.("#side")) return;
  if (document.querySelector(":popover-open, dialog[open]")) return;
  event.preventDefault();
  close();
});

for (const name of ["input", "change"]) document.addEventListener(name, reflect);
COVERS.addEventListener("change", reflect);
onSwap(reflect);
if (side() && button() && wasOpen()) open({ withFocus: false });
