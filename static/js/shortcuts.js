// The table of keys. Single letters and `?` act only while the focus is in the chain, and can be switched off.
import { add } from "./steps.js";
import { onSwap } from "./swapped.js";

const OFF = "parley-letters-off";

const press = (selector) => {
  const target = document.querySelector(selector);
  target?.click();
  return Boolean(target);
};
const EVERYWHERE = {
  "mod+s": () => press("[data-save]"),
  "mod+k": () => press("[data-outline]"),
  "mod+shift+Enter": () => press("[data-publish]"),
  Escape: () => !document.querySelector(":popover-open, dialog[open]") && press("#panel [data-close-panel]"),
  F6: () => cycle(1),
  "shift+F6": () => cycle(-1),
};
const IN_CHAIN = {
  a: (event) => add(event.target, false),
  "shift+a": (event) => add(event.target, true),
  "?": () => press("[data-help]"),
};

function name(event) {
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  const isLetter = event.key.length === 1;
  const isShifted = event.shiftKey && (!isLetter || mod || /[a-z]/i.test(event.key));
  return mod + (isShifted ? "shift+" : "") + (isLetter ? event.key.toLowerCase() : event.key);
}

function cycle(by) {
  const regions = ["#bar", "#panel", "#chain", "#side"].map((id) => document.querySelector(id)).filter(Boolean);
  if (!regions.length) return false;
  const here = regions.findIndex((region) => region.contains(document.activeElement));
  const to = regions.at((here + by + regions.length) % regions.length);
  const inside = to.querySelectorAll("a[href]:not([tabindex='-1']), button:not([tabindex='-1']), input:not([type=hidden]), textarea, select");
  ([...inside].find((one) => one.checkVisibility()) ?? to).focus();
  return true;
}

const lettersOff = () => {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false;
  }
};

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-letters]")) return;
  try {
    localStorage.setItem(OFF, target.checked ? "" : "yes");
  } catch {
    // nothing is kept, and the letters act
  }
});

function showLetters() {
  for (const box of document.querySelectorAll("[data-letters]")) box.checked = !lettersOff();
}
onSwap(showLetters);
showLetters();

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const isInChain = event.target.closest?.("#chain") && !event.target.matches("input, textarea, select");
  const action = EVERYWHERE[name(event)] ?? (isInChain && !lettersOff() ? IN_CHAIN[name(event)] : undefined);
  if (action?.(event)) event.preventDefault();
});
