// What the frame of a chat and the page around it tell each other. The frame may stand alone too.
const WAITS_MS = 10000;
const NAME = location.pathname;
const isAlone = window.parent === window;
const waiting = new Map();
const heard = {};

export function on(kind, react) {
  heard[kind] = react;
}

// The session is kept by the page around: in somebody else's page browsers let a frame keep nothing for long.
export function keep(session) {
  if (isAlone) store(session);
  else tell("keep", { session });
}

export function kept() {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}

function store(session) {
  try {
    if (session) sessionStorage.setItem(NAME, session);
    else sessionStorage.removeItem(NAME);
  } catch {
    // storage is switched off: the chat lasts as long as the page
  }
}

// The browser shows the frame to the pages named in its policy only, whichever of them is around may have this.
export function tell(kind, more = {}) {
  if (!isAlone) window.parent.postMessage({ parley: kind, ...more }, "*");
}

// Variables, metadata and the customer's token: asked for only when a chat begins.
export function brought() {
  const nothing = { variables: {}, metadata: {}, token: "" };
  if (isAlone) return Promise.resolve(nothing);
  const id = String(waiting.size) + performance.now();
  const answer = new Promise((resolve) => waiting.set(id, resolve));
  const late = new Promise((resolve) => setTimeout(resolve, WAITS_MS, nothing));
  tell("ask", { id });
  return Promise.race([answer, late]);
}

window.addEventListener("message", ({ source, data }) => {
  if (isAlone || source !== window.parent || typeof data?.parley !== "string") return;
  if (data.parley === "brought") waiting.get(data.id)?.(data.brought);
  heard[data.parley]?.(data);
});

export { isAlone };
