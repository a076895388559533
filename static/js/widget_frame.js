// The chat in its frame: what the visitor does, what the page around asks for, and what comes over the line.
import * as host from "./widget_host.js";
import { atEnd, suggest, turn, type } from "./widget_draw.js";
import { Line } from "./widget_line.js";

const $ = (id) => document.getElementById(id);
const root = document.documentElement;
const { key } = $("chat").dataset;
const [log, turns, note, chips, form, field] = ["log", "turns", "note", "chips", "form", "say"].map($);
const NOTES = { away: "Connecting again …", gone: "This chat is not available any more.", in: "", fresh: "" };
let unread = 0;
let isOpen = host.isAlone;
let given = [];

function look({ accent, on_accent, theme, title }) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (accent) root.style.setProperty("--w-accent", accent);
  if (on_accent) root.style.setProperty("--w-on-accent", on_accent);
  if (title) $("title").textContent = title;
}

const line = new Line(key, {
  said(news) {
    if (turns.dataset.isWelcome) {
      turns.replaceChildren(...turns.querySelectorAll(".pending"));
      delete turns.dataset.isWelcome;
    }
    atEnd(() => {
      type(news.is_over ? null : "");
      news.messages.forEach(turn);
      if (news.is_over) suggest(news.replies, news.is_strict, say);
    });
    if (!isOpen) host.tell("unread", { count: (unread += news.messages.filter((one) => one.by === "agent").length) });
    if (!news.is_open) over();
    $("end").hidden = !news.is_open;
  },
  typing: (text) => atEnd(() => type(text)),
  state(name, text) {
    note.textContent = text || NOTES[name] || "";
    $("again").hidden = name !== "refused";
    if (name === "fresh" && !turns.childElementCount) welcome();
    if (name === "gone") field.disabled = $("send").disabled = true;
    if (name === "problem") type(null);
  },
});

function say(typed) {
  const text = typed.trim();
  if (!text) return;
  suggest([], false);
  const id = line.say(text);
  atEnd(() => turn({ by: "visitor", text, key: id }));
  turns.lastElementChild.classList.add("pending");
  log.scrollTop = log.scrollHeight;
  field.value = "";
  field.focus();
}

function over() {
  form.hidden = true;
  chips.hidden = true;
  type(null);
  $("over").hidden = false;
}

async function welcome() {
  form.hidden = false;
  $("over").hidden = $("end").hidden = true;
  turns.replaceChildren();
  try {
    const { greeting, replies, is_strict, ignored } = await line.welcome();
    if (ignored.length) console.warn("Parley: the page may not set these variables:", ignored.join(", "));
    if (greeting) turn({ by: "agent", text: greeting });
    turns.dataset.isWelcome = "yes";
    suggest(given.length ? given : replies, is_strict, say);
  } catch (refused) {
    note.textContent = refused.message;
  }
}

// Until here the field takes nothing: what is typed before anybody listens would be sent to nobody.
function begin(session) {
  field.disabled = $("send").disabled = false;
  return line.resume(session) || welcome();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  say(field.value);
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && host.tell("close"));
$("close").addEventListener("click", () => host.tell("close"));
$("close").hidden = host.isAlone;
$("end").addEventListener("click", () => line.end());
$("again").addEventListener("click", () => line.connect());
$("new").addEventListener("click", () => {
  line.forget();
  welcome().then(() => field.focus());
});
host.on("opened", () => {
  [isOpen, unread] = [true, 0];
  log.scrollTop = log.scrollHeight;
  field.focus();
});
host.on("closed", () => (isOpen = false));
host.on("look", (told) => {
  look(told.look);
  given = told.replies.filter((one) => typeof one === "string");
  if (told.texts.placeholder) field.placeholder = told.texts.placeholder;
  isOpen = told.isOpen;
  begin(told.kept);
  if (isOpen) field.focus();
});
look($("chat").dataset);
host.tell("ready");
if (host.isAlone) begin(host.kept());
