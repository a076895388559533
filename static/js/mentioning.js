// What pages add to their token fields whose texts name action workflows: the list on `@`, how a name is painted, and
// the way to the workflow that is named.
import { offer } from "./expander.js";
import * as mentions from "./mentions.js";
import { FIELDS, paintNames } from "./tokens.js";

offer("@", mentions);
paintNames(mentions.stateOf);

// With the caret in a mention: the workflow that it names.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches?.(`${FIELDS}[data-mentions]`)) return;
  const { value, selectionStart } = event.target;
  const before = value.slice(0, selectionStart).match(/@([\w-]*)$/)?.[1];
  const url = before === undefined ? "" : mentions.urlOf(before + value.slice(selectionStart).match(/^[\w-]*/)[0]);
  if (!url) return;
  event.preventDefault();
  document.querySelector(`#references a[href="${url}"]`)?.click() ?? location.assign(url);
});
