// The line under a token field: how it reads with the newest samples, and what is wrong with what is typed.
//   form[data-previews="<url>"]   where to ask; .pvs#<id of the field>-pv is the place of the answer
import { cookie } from "./cookie.js";
import { onSwap } from "./swapped.js";
import { FIELDS, paint } from "./tokens.js";

const AFTER_MS = 400;
const typed = new WeakSet(); // fields that somebody types in
const waiting = new Set();
const asked = new WeakMap(); // field → the number of the last question: an older answer may come later
let timer = 0;
let number = 0;

const lineOf = (field) => document.getElementById(`${field.id}-pv`);
const hasTokens = (field) => /\{\{|\{%/.test(field.value);

async function ask(fields) {
  const url = fields[0]?.form?.dataset.previews;
  if (!url) return;
  const body = new URLSearchParams();
  for (const field of fields) {
    for (const [name, value] of [["id", field.id], ["name", field.name], ["text", field.value]]) body.append(name, value);
    if (typed.has(field)) body.append("typed", field.id);
  }
  const said = new Map(fields.map((field) => [field.id, field.value]));
  const own = (number += 1);
  for (const field of fields) asked.set(field, own);
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": cookie("csrftoken") ?? "", "HX-Request": "true" } });
    if (answer.ok) show(await answer.text(), said, own);
  } catch {
    // without the server there is no preview; saving says so
  }
}

// What was typed on meanwhile is asked for again anyway.
function show(html, said, own) {
  for (const line of new DOMParser().parseFromString(html, "text/html").querySelectorAll(".pvs")) {
    const field = document.getElementById(line.id.replace(/-pv$/, ""));
    if (!field || asked.get(field) !== own || field.value !== said.get(field.id)) continue;
    lineOf(field)?.replaceWith(line);
    line.dataset.of = field.value;
    document.getElementById(`${field.id}-problems`)?.toggleAttribute("hidden", line.hasAttribute("data-typed"));
    paint(field);
  }
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.(FIELDS) || !lineOf(target)) return;
  typed.add(target);
  waiting.add(target);
  clearTimeout(timer);
  timer = setTimeout(() => {
    const fields = [...waiting].filter((field) => field.isConnected);
    waiting.clear();
    ask(fields);
  }, AFTER_MS);
});

function askForAll() {
  const fields = [...document.querySelectorAll(`form[data-previews] ${FIELDS}`)];
  ask(fields.filter((field) => hasTokens(field) && lineOf(field) && lineOf(field).dataset.of !== field.value && !waiting.has(field)));
}

onSwap(askForAll);
// a name was made: what named nothing may name something now
document.addEventListener("names-changed", () => {
  for (const field of document.querySelectorAll(`form[data-previews] ${FIELDS}`)) delete lineOf(field)?.dataset.of;
  askForAll();
});
askForAll();
