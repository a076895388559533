// Keeps a copy of unsaved text in this tab, so that a crash or an expired sign-in loses nothing. Never of secret fields.
const PREFIX = "parley-unsaved:";

const place = (form) => PREFIX + form.dataset.unsaved;
const isSecret = (form, name) => Boolean(form.querySelector(`[name="${CSS.escape(name)}"]:is([type=password], [data-secret])`));

export function keep(form, entries) {
  const kept = entries.filter(([name]) => !isSecret(form, name));
  write(() => sessionStorage.setItem(place(form), JSON.stringify({ at: Date.now(), entries: kept })));
}

export function forget(form) {
  write(() => sessionStorage.removeItem(place(form)));
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
  write(() => (kept = JSON.parse(sessionStorage.getItem(place(form)))));
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
