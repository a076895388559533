// Keeps a copy of unsaved text, so that a crash, a closed tab or an expired sign-in loses nothing. Never of secret fields.
// It is offered where the same form is opened again, also when others have saved meanwhile, for some days.
const PREFIX = "parley-unsaved:";
const KEPT_MS = 3 * 24 * 3600 * 1000;

const place = (form) => PREFIX + form.dataset.unsaved.replace(/:\d+$/, ""); // whatever its revision
const isSecret = (form, name) => Boolean(form.querySelector(`[name="${CSS.escape(name)}"]:is([type=password], [data-secret])`));

export function keep(form, entries) {
  const kept = entries.filter(([name]) => !isSecret(form, name));
  write(() => localStorage.setItem(place(form), JSON.stringify({ at: Date.now(), entries: kept })));
}

export function forget(form) {
  write(() => localStorage.removeItem(place(form)));
}

function write(action) {
  try {
    action();
  } catch {
    // storage is full or switched off: there is no copy then
  }
}

// Says that there is a copy which differs from what is saved.
export function offer(form, entries) {
  let kept = null;
  write(() => (kept = JSON.parse(localStorage.getItem(place(form)))));
  if (!kept) return;
  if (JSON.stringify(kept.entries) === JSON.stringify(entries)) return forget(form);
  const pattern = document.getElementById("unsaved-kept");
  if (!pattern) return;
  const notice = pattern.content.firstElementChild.cloneNode(true);
  const time = new Date(kept.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  notice.querySelector("h3").textContent = `Unsaved text from ${time} was kept`;
  notice.addEventListener("click", ({ target }) => {
    const choice = target.closest("[data-kept]")?.dataset.kept;
    if (!choice) return;
    if (choice === "restore") restore(form, kept.entries);
    else forget(form);
    notice.remove();
  });
  form.prepend(notice);
}

// Fields of one name are filled in the order of the page.
function restore(form, entries) {
  const byName = Map.groupBy ? Map.groupBy(entries, ([name]) => name) : group(entries);
  for (const [name, pairs] of byName) {
    const values = pairs.map(([, value]) => value);
    const fields = [...form.elements].filter((field) => field.name === name);
    fields.forEach((field, index) => {
      if (/^(checkbox|radio)$/.test(field.type)) field.checked = values.includes(field.value);
      else if (values[index] !== undefined) field.value = values[index];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

function group(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(entry[0], [...(groups.get(entry[0]) ?? []), entry]);
  return groups;
}

write(() => {
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    if (!(JSON.parse(localStorage.getItem(key))?.at > Date.now() - KEPT_MS)) localStorage.removeItem(key);
  }
});
