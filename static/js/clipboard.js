// Copy, cut and paste of steps: as JSON text, by way of the system's clipboard, so it works between tabs and workspaces.
//   [data-copy="copy|cut"]   in a card's menu
import { announce } from "./announce.js";
import { place, post } from "./steps.js";
import { toast } from "./toast.js";

let menuAt = null; // whose menu is open

async function take(at, isCutting) {
  const answer = await fetch(`${at.url}copy/`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return toast("That did not work. Nothing was copied; try again.", { tone: "error" });
  const text = await answer.text();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // no clipboard without https: the text is shown, to be copied by hand
    htmx.ajax("GET", `${at.url}copy/`, { source: "#chain", target: "#dialog", swap: "innerHTML" });
    return;
  }
  const name = at.link.textContent.trim();
  if (isCutting) post(at, "delete");
  else announce(`${name} copied`);
}

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || !["c", "x"].includes(key)) return;
  const at = event.target.closest?.("#chain") && String(getSelection()) === "" && place(event.target);
  if (!at || at.isBranch) return;
  event.preventDefault();
  take(at, key === "x");
});

document.addEventListener("paste", (event) => {
  const target = event.target.closest?.("#chain");
  if (!target || event.target.matches("input, textarea, select")) return;
  const text = event.clipboardData.getData("text/plain");
  const at = place(event.target);
  const isTrigger = event.target.closest(".trigger");
  if (!text || !(at || (isTrigger && target.querySelector(".dots, .plus, .holder")))) return;
  event.preventDefault();
  const base = at?.base ?? location.pathname;
  htmx.ajax("POST", `${base}paste/`, { source: "#chain", values: { text, anchor: at?.anchor ?? "start", keys: "yes" }, target: "#panel", swap: "innerHTML show:none" });
});

// The menu of a card says which step it is about by the card that it was opened at.
document.addEventListener("click", (event) => {
  const dots = event.target.closest(".dots, [data-menu]");
  if (dots) menuAt = place(dots);
  const item = event.target.closest("[data-copy]");
  if (!item) return;
  const own = document.getElementById(`a-${new URLSearchParams(location.search).get("step")}`);
  const at = item.closest("#menu") ? menuAt : own && place(own);
  if (!at) return;
  event.preventDefault();
  take(at, item.dataset.copy === "cut");
}, true);
