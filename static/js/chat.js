// A chat: what is written goes over the websocket while it is open, else as a form.
//   [data-chat="<ws path>"]        where it is connected to; #chat-form [data-start] starts one with the first message
//   [data-stop] [data-to-end]      ends the answer · goes to the newest message
import "./lights.js";
import { onSwap } from "./swapped.js";

const NEAR_PX = 80;
const LONGEST_WAIT_MS = 15_000;
const REFUSED = new Set([1003, 1008, 1009, 4404]);
const pending = new Map(); // key → text: sent, and not yet heard back
let socket = null;
let path = "";
let failures = 0;

const log = () => document.querySelector(".chat .log");
const form = () => document.getElementById("chat-form");
const isOpen = () => socket?.readyState === WebSocket.OPEN;

function connect() {
  const wanted = document.querySelector("[data-chat]")?.dataset.chat ?? "";
  if (wanted === path && (socket || !wanted)) return;
  if (wanted !== path) failures = 0;
  path = wanted;
  const before = socket;
  socket = null;
  before?.close();
  if (path) open();
}

function open() {
  const url = new URL(path, location.href.replace(/^http/, "ws"));
  const seen = [...document.querySelectorAll("#chat-turns [data-seq]")].map(({ dataset }) => Number(dataset.seq));
  url.searchParams.set("after", Math.max(0, ...seen));
  const mine = (socket = new WebSocket(url));
  mine.addEventListener("open", () => {
    failures = 0;
    for (const [key, text] of pending) send(key, text); // said twice with one key it is heard once
  });
  mine.addEventListener("message", ({ data }) => mine === socket && take(data));
  mine.addEventListener("close", ({ code }) => {
    if (mine !== socket) return; // another chat has taken its place
    socket = null;
    busy(false);
    failures += 1;
    if (REFUSED.has(code)) return;
    const wanted = path;
    const wait = Math.min(LONGEST_WAIT_MS, 250 * 2 ** failures) * (0.5 + Math.random() / 2);
    setTimeout(() => path === wanted && !socket && open(), wait);
  });
}

function take(html) {
  const isAtEnd = log().scrollHeight - log().scrollTop - log().clientHeight < NEAR_PX;
  htmx.swap(document.body, html, { swapStyle: "none" });
  for (const { dataset } of document.querySelectorAll("#chat-turns [data-key]")) {
    if (!pending.delete(dataset.key)) continue;
    document.querySelector(`.unheard[data-sent="${CSS.escape(dataset.key)}"]`)?.remove();
  }
  if (html.includes('id="chat-tail"')) busy(false);
  if (isAtEnd) toEnd();
  else document.querySelector("[data-to-end]").hidden = false;
}

function send(key, text) {
  busy(true);
  socket.send(JSON.stringify({ text, key }));
}

// Shown at once; what the server has heard takes its place.
function show(key, text) {
  const item = Object.assign(document.createElement("li"), { className: "me-msg unheard" });
  item.dataset.sent = key;
  item.append(Object.assign(document.createElement("p"), { className: "bub", textContent: text }));
  document.getElementById("chat-turns").append(item);
  toEnd();
}

function busy(isBusy) {
  form()?.toggleAttribute("data-busy", isBusy);
}

function toEnd() {
  if (log()) log().scrollTop = log().scrollHeight;
  const button = document.querySelector("[data-to-end]");
  if (button) button.hidden = true;
}

// before htmx sees it: a form that the socket serves is not posted
document.addEventListener(
  "submit",
  (event) => {
    const { target, submitter } = event;
    const { start } = target.dataset;
    if (target !== form() || submitter?.name === "end" || !(isOpen() || start)) return;
    event.preventDefault();
    event.stopPropagation();
    const field = target.elements.text;
    const text = (submitter?.name === "choice" ? submitter.value : field.value).trim();
    if (!text) return;
    document.getElementById("chat-problem").replaceChildren();
    const key = crypto.randomUUID?.() ?? String(performance.timeOrigin + performance.now());
    pending.set(key, text);
    field.value = "";
    field.focus();
    if (start) return begin(target, start);
    show(key, text);
    send(key, text);
  },
  true,
);

// The first message: the chat is there first, and then takes it as every other.
async function begin(target, edition) {
  target.removeAttribute("data-start");
  await htmx.ajax("POST", target.action, { source: target, target: "#side", swap: "innerHTML", values: { edition, text: "" } });
  if (document.querySelector("[data-chat]")) return;
  const texts = [...pending.values()]; // it could not start: nothing that was written is lost
  pending.clear();
  if (form()) form().elements.text.value = texts.join("\n");
}

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "say" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-to-end]")) toEnd();
  if (target.closest("[data-stop]") && isOpen()) {
    socket.send(JSON.stringify({ stop: true }));
    document.getElementById("say")?.focus();
  }
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && path && !socket) open();
});

onSwap(() => {
  const was = path;
  connect();
  if (path === was) return;
  toEnd();
  for (const [key, text] of pending) if (path) show(key, text);
});
connect();
toEnd();
