// A chat: what is written goes over the websocket while it is open, else as a plain form.
const NEAR_PX = 80;
let socket = null;

function connect() {
  const path = document.querySelector("[data-chat]")?.dataset.chat;
  if (!path || socket) return;
  socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
  socket.addEventListener("message", ({ data }) => {
    const log = document.querySelector(".chat .log");
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
    htmx.swap(document.body, data, { swapStyle: "none" });
    if (isAtEnd) toEnd();
  });
  socket.addEventListener("close", () => (socket = null)); // from now on the form posts
}

function toEnd() {
  const log = document.querySelector(".chat .log");
  if (log) log.scrollTop = log.scrollHeight;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id !== "chat-form" || socket?.readyState !== WebSocket.OPEN) return;
  event.preventDefault();
  const field = form.elements.text;
  const text = (event.submitter?.name === "choice" ? event.submitter.value : field.value).trim();
  if (!text) return;
  document.getElementById("chat-problem").replaceChildren();
  socket.send(JSON.stringify({ text, key: crypto.randomUUID?.() ?? String(performance.timeOrigin + performance.now()) }));
  field.value = "";
  field.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "say" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

connect();
toEnd();
