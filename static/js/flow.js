// The graph of a conversation flow: nodes are links; arrows go to the next one in that direction, `A` adds after it.
//   [data-flow]             the canvas; its graph is drawn by the server, each node an <a> with data-x and data-y
import { isModified } from "./dialog.js";
import { onSwap } from "./swapped.js";

const LINKS = ".graph a[href]";
const DIRECTIONS = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] };
const canvas = () => document.querySelector("[data-flow]");
const nodes = () => [...(canvas()?.querySelectorAll(LINKS) ?? [])];
const at = (node) => [Number(node.dataset.x), Number(node.dataset.y)];
const idOf = (node) => node.id.replace(/^node-/, "");
const view = () => new URLSearchParams(location.search).get("view");

// One tab stop; without this module each node is one.
function settle(wanted) {
  const all = nodes();
  const current = wanted ?? all.find((node) => node.hasAttribute("aria-current")) ?? all[0];
  for (const node of all) node.setAttribute("tabindex", node === current ? "0" : "-1");
}

// A link in a drawing is no link to htmx: it has to be followed here.
function follow(href, source) {
  const url = new URL(href, location.href);
  if (view()) url.searchParams.set("view", view());
  htmx.ajax("GET", url.pathname + url.search, { source, target: "#panel", swap: "innerHTML show:none", push: url.pathname + url.search });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(`[data-flow] ${LINKS}`);
  if (!link || isModified(event)) return;
  event.preventDefault();
  follow(link.getAttribute("href"), link);
});

// The nearest one that lies more in this direction than beside it; the next row before those further on.
function nextIn([dx, dy], from) {
  const [x, y] = at(from);
  const distance = (node) => {
    const [across, down] = [at(node)[0] - x, at(node)[1] - y];
    const ahead = across * dx + down * dy;
    const beside = Math.abs(across * dy) + Math.abs(down * dx);
    return ahead > 4 ? ahead * (dy ? 3 : 1) + beside * (dy ? 1 : 3) : Infinity;
  };
  const found = nodes().sort((one, other) => distance(one) - distance(other))[0];
  return found && distance(found) < Infinity ? found : null;
}

function go(node) {
  if (!node) return false;
  settle(node);
  node.focus();
  node.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

const KEYS = {
  Home: () => go(nodes()[0]),
  End: () => go(nodes().at(-1)),
  a: (node) => document.getElementById("add-node") && (follow(`${location.pathname}?add=${idOf(node)}:`, node), true),
  Delete: (node) => document.getElementById("add-node") && ask(node),
};

function ask(node) {
  htmx.ajax("GET", `${location.pathname}nodes/${idOf(node)}/delete/`, { source: node, target: "#dialog", swap: "innerHTML" });
  return true;
}

document.addEventListener("keydown", (event) => {
  const node = event.target.closest?.(`[data-flow] ${LINKS}`);
  if (!node || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  const direction = DIRECTIONS[event.key];
  const isDone = direction ? go(nextIn(direction, node)) : KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.(node);
  if (isDone) event.preventDefault();
});

document.addEventListener("focusin", ({ target }) => {
  if (target.matches?.(`[data-flow] ${LINKS}`)) settle(target);
});

// Coming back from a chain: the node that one left by.
function comeBack() {
  const node = location.hash.startsWith("#node-") && document.getElementById(location.hash.slice(1));
  if (!node || !canvas()?.contains(node)) return;
  node.focus({ preventScroll: true });
  node.scrollIntoView({ block: "center", inline: "center" });
}

// Where the drawing is wider than the screen: begin at the open node, or at the start.
function reveal() {
  const wrap = canvas()?.querySelector(".graph-wrap");
  const node = nodes().find((one) => one.hasAttribute("aria-current")) ?? nodes()[0];
  if (wrap && node && wrap.scrollWidth > wrap.clientWidth) wrap.scrollLeft = at(node)[0] - wrap.clientWidth / 2;
}

onSwap(() => settle());
settle();
reveal();
comeBack();
