// Stops what would throw away unsaved edits, and asks first.
import { ask, isModified } from "./dialog.js";
import { formOf, guardedForm, isDirty, letGo } from "./dirty.js";

const isInside = (form, element) => form === element || form.contains(element) || element.form === form;

// Resolves to true when the edits were saved or given up.
async function mayLeave(form, isPublishing) {
  const name = form.dataset.unsavedName;
  const choice = await ask({
    title: name ? `Save your edits in “${name}”?` : "Save your edits?",
    text: "They are only in this browser.",
    choices: [
      { value: "save", label: "Save and continue", primary: true },
      { value: "discard", label: isPublishing ? "Continue without them" : "Discard" },
      { value: "", label: "Keep editing" },
    ],
  });
  if (choice === "save") return save(form);
  if (choice === "discard" && !isPublishing) letGo(form);
  return choice === "discard";
}

function save(form) {
  if (!form.reportValidity()) return false;
  return new Promise((resolve) => {
    const done = ({ detail }) => {
      if (formOf(detail.xhr) !== form) return;
      document.removeEventListener("htmx:afterRequest", done);
      setTimeout(() => resolve(detail.successful && !isDirty(form)));
    };
    document.addEventListener("htmx:afterRequest", done);
    form.requestSubmit();
  });
}

const replacesPanel = (detail) => detail.target?.matches?.("#panel, body, main, #main");

document.addEventListener("htmx:confirm", async (event) => {
  const { detail } = event;
  const form = guardedForm();
  const isPublishing = detail.target?.id === "dialog" && detail.elt.hasAttribute("data-dialog");
  if (!isDirty(form) || isInside(form, detail.elt) || !(replacesPanel(detail) || isPublishing)) return;
  event.preventDefault();
  if (await mayLeave(form, isPublishing)) detail.issueRequest(true);
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]");
  const form = guardedForm();
  if (!link || !isDirty(form) || event.defaultPrevented || isModified(event)) return;
  if (link.target === "_blank" || link.hasAttribute("download") || !isAway(link)) return;
  event.preventDefault();
  if (await mayLeave(form)) location.assign(link.href);
});

// Links that htmx follows are asked about above; those to a place on this page leave nothing.
function isAway(link) {
  if (link.closest("[hx-get], [hx-boost=true], [data-dialog], .dots, [data-menu], [data-tab]")) return false;
  return link.href.split("#")[0] !== location.href.split("#")[0];
}

document.addEventListener("submit", async (event) => {
  const form = guardedForm();
  const other = event.target;
  if (!isDirty(form) || other === form || other.method === "dialog" || event.defaultPrevented) return;
  if (other.closest("[hx-post], [hx-get]")) return;
  event.preventDefault();
  if (await mayLeave(form)) other.requestSubmit(event.submitter);
});

// Back: the address has changed already; put it back, then ask.
let shownUrl = location.href;
const remember = () => (shownUrl = location.href);
for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) {
  document.addEventListener(name, remember);
}
addEventListener(
  "popstate",
  async (event) => {
    const form = guardedForm();
    if (!isDirty(form) || location.href === shownUrl) return remember();
    event.stopImmediatePropagation();
    history.pushState({ htmx: true }, "", shownUrl);
    if (await mayLeave(form)) history.back();
  },
  true,
);
