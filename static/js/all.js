// A box that ticks every box of its form: data-all="<name of the boxes>" on its label, hidden until this runs.
import { onSwap } from "./swapped.js";

const boxes = (label) => [...label.closest("form").querySelectorAll(`input[name="${label.dataset.all}"]`)];

function show() {
  for (const label of document.querySelectorAll("[data-all][hidden]")) label.hidden = false;
}

document.addEventListener("change", ({ target }) => {
  const label = target.closest?.("form")?.querySelector("[data-all]");
  if (!label) return;
  const all = label.querySelector("input");
  if (target === all) {
    for (const box of boxes(label)) box.checked = all.checked;
  } else {
    const ticked = boxes(label).filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes(label).length;
    all.indeterminate = ticked > 0 && !all.checked;
  }
});

onSwap(show);
show();
