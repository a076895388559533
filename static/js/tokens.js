// Paints the layer under each token field, so that tokens can be told from text.
import { onSwap } from "./swapped.js";

const TOKEN = /\{\{[^{}]*\}\}/g;
const TOKEN_OR_MENTION = /\{\{[^{}]*\}\}|(?<![^\s(["'“„«,;:>*])@[A-Za-z0-9_-]{0,63}[A-Za-z0-9_](?![\w@])/g;
const ROOT = /^\{\{[-\s]*([a-z_]\w*)/i;
const ROOTS = new Set(
  "steps loop conversation run now variables action analysis session secure secrets true false".split(" "),
);
export const FIELDS = ".tok > textarea";
let stateOf = () => "step"; // of the workflow that is named

export function paint(field) {
  const layer = field.previousElementSibling;
  const text = field.value;
  const parts = [];
  const unknown = unknownIn(field);
  let end = 0;
  for (const match of text.matchAll(field.hasAttribute("data-mentions") ? TOKEN_OR_MENTION : TOKEN)) {
    parts.push(text.slice(end, match.index), mark(match[0], text.includes("{%"), unknown));
    end = match.index + match[0].length;
  }
  // without the last character a layer that ends with a line break would be a line too short
  parts.push(`${text.slice(end)}\u200b`);
  layer.replaceChildren(...parts);
  field.parentElement.toggleAttribute("data-scrolls", field.scrollHeight > field.clientHeight + 1);
  layer.scrollTop = field.scrollTop;
}

// What the server said of the tokens in the line below.
function unknownIn(field) {
  const line = document.getElementById(`${field.id}-pv`);
  return new Set(JSON.parse(line?.dataset.unknown ?? "[]"));
}

// `{% for item in … %}` brings its own names
function mark(token, hasOwnNames, unknown) {
  const painted = document.createElement("mark");
  if (token.startsWith("@")) {
    painted.dataset.v = stateOf(token.slice(1));
    painted.textContent = token;
    return painted;
  }
  const root = token.match(ROOT)?.[1] ?? "";
  const isKnown = !unknown.has(token) && (hasOwnNames || ROOTS.has(root) || /^\{\{[-\s]*["'\d]/.test(token));
  painted.dataset.v = isKnown ? root : "bad";
  painted.textContent = token;
  return painted;
}

function paintAll(within) {
  for (const field of within.querySelectorAll(FIELDS)) paint(field);
}

export function paintNames(ask) {
  stateOf = ask;
  paintAll(document);
}

const oneLine = (text) => text.replace(/\s*[\r\n]+\s*/g, " ");

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.(FIELDS)) return;
  if (target.hasAttribute("data-one-line") && /[\r\n]/.test(target.value)) {
    const caret = target.selectionStart;
    target.value = oneLine(target.value);
    target.setSelectionRange(caret, caret);
  }
  paint(target);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.isComposing && event.target.matches?.(`${FIELDS}[data-one-line]`)) {
    event.preventDefault();
  }
});

document.addEventListener("paste", (event) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!event.target.matches?.(`${FIELDS}[data-one-line]`) || !/[\r\n]/.test(text)) return;
  event.preventDefault();
  document.execCommand("insertText", false, oneLine(text.trim()));
});

document.addEventListener(
  "scroll",
  ({ target }) => {
    if (target.matches?.(FIELDS)) target.previousElementSibling.scrollTop = target.scrollTop;
  },
  true,
);

onSwap(() => paintAll(document));
document.addEventListener("reset", ({ target }) => setTimeout(() => paintAll(target)));
paintAll(document);
