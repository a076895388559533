// Draws what is said in a widget's chat: as text, never as HTML.
const $ = (id) => document.getElementById(id);
const [log, turns, typing, chips] = ["log", "turns", "typing", "chips"].map($);
const NEAR_PX = 80;

// A reader who has scrolled up is left there.
export function atEnd(draw) {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
  draw();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

export function turn({ by, text, note: isNote, key: id, name }) {
  const known = id && turns.querySelector(`[data-key="${CSS.escape(id)}"]`);
  if (known) return known.classList.remove("pending");
  const bubble = document.createElement("p");
  bubble.className = isNote ? "bub hold" : "bub";
  bubble.textContent = text;
  const item = document.createElement("li");
  if (by === "visitor") item.className = "me-msg";
  if (id) item.dataset.key = id;
  const speaker = document.createElement("span");
  speaker.className = "sr";
  speaker.textContent = by === "visitor" ? "You: " : `${$("title").textContent}: `;
  bubble.prepend(speaker);
  if (name) item.append(Object.assign(document.createElement("p"), { className: "by", textContent: name })); // a person, not the agent
  item.append(bubble);
  // what waits to be sent stays last
  const waiting = turns.querySelector(".pending");
  if (waiting && by === "agent") waiting.before(item);
  else turns.append(item);
  return undefined;
}

export function suggest(replies, isStrict, choose) {
  const offered = replies.map((text) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = text;
    chip.addEventListener("click", () => choose(text));
    const item = document.createElement("li");
    item.append(chip);
    return item;
  });
  chips.replaceChildren(...offered);
  chips.hidden = !replies.length;
  $("say").disabled = $("send").disabled = Boolean(isStrict && replies.length);
}

export function type(text) {
  typing.hidden = text === null;
  typing.textContent = text || "…";
}
