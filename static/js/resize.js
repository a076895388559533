// The width of the editor's panel: dragged by its edge or moved by arrow keys, and kept in this browser.
import { onSwap } from "./swapped.js";

const KEY = "parley-panel-width";
const STEP = 16;
const LEAST = 320;
const MOST = 560;

const grip = () => document.querySelector(".grip[role=separator]");

function set(width) {
  const edge = grip();
  if (!edge) return;
  const fitting = Math.round(Math.min(MOST, Math.max(LEAST, width)));
  edge.closest(".ed-main").style.setProperty("--panel-w", `${fitting}px`);
  edge.setAttribute("aria-valuenow", fitting);
  try {
    localStorage.setItem(KEY, fitting);
  } catch {
    // kept for this page only
  }
}

const now = () => grip().closest(".panel").getBoundingClientRect().width;

document.addEventListener("keydown", (event) => {
  if (event.target !== grip()) return;
  const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
  if (!by) return;
  event.preventDefault();
  set(now() + by);
});

document.addEventListener("pointerdown", (event) => {
  const edge = event.target.closest?.(".grip[role=separator]");
  if (!edge) return;
  edge.setPointerCapture(event.pointerId);
  const from = now() - event.clientX;
  const move = ({ clientX }) => set(from + clientX);
  edge.addEventListener("pointermove", move);
  edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
});

function provide() {
  const panel = document.querySelector(".ed-main > .panel");
  if (!panel || panel.querySelector(".grip")) return;
  const edge = document.createElement("div");
  edge.className = "grip";
  edge.tabIndex = 0;
  const facts = { role: "separator", "aria-orientation": "vertical", "aria-label": "Panel width" };
  const range = { "aria-valuemin": LEAST, "aria-valuemax": MOST, "aria-valuenow": Math.round(panel.offsetWidth) };
  for (const [name, value] of Object.entries({ ...facts, ...range })) edge.setAttribute(name, value);
  panel.append(edge);
  restore();
}

function restore() {
  try {
    const kept = Number(localStorage.getItem(KEY));
    if (kept && grip()) set(kept);
  } catch {
    // nothing was kept
  }
}

onSwap(provide); // the panel's content was replaced, its edge with it
provide();
