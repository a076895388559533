// Others in the same workflow: where they are stands on the cards; what they change comes without disturbing who types.
//   #people [data-on="<id>"]   who is here, and on which step or branch; the server keeps it
import { tell } from "./live.js";
import { onSwap } from "./swapped.js";

let told = "";

function sayWhere() {
  const query = new URLSearchParams(location.search);
  const now = Object.fromEntries(["step", "branch", "add", "replace"].map((name) => [name, query.get(name) ?? ""]));
  if (!document.getElementById("people") || JSON.stringify(now) === told) return;
  told = JSON.stringify(now);
  tell(now);
}

function placeAll() {
  for (const mark of document.querySelectorAll("#chain .who")) mark.remove();
  for (const person of document.querySelectorAll("#people [data-on]")) {
    const id = person.dataset.on;
    const card = id && (document.getElementById(`n-${id}`) ?? document.getElementById(`bh-${id}`));
    if (!card || card.querySelector(".who")) continue;
    const mark = person.firstElementChild.cloneNode(true);
    mark.classList.add("who");
    mark.title = person.title;
    mark.ariaHidden = "true";
    card.append(mark);
  }
}

document.addEventListener("live-open", () => {
  told = "";
  sayWhere();
});
for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) {
  document.addEventListener(name, sayWhere);
}
addEventListener("popstate", () => setTimeout(sayWhere));
onSwap(placeAll);

// What comes twice, by the answer to a change and as the change of somebody else, stands there once; what is typed
// into a card stays; the chain, drawn again as a whole, stays where it was scrolled to.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (fragment.querySelector("#news")) document.getElementById("news")?.remove(); // the newest says it all
  const came = fragment.localName === "ol" && fragment.querySelector(":scope > li > .node, :scope > li > .loop > .node");
  const isThere = came && document.getElementById(came.id);
  const isTyped = target.closest?.("#chain") && target.querySelector("input.name");
  if (isThere || isTyped) event.detail.shouldSwap = false;
  if (target.id !== "chain" || isTyped) return;
  const { scrollTop, scrollLeft } = target;
  queueMicrotask(() => document.getElementById("chain")?.scrollTo(scrollLeft, scrollTop));
});
