// Opens a picker in token fields: variables on `/` where a word may begin, on `{{`, or by the button beside the
// label; action workflows on `@` or by theirs, where mentioning.js offers them.
import { announce } from "./announce.js";
import { caretRect } from "./caret.js";
import { place } from "./place.js";
import { onSwap } from "./swapped.js";
import { FIELDS } from "./tokens.js";
import * as variables from "./variables.js";

const MAY_PRECEDE = /[\s([{"',=>]/;
const LONGEST_QUERY = 64;
const INSIDE = "#var-pop, #at-pop, [data-insert], [data-mention]";
const LISTS = { "/": variables, "{{": variables };
let at = null; // {field, start, trigger, list} while a picker is open

export function offer(trigger, list) {
  LISTS[trigger] = list;
}

function open(field, trigger, list) {
  if (!list.popup() || !list.options().length || !list.isAllowedIn(field)) return;
  const start = field.selectionStart - trigger.length;
  at = { field, start, trigger, list };
  list.prepare(field);
  list.popup().showPopover();
  field.setAttribute("aria-controls", list.id);
  const count = list.filter("");
  follow();
  announce(list.announcement(count));
}

export function close() {
  if (!at) return;
  at.field.removeAttribute("aria-controls");
  at.field.removeAttribute("aria-activedescendant");
  const { list } = at;
  at = null;
  list.popup()?.hidePopover();
}

function follow() {
  const active = at.list.chosen();
  if (active) at.field.setAttribute("aria-activedescendant", active.id);
  else at.field.removeAttribute("aria-activedescendant");
  const box = at.field.parentElement.getBoundingClientRect();
  place(at.list.popup(), { box, caret: at.field.hasAttribute("data-one-line") ? box : caretRect(at.field, at.start) });
}

function insert(option) {
  if (!at.list.canInsert(option)) return;
  const { field, start, list } = at;
  const rest = field.value.slice(field.selectionStart).match(/^ ?\}\}/)?.[0].length ?? 0;
  const end = field.selectionStart + (at.trigger === "{{" ? rest : 0);
  const text = list.textOf(option, field);
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
  if (!LISTS[event.data] || !before.endsWith(event.data)) return "";
  return before.length === 1 || MAY_PRECEDE.test(before.at(-2)) ? event.data : "";
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.(FIELDS)) return;
  if (at?.field === field) refilter(field);
  const trigger = triggerTyped(field, event);
  if (trigger && (!at || trigger === "{{")) {
    close();
    open(field, trigger, LISTS[trigger]);
  }
});

function refilter(field) {
  const from = at.start + at.trigger.length;
  const query = field.value.slice(from, field.selectionStart);
  const isLeft = field.selectionStart < from || at.list.endsQuery(query) || query.length > LONGEST_QUERY;
  if (isLeft || (!at.list.filter(query.trim()) && /\s$/.test(query))) close();
  else follow();
}

const KEYS = {
  ArrowDown: () => at.list.step(1),
  ArrowUp: () => at.list.step(-1),
  ArrowRight: () => at.list.fold(true),
  ArrowLeft: () => at.list.fold(false),
  Enter: () => insert(at.list.chosen()),
  Tab: () => insert(at.list.chosen()),
  Escape: close,
};

document.addEventListener(
  "keydown",
  (event) => {
    if (!at || event.target !== at.field || event.isComposing || event.shiftKey || !KEYS[event.key]) return;
    if ((event.key === "Enter" || event.key === "Tab") && !at.list.chosen()) return;
    if (KEYS[event.key]() === false) return close(); // the arrow moves the caret instead
    event.preventDefault();
    event.stopPropagation();
    if (at) follow();
  },
  true,
);

document.addEventListener("pointerdown", (event) => {
  if (event.target.closest(INSIDE)) event.preventDefault(); // the field keeps the focus
  else if (at && event.target !== at.field) close();
});

document.addEventListener("click", ({ target }) => {
  const option = target.closest(":is(#var-pop, #at-pop) [role=option]");
  if (option && at) {
    if (!target.closest("[data-turn]")) return insert(option);
    at.list.turn(option);
    return follow();
  }
  const button = target.closest("[data-insert], [data-mention]");
  if (!button) return;
  const list = LISTS[button.dataset.insert ? "/" : "@"];
  const field = document.getElementById(button.dataset.insert ?? button.dataset.mention);
  const isOpenHere = at?.field === field && at.list === list;
  close();
  field?.focus();
  if (field && list && !isOpenHere) open(field, "", list);
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (at?.field === target && !relatedTarget?.closest(INSIDE)) close();
});
document.addEventListener("scroll", ({ target }) => at && !at.list.popup().contains(target) && follow(), true);
onSwap(() => at && !at.field.isConnected && close());
addEventListener("resize", () => at && follow());
