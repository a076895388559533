// One native dialog for the whole page: opens when something is swapped into it, asks a question on request.
import { back } from "./focus.js";

let opener = null;

const box = () => document.getElementById("dialog");

function open() {
  const dialog = box();
  if (dialog.open) return;
  opener = document.activeElement;
  dialog.showModal();
}

export function close() {
  if (box()?.open) box().close();
}

// Resolves to the value of the chosen button; to "" when dismissed, or when another dialog is open.
export function ask({ title, text, choices }) {
  const dialog = box();
  if (dialog.open) return Promise.resolve("");
  dialog.replaceChildren(heading(title, text), buttons(choices));
  dialog.returnValue = "";
  open();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

function heading(title, text) {
  const head = element("div", "dlg-h");
  const h2 = element("h2", "", title);
  h2.id = "dialog-title";
  const inner = element("div", "grow");
  inner.append(h2, element("p", "sm muted", text));
  head.append(inner);
  return head;
}

function buttons(choices) {
  const form = element("form", "dlg-f");
  form.method = "dialog";
  for (const { value, label, primary } of choices) {
    const button = element("button", primary ? "btn primary" : value ? "btn" : "btn ghost", label);
    button.value = value;
    button.autofocus = Boolean(primary);
    form.append(button);
  }
  return form;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id !== "dialog") return;
  if (box().childElementCount) open();
  else close();
});

document.addEventListener("close-dialog", close);

// Done from inside the dialog, shown elsewhere: the dialog has served. It closes before the swap: behind it nothing
// could get the focus.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt, verb } = detail.requestConfig;
  if (elt.closest?.("#dialog") && detail.xhr.status < 400 && detail.target.id !== "dialog" && verb !== "get") close();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && !isModified(event) && !event.defaultPrevented) {
    event.preventDefault();
    htmx.ajax("GET", link.getAttribute("href"), { source: link, target: "#dialog", swap: "innerHTML" });
  } else if (event.target.closest("#dialog [data-close]")) {
    event.preventDefault();
    close();
  } else if (event.target === box()) {
    close(); // the backdrop
  }
});

export function isModified(event) {
  return event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
}

document.addEventListener(
  "close",
  ({ target }) => {
    if (target !== box()) return;
    const asked = opener?.id && document.getElementById(opener.id);
    opener = null;
    if (document.activeElement !== document.body) return;
    asked?.focus();
    back();
    if (document.activeElement === document.body) document.getElementById("main")?.focus();
  },
  true,
);
