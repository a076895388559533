// Opens the variable picker in token fields: on `/` where a word may begin, on `{{`, or by the button beside the label.
import { announce } from "./announce.js";
import { caretRect } from "./caret.js";
import { place } from "./place.js";
import { onSwap } from "./swapped.js";
import { FIELDS } from "./tokens.js";
import * as variables from "./variables.js";

const MAY_PRECEDE = /[\s([{"',=>]/;
const LONGEST_QUERY = 60;
let at = null; // {field, start, trigger} while the picker is open

const popup = () => document.getElementById("var-pop");

function open(field, trigger) {
  if (!popup() || !variables.options().length) return;
  const start = field.selectionStart - trigger.length;
  at = { field, start, trigger };
  variables.prepare(field);
  popup().showPopover();
  field.setAttribute("aria-controls", "vars");
  const count = variables.filter("");
  follow();
  announce(`${count === 1 ? "1 variable" : `${count} variables`}. Up and Down to choose, Enter to insert.`);
}

export function close() {
  if (!at) return;
  at.field.removeAttribute("aria-controls");
  at.field.removeAttribute("aria-activedescendant");
  at = null;
  popup()?.hidePopover();
}

function follow() {
  const active = variables.chosen();
  if (active) at.field.setAttribute("aria-activedescendant", active.id);
  else at.field.removeAttribute("aria-activedescendant");
  const box = at.field.parentElement.getBoundingClientRect();
  place(popup(), { box, caret: at.field.hasAttribute("data-one-line") ? box : caretRect(at.field, at.start) });
}

function insert(option) {
  if (!variables.canInsert(option)) return;
  const { field, start } = at;
  const rest = field.value.slice(field.selectionStart).match(/^ ?\}\}/)?.[0].length ?? 0;
  const end = field.selectionStart + (at.trigger === "{{" ? rest : 0);
  const text = `{{ ${option.dataset.path} }}`;
  close();
  field.focus();
  field.setSelectionRange(start, end);
  if (document.execCommand("insertText", false, text)) return; // keeps the browser's own undo
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText" }));
}

function triggerTyped(field, event) {
  if (event.isComposing || event.inputType !== "insertText") return "";
  const before = field.value.slice(0, field.selectionStart);
  if (before.endsWith("{{")) return "{{";
  if (event.data !== "/" || !before.endsWith("/")) return "";
  return before.length === 1 || MAY_PRECEDE.test(before.at(-2)) ? "/" : "";
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.(FIELDS)) return;
  if (at?.field === field) refilter(field);
  const trigger = triggerTyped(field, event);
  if (trigger && (!at || trigger === "{{")) {
    close();
    open(field, trigger);
  }
});

function refilter(field) {
  const from = at.start + at.trigger.length;
  const query = field.value.slice(from, field.selectionStart);
  const isLeft = field.selectionStart < from || /[\n{}/]/.test(query) || query.length > LONGEST_QUERY;
  if (isLeft || (!variables.filter(query.trim()) && /\s$/.test(query))) close();
  else follow();
}

const KEYS = {
  ArrowDown: () => variables.step(1),
  ArrowUp: () => variables.step(-1),
  ArrowRight: () => variables.fold(true),
  ArrowLeft: () => variables.fold(false),
  Enter: () => insert(variables.chosen()),
  Tab: () => insert(variables.chosen()),
  Escape: close,
};

document.addEventListener(
  "keydown",
  (event) => {
    if (!at || event.target !== at.field || event.isComposing || event.shiftKey || !KEYS[event.key]) return;
    if ((event.key === "Enter" || event.key === "Tab") && !variables.chosen()) return;
    if (KEYS[event.key]() === false) return close(); // the arrow moves the caret instead
    event.preventDefault();
    event.stopPropagation();
    if (at) follow();
  },
  true,
);

document.addEventListener("pointerdown", (event) => {
  if (event.target.closest("#var-pop, [data-insert]")) event.preventDefault(); // the field keeps the focus
  else if (at && event.target !== at.field) close();
});

document.addEventListener("click", ({ target }) => {
  const option = target.closest("#var-pop [role=option]");
  if (option && at) return insert(option);
  const button = target.closest("[data-insert]");
  if (!button) return;
  const field = document.getElementById(button.dataset.insert);
  const isOpenHere = at?.field === field;
  close();
  field?.focus();
  if (field && !isOpenHere) open(field, "");
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (at?.field === target && !relatedTarget?.closest("#var-pop, [data-insert]")) close();
});
document.addEventListener("scroll", ({ target }) => at && !popup().contains(target) && follow(), true);
onSwap(() => at && !at.field.isConnected && close());
addEventListener("resize", () => at && follow());
