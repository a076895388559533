// The list of action workflows in the `@` pop-up: what matches, what is chosen, and one that is made on the way.
export const id = "ats";
export const popup = () => document.getElementById("at-pop");
const list = () => [...(popup()?.querySelectorAll("[role=option]") ?? [])];
const created = () => popup().querySelector("[data-create]");
export const options = () => list();
const shown = () => list().filter((option) => !option.hidden);
export const chosen = () => popup()?.querySelector("[aria-selected=true]");
export const canInsert = Boolean;
export const fold = () => false;
export const isAllowedIn = (field) => field.hasAttribute("data-mentions");

// What a name may have; what is typed otherwise ends the mention.
export const endsQuery = (query) => /[^A-Za-z0-9_-]/.test(query);

export function prepare() {}

// Returns how many match.
export function filter(query) {
  const wanted = query.toLowerCase();
  const workflows = list().filter((option) => option.dataset.name);
  for (const option of workflows) {
    option.hidden = !`${option.dataset.name} ${option.querySelector(".p").textContent}`.toLowerCase().includes(wanted);
  }
  const isKnown = workflows.some((option) => option.dataset.name === query);
  created().hidden = !query || isKnown;
  popup().querySelector("[data-at-name]").textContent = query;
  const visible = shown();
  choose(visible.find((option) => option.dataset.name?.toLowerCase().startsWith(wanted)) ?? visible[0]);
  popup().querySelector("[data-ats-none]").hidden = visible.length > 0;
  return visible.length;
}

export function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
}

export function step(by) {
  const visible = shown();
  if (visible.length) choose(visible[(visible.indexOf(chosen()) + by + visible.length) % visible.length]);
}

export const announcement = (count) => `${count === 1 ? "1 workflow" : `${count} workflows`}. Up and Down to choose, Enter to insert.`;

// The text that is put into the field. A workflow that is not there yet is made; what is typed stays as it is.
export function textOf(option) {
  if (!option.dataset.create) return `@${option.dataset.name}`;
  const name = popup().querySelector("[data-at-name]").textContent;
  htmx.ajax("POST", option.dataset.create, {
    source: popup(),
    target: popup(),
    swap: "outerHTML",
    values: { kind: "action", name },
  });
  return `@${name}`;
}

// Of a name in a text: live, draft or unknown, for the painted layer.
export function stateOf(name) {
  if (!popup()) return "step";
  const option = list().find(({ dataset }) => dataset.name === name);
  if (!option) return "bad";
  return option.hasAttribute("data-live") ? "step" : "draft";
}

export const urlOf = (name) => list().find(({ dataset }) => dataset.name === name)?.dataset.url;
