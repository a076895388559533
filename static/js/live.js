// The websocket of a page: what the server sends are fragments, each for the element that has its id. A list says
// which rows it has (data-live-row): some may have gone while the page was drawn or the line was broken.
import { tab } from "./tab.js";

const STATE_AFTER_MS = 1500;
const LONGEST_WAIT_MS = 30_000;
let socket = null;
let failures = 0;
let hadToWait = false;
let pillTimer = 0;

export function tell(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

const path = () => document.body.dataset.live;

function connect() {
  if (!path() || socket) return;
  const address = new URL(path(), location.href.replace(/^http/, "ws"));
  address.searchParams.set("tab", tab);
  const rows = [...document.querySelectorAll("[data-live-row]")].map(({ dataset }) => dataset.liveRow);
  if (rows.length) address.searchParams.set("rows", rows.join("."));
  socket = new WebSocket(address);
  socket.addEventListener("open", () => {
    document.dispatchEvent(new Event("live-open"));
    failures = 0;
    clearTimeout(pillTimer);
    pill(false);
    if (hadToWait) resync();
    hadToWait = false;
  });
  socket.addEventListener("message", ({ data }) => htmx.swap(document.body, data, { swapStyle: "none" }));
  socket.addEventListener("close", ({ code }) => {
    socket = null;
    if (code === 4403 || code === 1008) return; // refused: trying again changes nothing
    again();
  });
}

function again() {
  hadToWait = true;
  failures += 1;
  if (failures === 1) pillTimer = setTimeout(() => pill(true), STATE_AFTER_MS);
  const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures);
  setTimeout(connect, wait * (0.5 + Math.random() / 2));
}

function pill(isLost) {
  const shown = document.querySelector("[data-live-state]");
  if (shown) shown.hidden = !isLost;
}

// What happened meanwhile was not sent again: fetch the parts that live.
function resync() {
  const parts = [...document.querySelectorAll("[data-live-part][id]")].map(({ id }) => `#${id}`);
  if (!parts.length) return;
  htmx.ajax("GET", location.href, { source: document.body, target: "body", swap: "none", selectOOB: parts.join(",") });
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && path() && !socket) connect();
});
document.addEventListener("htmx:historyRestore", connect);
connect();
