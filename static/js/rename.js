// F2: a step is renamed where it stands. Enter saves, Escape leaves it as it was. A double click goes to the panel's field.
import { place, post } from "./steps.js";
import { onSwap } from "./swapped.js";

function begin(link) {
  const at = place(link);
  if (!at || at.isBranch || link.nextElementSibling?.matches("input")) return false;
  const open = document.getElementById("i-step-label");
  if (open && link.matches("[aria-current]")) {
    open.focus();
    open.select();
    return true;
  }
  const was = nameOf(link);
  const input = Object.assign(document.createElement("input"), { className: "name", value: was, maxLength: 200 });
  input.setAttribute("aria-label", `Name of step ${link.querySelector(".n").textContent}`);
  input.dataset.was = was;
  link.hidden = true;
  link.after(input);
  input.focus();
  input.select();
  return true;
}

const nameOf = (link) => link.lastChild.textContent.trim();

function end(input, isSaving) {
  const link = input.closest(".node")?.querySelector(".t");
  const label = input.value.trim();
  if (!link || input.dataset.done) return;
  input.dataset.done = "yes"; // taking it away is losing the focus, too
  input.remove();
  link.hidden = false;
  if (document.activeElement === document.body) link.focus();
  if (isSaving && label && label !== input.dataset.was) post(place(link), "name", { label, was: input.dataset.was });
}

const isName = (target) => target.matches?.(".node > input.name");

document.addEventListener("keydown", (event) => {
  if (isName(event.target)) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(event.target, event.key === "Enter");
  } else if (event.key === "F2" && event.target.closest?.("#chain .node")) {
    if (begin(event.target.closest(".node").querySelector(".t"))) event.preventDefault();
  }
}, true);
document.addEventListener("focusout", ({ target }) => isName(target) && end(target, true));

// The first of the two clicks opens the step, and with it the field of its name.
let wanted = "";
document.addEventListener("dblclick", ({ target }) => {
  wanted = target.closest?.("#chain .node .t")?.id ?? "";
});
onSwap(() => {
  const field = wanted && document.getElementById(wanted)?.matches("[aria-current]") && document.getElementById("i-step-label");
  if (!field) return;
  wanted = "";
  field.focus();
  field.select();
});

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-rename]");
  const link = item && document.getElementById(`a-${item.dataset.rename}`);
  if (!link) return;
  event.preventDefault();
  document.querySelector("#menu:popover-open, #acts:popover-open")?.hidePopover();
  begin(link);
}, true);
