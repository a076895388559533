// Calls back once after htmx has changed the page, however many pieces it changed: it tells of each of them.
const callbacks = [];
let isDue = false;

export function onSwap(callback) {
  callbacks.push(callback);
}

document.addEventListener("htmx:afterSettle", () => {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    for (const callback of callbacks) callback();
  });
});
