// Puts a button and the frame of a chat on any page: <script src="…/widget.js" data-agent="wk_…" async></script>
// Nothing of the page is read. How it looks comes from Parley; window.parleySettings goes before.
(() => {
  const script = document.currentScript;
  const base = new URL(script.src).origin;
  const own = { ...script.dataset, ...window.parleySettings };
  const texts = { button: "Chat with us", close: "Close the chat", dismiss: "Dismiss", ...own.texts };
  const SHEET = `
    :host { all: initial; --gap: 1.25rem; }
    * { box-sizing: border-box; font: 400 0.875rem/1.4 system-ui, sans-serif; }
    [hidden] { display: none !important; }
    .dock { position: fixed; inset-block-end: var(--gap); inset-inline-end: var(--gap); z-index: 2147483000;
      display: flex; gap: 0.75rem; align-items: center; }
    .open { width: 3.5rem; height: 3.5rem; border: 0; border-radius: 50%; cursor: pointer; padding: 0; position: relative;
      display: grid; place-items: center; background: var(--accent); color: var(--on-accent); box-shadow: 0 4px 16px rgb(0 0 0 / 0.25); }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
    svg { width: 1.5rem; height: 1.5rem; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .unread { position: absolute; inset: -0.25rem -0.25rem auto auto; min-width: 1.25rem; border-radius: 1rem;
      background: #b42318; color: #fff; font-size: 0.75rem; line-height: 1.25rem; text-align: center; }
    .teaser { display: flex; align-items: start; max-width: 16rem; background: Canvas; color: CanvasText; border-radius: 0.75rem;
      box-shadow: 0 2px 12px rgb(0 0 0 / 0.2); color-scheme: light dark; }
    .teaser button { border: 0; background: none; color: inherit; cursor: pointer; padding: 0.625rem; text-align: start; }
    iframe { position: fixed; inset-block-end: calc(var(--gap) + 4.5rem); inset-inline-end: var(--gap); z-index: 2147483001; border: 0;
      width: 24rem; max-width: calc(100vw - 2 * var(--gap)); height: min(40rem, calc(100dvh - 7.5rem)); border-radius: 1rem;
      background: Canvas; box-shadow: 0 8px 40px rgb(0 0 0 / 0.3); }
    @media (max-width: 30rem) { iframe { inset: 0; width: 100%; max-width: none; height: 100dvh; border-radius: 0; } }`;
  const [CLOSED, OPEN] = ["M21 15a2 2 0 0 1-2 2H7l-4 4V5a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2z", "m6 9 6 6 6-6"];
  const SVG = "http:" + "//www.w3.org/2000/svg"; // a name, not an address
  const isOn = (value) => value !== undefined && value !== false && value !== "false";
  let ready, shadow, button, teaser, frame;

  const make = (tag, attributes = {}, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  };

  function textOn(colour) {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.19 ? "#14171f" : "#ffffff";
  }

  async function draw() {
    const answer = await fetch(`${base}/widget/${own.agent}/look`, { credentials: "omit" }).catch(() => null);
    if (!answer?.ok) throw new Error("Parley: no chat here. Is the widget on, and is this page among its origins?");
    const told = await answer.json();
    const look = { ...told, title: texts.title || told.title, theme: own.theme || told.theme };
    if (/^#[0-9a-f]{6}$/i.test(own.accent ?? "")) Object.assign(look, { accent: own.accent, on_accent: textOn(own.accent) });
    const host = make("div", { id: "parley-chat" });
    host.style.setProperty("--accent", look.accent);
    host.style.setProperty("--on-accent", look.on_accent);
    shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
    shadow.adoptedStyleSheets = [sheet];
    button = make("button", { class: "open", type: "button", "aria-expanded": "false", "aria-label": texts.button });
    button.addEventListener("click", () => (isOpen() ? close() : open()));
    icon(CLOSED);
    const dock = make("div", { class: "dock" });
    if (look.teaser) dock.append((teaser = bubble(look.teaser)));
    dock.append(button);
    dock.hidden = isOn(own.hideButton);
    shadow.append(dock);
    shadow.addEventListener("keydown", (event) => event.key === "Escape" && isOpen() && close());
    document.body.append(host);
    return look;
  }

  function bubble(text) {
    const [say, away] = [make("button", { type: "button" }, text), make("button", { type: "button", "aria-label": texts.dismiss }, "×")];
    say.addEventListener("click", open);
    away.addEventListener("click", () => (teaser.hidden = true));
    return make("div", { class: "teaser" }, say, away);
  }

  function icon(path) {
    const [svg, line] = ["svg", "path"].map((tag) => document.createElementNS(SVG, tag));
    for (const [name, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
    line.setAttribute("d", path);
    svg.append(line);
    button.replaceChildren(svg);
  }

  const [isOpen, start] = [() => Boolean(frame && !frame.hidden), () => (ready ??= draw())];
  const tell = (kind, more) => frame?.contentWindow?.postMessage({ parley: kind, ...more }, base);

  async function open() {
    const look = await start();
    if (teaser) teaser.hidden = true;
    if (!frame) shadow.append((frame = make("iframe", { src: `${base}/widget/${own.agent}/`, title: look.title })));
    frame.hidden = false;
    show(true);
    frame.focus();
    tell("opened");
  }

  function close() {
    if (!isOpen()) return;
    frame.hidden = true;
    show(false);
    tell("closed");
    button.focus();
  }

  function show(state) {
    button.setAttribute("aria-expanded", String(state));
    button.setAttribute("aria-label", state ? texts.close : texts.button);
    icon(state ? OPEN : CLOSED);
  }

  function unread(count) {
    if (isOpen() || !count) return;
    button.setAttribute("aria-label", `${texts.button} (${count})`);
    button.querySelector(".unread")?.remove();
    button.append(make("span", { class: "unread", "aria-hidden": "true" }, String(count)));
  }

  // The session of the chat: this page's own storage outlasts the frame's. It opens this one chat, for a day.
  function remembered(...kept) {
    const name = `parley.${own.agent}`;
    try {
      if (kept.length) kept[0] ? localStorage.setItem(name, kept[0]) : localStorage.removeItem(name);
      return localStorage.getItem(name);
    } catch {
      return null; // storage is switched off: the chat lasts as long as the page
    }
  }

  window.addEventListener("message", async ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== base) return;
    if (data?.parley === "close") close();
    if (data?.parley === "unread") unread(Number(data.count));
    if (data?.parley === "keep") remembered(data.session);
    const { texts: said = {}, quickReplies: replies = [] } = own;
    if (data?.parley === "ready") tell("look", { look: await ready, texts: said, replies, isOpen: isOpen(), kept: remembered() });
    if (data?.parley !== "ask") return;
    const { variables = {}, metadata = {}, token } = own;
    const given = await (async () => (typeof token === "function" ? token() : token))().catch(() => "");
    tell("brought", { id: data.id, brought: { variables, metadata, token: given || "" } });
  });

  window.parleyChat = { start, open, close };
  const begin = () => start().catch((error) => console.warn(error.message));
  if (!isOn(own.lazy)) document.body ? begin() : document.addEventListener("DOMContentLoaded", begin);
})();
