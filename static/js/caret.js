// Where is the caret of a token field? Its layer breaks lines exactly as the textarea does, so a range in it tells.
export function caretRect(field, offset = field.selectionStart) {
  const layer = field.previousElementSibling;
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT);
  let left = offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (left <= node.length) return rectAt(node, left);
    left -= node.length;
  }
  return field.getBoundingClientRect();
}

function rectAt(node, offset) {
  const range = document.createRange();
  range.setStart(node, offset);
  range.collapse(true);
  const rects = range.getClientRects();
  return rects[rects.length - 1] ?? range.getBoundingClientRect();
}
