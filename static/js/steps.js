// Keys of the chain that change it: each posts what the card's menu would.

const EDITABLE = ".dots, [data-menu]"; // only who may change something has menus

export function place(target) {
  const head = target.closest(".branch-head");
  const link = head ? head.querySelector("h4 a") : target.closest(".node")?.querySelector(".t");
  if (!link || !(head ?? target.closest(".node")).querySelector(EDITABLE)) return null;
  const { pathname, searchParams } = new URL(link.href);
  const step = searchParams.get("step");
  if (!head && (!step || step === "settings")) return null;
  const branch = head?.id.slice("bh-".length);
  const url = `${pathname}${head ? `branches/${branch}` : `steps/${step}`}/`;
  return { link, url, base: pathname, isBranch: Boolean(head), anchor: head ? `head:${branch}` : `after:${step}` };
}

export function post(at, path, values = {}, target) {
  const swap = target ? "innerHTML show:none" : "none";
  // not from the card's link: htmx would put what is posted to into the address bar, as it does for pages
  htmx.ajax("POST", `${at.url}${path}/`, { source: "#chain", values, swap, target: target ?? at.link });
}

// The server asks back when there is something to say.
function remove(at) {
  if (!at.isBranch) return post(at, "delete", { ask: "yes" });
  const hasSteps = at.link.closest(".branch").querySelector(":scope > .chain > li");
  if (hasSteps) htmx.ajax("GET", `${at.url}delete/`, { source: "#chain", target: "#dialog", swap: "innerHTML" });
  else post(at, "delete");
}

// `A` adds after a step, or first in a branch; with Shift before the step.
export function add(target, isBefore) {
  const head = target.closest(".branch-head");
  const li = target.closest("li");
  const before = li?.previousElementSibling?.querySelector(":scope > .plus") ?? li?.parentElement.parentElement.querySelector(":scope > .plus");
  const plus = head ? head.parentElement.querySelector(":scope > .plus") : isBefore ? before : li?.querySelector(":scope > .plus");
  plus?.click();
  return Boolean(plus);
}

const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

function act(event, at) {
  const { key } = event;
  if (event.altKey && MOVES[key]) {
    if (at.isBranch !== /left|right/.test(MOVES[key])) return false;
    post(at, "move", { to: MOVES[key], ask: "yes" });
  } else if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "d") {
    post(at, "duplicate", {}, "#panel");
  } else if (key === "Delete") {
    remove(at);
  } else {
    return false;
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || !event.target.closest?.("#chain") || event.target.matches("input, textarea, select")) return;
  const at = place(event.target);
  if (at && act(event, at)) event.preventDefault();
});
