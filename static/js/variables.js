// The list of variables in the pop-up: what matches, what is chosen, what is folded.
export const id = "vars";
export const popup = () => document.getElementById("var-pop");
export const options = () => [...(popup()?.querySelectorAll("[role=option]:not([data-create])") ?? [])];
const shown = () => options().filter((option) => !option.hidden);
const created = () => popup()?.querySelector("[data-create]");
const IS_NAME = /^[A-Za-z_][\w-]{0,63}$/;
export const chosen = () => popup()?.querySelector("[aria-selected=true]");
const isForbidden = (option) => option.getAttribute("aria-disabled") === "true";

// Which entry holds which: `a.b` is held by `a` of the same group.
function parentOf(option) {
  const { path } = option.dataset;
  const held = [...option.parentElement.children].filter(
    ({ dataset }) => dataset.path && path.startsWith(dataset.path) && /^[.[]/.test(path.slice(dataset.path.length)),
  );
  return held.sort((one, other) => other.dataset.path.length - one.dataset.path.length)[0];
}

const hasInner = (option) => option.querySelector(".ty").hasAttribute("data-turn");

export const isAllowedIn = () => true;

// What cannot stand in the name that is looked for: the picker has served.
export const endsQuery = (query) => /[\n{}/]/.test(query);
export const announcement = (count) => `${count === 1 ? "1 variable" : `${count} variables`}. Up and Down to choose, Enter to insert.`;

// The text that is put into the field. A variable that is not there yet is made; what is typed stays as it is.
export function textOf({ dataset }, field) {
  if (dataset.token) return field.hasAttribute("data-tags") ? dataset.token : dataset.plain;
  if (!dataset.create) return `{{ ${dataset.path} }}`;
  const name = created().querySelector("[data-vars-name]").textContent;
  const list = popup();
  htmx
    .ajax("POST", dataset.create, { source: list, target: list, swap: "outerHTML", values: { name } })
    .then(() => document.dispatchEvent(new Event("names-changed")));
  return `{{ ${dataset.root}.${name} }}`;
}

export function prepare(field) {
  for (const option of options()) {
    const parent = parentOf(option);
    option.dataset.parent = parent?.id ?? "";
    option.dataset.depth = parent ? Number(parent.dataset.depth) + 1 : 0;
    option.removeAttribute("data-open");
    option.toggleAttribute("data-absent", isAbsent(option, field));
    const isForbiddenHere = option.hasAttribute("data-secure") && !field.hasAttribute("data-secure-ok");
    option.setAttribute("aria-disabled", String(isForbiddenHere));
    if (option.hasAttribute("data-secure")) {
      option.querySelector(".v").textContent = isForbiddenHere ? "not allowed in this field" : "never shown";
    }
    hintType(option, field.dataset);
  }
  const inner = new Set(options().filter((one) => !one.hasAttribute("data-absent")).map(({ dataset }) => dataset.parent));
  for (const option of options()) option.querySelector(".ty").toggleAttribute("data-turn", inner.has(option.id));
}

// The settings have fields that are filled in before the steps run, and what one says of every item of a list
// needs tags.
const isAbsent = ({ dataset }, field) =>
  (dataset.notIn?.split(" ").includes(field.name.split(".")[1]) ?? false) ||
  (dataset.plain === "" && !field.hasAttribute("data-tags"));

// A list or an object in a text field becomes text, and a filter can make a number of a list: allowed, but said.
function hintType(option, { accepts, refuses, needs }) {
  const { dataset } = option;
  const type = option.querySelector(".ty");
  type.dataset.plain ??= type.textContent;
  const becomesText = accepts === "text" && !dataset.token && /^(array|list|object)$/.test(dataset.type);
  const isWrong = refuses?.split(" ").includes(dataset.type);
  type.textContent = `${type.dataset.plain} ${becomesText ? "→ text" : isWrong ? `· needs ${needs}` : ""}`.trim();
}

// Returns how many match.
export function filter(query) {
  const words = query.toLowerCase().split(/[\s.]+/).filter(Boolean);
  for (const option of options()) {
    const text = `${option.querySelector(".l").textContent} ${option.dataset.path}`.toLowerCase();
    option.hidden = option.hasAttribute("data-absent") || (words.length ? !words.every((word) => text.includes(word)) : !isUnfolded(option));
  }
  for (const group of popup().querySelectorAll("[role=group]")) group.hidden = !group.querySelector("[role=option]:not([hidden])");
  const visible = shown();
  const label = (option) => option.querySelector(".l").textContent.toLowerCase();
  choose(visible.find((option) => words.length && label(option).startsWith(words[0])) ?? visible.find((one) => !isForbidden(one)));
  offerToCreate(query);
  popup().querySelector("[data-vars-none]").hidden = visible.length > 0;
  popup().querySelector("[data-vars-query]").textContent = query || "Type to filter";
  popup().querySelector("[data-vars-count]").textContent =
    visible.length === 1 ? "1 variable" : `${visible.length} variables`;
  return visible.length;
}

// Never chosen by itself: Enter after a word that merely follows a slash makes nothing.
function offerToCreate(query) {
  const entry = created();
  if (!entry) return;
  const isThere = options().some(({ dataset }) => dataset.path.split(".").at(-1) === query);
  entry.hidden = !IS_NAME.test(query) || isThere;
  entry.setAttribute("aria-selected", "false");
  entry.querySelector("[data-vars-name]").textContent = query;
}

function isUnfolded({ dataset }) {
  if (!dataset.parent) return true;
  const parent = document.getElementById(dataset.parent);
  return parent.hasAttribute("data-open") && isUnfolded(parent);
}

export function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
}

export function step(by) {
  const visible = [...shown(), ...(created()?.hidden === false ? [created()] : [])];
  if (!visible.length) return;
  const from = by < 0 && !chosen() ? 0 : visible.indexOf(chosen());
  choose(visible[(from + by + visible.length) % visible.length]);
}

// With a pointer: the mark beside the type.
export function turn(option) {
  choose(option);
  fold(!option.hasAttribute("data-open"));
}

// Opens or closes what is chosen; false when there is nothing to open.
export function fold(isOpening) {
  const option = chosen();
  if (!option?.dataset.path) return false;
  if (isOpening && !hasInner(option)) return false;
  const turned = isOpening ? option : option.hasAttribute("data-open") ? option : document.getElementById(option.dataset.parent);
  if (!turned) return false;
  turned.toggleAttribute("data-open", isOpening);
  filter("");
  choose(turned);
  return true;
}

export const canInsert = (option) => Boolean(option) && !isForbidden(option);
