// Speaks short messages through #live, one after another, whoever wrote them: a module or the server.
const GAP_MS = 150;
const READING_MS = 700;
const waiting = [];
let isSpeaking = false;

export function announce(text) {
  waiting.push(text);
  if (!isSpeaking) speak();
}

function speak() {
  const live = document.getElementById("live");
  const text = waiting.shift();
  isSpeaking = Boolean(live && text);
  if (!isSpeaking) return;
  live.textContent = "";
  setTimeout(() => {
    document.getElementById("live").textContent = text;
    setTimeout(speak, READING_MS);
  }, GAP_MS);
}

// A region that arrives with its text is not read: say it again. htmx tells of it once for every piece of the answer.
let isTold = false;
document.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
  if (detail.target?.id !== "live" || isTold) return;
  isTold = true;
  queueMicrotask(() => {
    isTold = false;
    const text = document.getElementById("live")?.textContent.trim();
    if (text) announce(text);
  });
});
