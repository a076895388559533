// Tabs of a panel: both parts stand in one form, so that what is typed in one is there for the other.
//   a[data-tab="<id>"]   shows that part and hides those of the other tabs; an empty part is fetched first
import { isModified } from "./dialog.js";

function show(tab) {
  for (const other of tab.closest("ul").querySelectorAll("a[data-tab]")) {
    document.getElementById(other.dataset.tab).hidden = other !== tab;
    if (other === tab) other.setAttribute("aria-current", "page");
    else other.removeAttribute("aria-current");
  }
  const part = document.getElementById(tab.dataset.tab);
  if (!part.childElementCount) htmx.ajax("GET", tab.href, { source: part, target: part, swap: "innerHTML" });
}

document.addEventListener("click", (event) => {
  if (isModified(event)) return;
  const tab = event.target.closest("a[data-tab]");
  if (tab) {
    event.preventDefault();
    return show(tab);
  }
  // to a field in the part that is not shown, such as from a list of errors
  const link = event.target.closest('a[href^="#"]');
  const part = link && document.getElementById(link.hash.slice(1))?.closest("[hidden]");
  const to = part?.id && document.querySelector(`a[data-tab="${part.id}"]`);
  if (to) show(to);
});
