// Does a form differ from what the server gave? Compares real values, so typing something back makes it clean again.
//   form[data-unsaved="<workflow>:<step>:<revision>"]   what is guarded; data-card is the id of the step's card
//   [data-unsaved-state]                                the panel's status text
//   [data-discard]                                      gives up what was typed
import { offer, forget, keep } from "./rescue.js";
import { onSwap } from "./swapped.js";

const IGNORED = /^(csrfmiddlewaretoken|rev|again|conflict|t\..*)$/; // `t.`: with what a step is tried out
const given = new Map(); // key → what the server gave; survives the form being drawn again
const sent = new WeakMap(); // request → {form, values}
let words = "";

// Of a request that saves; the form itself may have been drawn again when the answer is there.
export const formOf = (xhr) => sent.get(xhr)?.form;

export const guardedForm = () => document.querySelector("form[data-unsaved]");

// Empty entries do not count: an added and still empty row is no edit.
export function entries(form) {
  return [...new FormData(form)].filter(([name, value]) => value && typeof value === "string" && !IGNORED.test(name));
}

const written = (form) => new URLSearchParams(entries(form)).toString();

export function isDirty(form = guardedForm()) {
  return Boolean(form) && given.has(form.dataset.unsaved) && written(form) !== given.get(form.dataset.unsaved);
}

export function letGo(form = guardedForm()) {
  if (!form) return;
  given.delete(form.dataset.unsaved); // what the server gives next counts
  forget(form);
  show(form);
}

function meet(form) {
  if (!form || form.dataset.met) return;
  form.dataset.met = "yes";
  const key = form.dataset.unsaved;
  if (!given.has(key)) given.set(key, form.hasAttribute("data-unsaved-dirty") ? "" : written(form));
  words = "";
  show(form);
  if (!isDirty(form)) offer(form, entries(form));
}

function show(form) {
  const dirty = isDirty(form);
  const state = document.querySelector("[data-unsaved-state]");
  if (state) {
    state.dataset.clean ??= state.textContent.trim() || "All changes saved";
    state.classList.toggle("dirty", dirty);
    say(state, dirty ? "Unsaved changes" : words || state.dataset.clean);
  }
  markCard(form.dataset.card, dirty);
}

function say(state, text) {
  if (state.textContent !== text) state.textContent = text;
}

function markCard(id, dirty) {
  const card = id && document.getElementById(id);
  const mark = card?.querySelector(".mk.dirty");
  if (!card || dirty === Boolean(mark)) return;
  if (mark) return mark.remove();
  const made = document.createElement("span");
  const dot = document.createElement("span");
  made.className = "mk dirty";
  dot.className = "dot";
  made.append(dot, "Unsaved");
  card.prepend(made);
}

let timer = 0;
for (const name of ["input", "change"]) {
  document.addEventListener(name, ({ target }) => {
    const form = target.form;
    if (!form?.hasAttribute("data-unsaved")) return;
    words = "";
    if (!given.has(form.dataset.unsaved)) given.set(form.dataset.unsaved, ""); // let go, and yet still here
    show(form);
    clearTimeout(timer);
    timer = setTimeout(() => (isDirty(form) ? keep(form, entries(form)) : forget(form)), 300);
  });
}

// before htmx sees the click, so that nobody asks
document.addEventListener(
  "click",
  ({ target }) => {
    if (!target.closest("[data-discard]")) return;
    clearTimeout(timer);
    letGo();
  },
  true,
);

document.addEventListener("submit", ({ target }) => {
  if (target.matches("form[data-unsaved]:not([hx-post])")) letGo(target); // leaves the page
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const form = detail.elt;
  if (!form.matches("form[data-unsaved]") || detail.requestConfig.verb !== "post") return;
  sent.set(detail.xhr, { form, values: written(form) });
  const state = document.querySelector("[data-unsaved-state]");
  if (state) say(state, "Saving…");
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const save = sent.get(detail.xhr);
  if (!save) return;
  const { form, values } = save;
  if (detail.successful && detail.xhr.status < 300) {
    clearTimeout(timer);
    given.set(form.dataset.unsaved, values);
    forget(form);
    words = `Saved ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
  }
  if (form.isConnected) show(form);
});

onSwap(() => {
  meet(guardedForm());
  if (guardedForm()) show(guardedForm());
});
addEventListener("beforeunload", (event) => isDirty() && event.preventDefault());
meet(guardedForm());
