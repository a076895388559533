// The chain, and the agent’s flow, light up with what the chat beside them does: from the steps of the newest call of this
// workflow, and the place in the flow, as the chat itself shows them.
import { onSwap } from "./swapped.js";

const TONES = { succeeded: "r-ok", failed: "r-bad", unknown: "r-bad", running: "r-run", waiting: "r-wait", skipped: "r-skip" };
let follows = true; // until the person scrolls the chain
let scrolled = "";

function lightUp() {
  const side = document.getElementById("side");
  if (!side) return;
  lightPlace(side.querySelector("#chat-place")?.dataset.node ?? "");
  for (const link of side.querySelectorAll("[data-to-chain]")) link.hidden = link.dataset.toChain === side.dataset.workflow;
  const calls = side.querySelectorAll(`.call[data-workflow="${side.dataset.workflow}"]`);
  const steps = calls.length ? [...calls[calls.length - 1].querySelectorAll("[data-step]")] : [];
  const lit = new Set(steps.map(({ dataset }) => dataset.step));
  for (const line of document.querySelectorAll("#chain [data-lit]")) {
    if (!lit.has(line.dataset.lit)) darken(line.closest(".node"));
  }
  steps.forEach(light);
  const last = steps.at(-1)?.dataset;
  if (last && follows && scrolled !== `${calls.length} ${last.step}`) {
    scrolled = `${calls.length} ${last.step}`;
    document.getElementById(`n-${last.step}`)?.scrollIntoView({ block: "nearest" });
  }
}

function light(step, index) {
  const card = document.getElementById(`n-${step.dataset.step}`);
  if (!card) return; // it is not in the draft any more
  const said = step.querySelector(".push");
  const was = card.querySelector("[data-lit]");
  if (was?.dataset.said === said.textContent) return;
  darken(card);
  const line = Object.assign(document.createElement("p"), { className: "rs lit" });
  line.dataset.lit = step.dataset.step;
  line.dataset.said = said.textContent;
  line.append(...[...said.cloneNode(true).childNodes]);
  card.querySelector(".t").after(line); // the summary behind it gives way
  card.style.animationDelay = `${Math.min(index, 12) * 90}ms`; // one after the other, as they ran
  card.classList.add("r", TONES[step.dataset.stepState] ?? "r-none");
}

function darken(card) {
  card.querySelector("[data-lit]")?.remove();
  card.classList.remove("r", "r-none", ...Object.values(TONES));
  card.style.animationDelay = "";
}

function lightPlace(node) {
  for (const here of document.querySelectorAll("[data-here]")) if (here.id !== `node-${node}`) here.removeAttribute("data-here");
  document.getElementById(`node-${node}`)?.setAttribute("data-here", "");
}

for (const name of ["wheel", "touchmove"]) {
  document.addEventListener(name, ({ target }) => target.closest("#chain") && (follows = false), { passive: true });
}
document.addEventListener("submit", ({ target }) => target.id === "chat-form" && (follows = true), true);
document.addEventListener("dock-closed", () => {
  for (const line of document.querySelectorAll("#chain [data-lit]")) darken(line.closest(".node"));
  lightPlace("");
});
onSwap(lightUp);
