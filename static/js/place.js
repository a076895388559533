// Puts a pop-up below a rectangle, or above where there is no room; on phones the sheet of narrow.css decides.
const ROOM = 240;
const GAP = 4;

export function place(popup, { box, caret = box }) {
  const style = popup.style;
  if (matchMedia("(max-width: 50rem)").matches) {
    for (const name of ["left", "top", "bottom", "width", "maxHeight"]) style[name] = "";
    return;
  }
  const width = Math.min(Math.max(box.width, 300), innerWidth - 16);
  const below = innerHeight - caret.bottom - GAP;
  const isAbove = below < ROOM && caret.top > below;
  style.width = `${width}px`;
  style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
  style.top = isAbove ? "auto" : `${caret.bottom + GAP}px`;
  style.bottom = isAbove ? `${innerHeight - caret.top + GAP}px` : "auto";
  style.maxHeight = `${(isAbove ? caret.top : below) - 2 * GAP}px`;
}
