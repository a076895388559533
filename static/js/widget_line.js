// The line between a visitor and the agent: a session without cookies, a socket that comes back, nothing lost.
// What was said and has not come back from the server is sent again, under the same key.
import { brought, keep } from "./widget_host.js";

const NO_SESSION = 4401;
const NOT_FOUND = 4404;
const SLOWEST_MS = 15000;

function newId() {
  const parts = crypto.getRandomValues(new Uint32Array(4));
  return [...parts].map((part) => part.toString(36)).join("-");
}

export class Line {
  #key;
  #react;
  #session = null;
  #after = 0;
  #outbox = [];
  #socket = null;
  #isIn = false;
  #isBusy = false;
  #tries = 0;

  // react: { said(news), typing(text), state(name, text) }
  constructor(key, react) {
    this.#key = key;
    this.#react = react;
    const again = () => this.#socket || this.#isBusy || !this.#session || this.connect();
    window.addEventListener("online", again);
    document.addEventListener("visibilitychange", () => document.hidden || again());
  }

  // With the session of an earlier page, if there is one. Says whether there is.
  resume(session) {
    this.#session = session;
    if (session) this.connect();
    return Boolean(session);
  }

  async welcome() {
    return this.#post("welcome");
  }

  say(text) {
    const key = newId();
    this.#outbox.push({ text, key });
    if (this.#isIn) this.#socket.send(JSON.stringify({ text, key }));
    else this.connect();
    return key;
  }

  end() {
    if (this.#isIn) this.#socket.send(JSON.stringify({ end: true }));
  }

  forget() {
    this.#keep(null);
    this.#after = 0;
    this.#socket?.close();
  }

  async connect() {
    if (this.#socket || this.#isBusy) return;
    this.#isBusy = true;
    try {
      if (!this.#session) this.#keep((await this.#post("sessions")).session);
    } catch (refused) {
      this.#react.state("refused", refused.message);
      return;
    } finally {
      this.#isBusy = false;
    }
    const path = `/ws/widget/${this.#key}/`;
    const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    this.#socket = socket;
    socket.addEventListener("open", () => socket.send(JSON.stringify({ session: this.#session, after: this.#after })));
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => this.#closed(code));
  }

  #hear(told) {
    if (told.type === "hello") this.#keep(told.session);
    if (told.type === "typing") this.#react.typing(told.text);
    if (told.type === "problem") this.#react.state("problem", told.text);
    if (told.type !== "said") return;
    this.#after = told.last;
    const arrived = new Set(told.messages.map((one) => one.key));
    this.#outbox = this.#outbox.filter((one) => !arrived.has(one.key));
    if (!told.is_open) this.#outbox = [];
    this.#react.said(told);
    if (this.#isIn) return;
    this.#isIn = true;
    this.#tries = 0;
    this.#react.state("in", "");
    for (const one of this.#outbox) this.#socket.send(JSON.stringify(one));
  }

  #closed(code) {
    this.#socket = null;
    this.#isIn = false;
    if (code === NOT_FOUND) return this.#react.state("gone", "");
    if (code === NO_SESSION) this.#keep(null);
    if (!this.#session) {
      this.#after = 0;
      this.#react.state("fresh", "");
      if (this.#outbox.length) this.connect();
      return undefined;
    }
    const wait = Math.min(SLOWEST_MS, 500 * 2 ** this.#tries++) * (0.75 + Math.random() / 2);
    if (this.#tries > 1) this.#react.state("away", "");
    return setTimeout(() => this.connect(), wait);
  }

  #keep(session) {
    this.#session = session;
    keep(session);
  }

  async #post(what) {
    const body = JSON.stringify(await brought());
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(what, { method: "POST", headers, body, credentials: "omit" }).catch(() => null);
    if (!answer) throw new Error("There is no connection.");
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    console.warn("Parley:", answer.status, told.error ?? "");
    throw new Error(answer.status === 429 ? told.error.message : "The chat cannot begin right now.");
  }
}
