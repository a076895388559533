// Pieces of a rule are drawn again for another field or operator. What was chosen or typed meanwhile stays.
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const { target, fragment } = detail;
  if (!target?.closest?.(".rule")) return;
  const drawn = fragment?.querySelector?.(`#${CSS.escape(target.id)}`);
  const asksTheSame = target.dataset.wants && drawn?.dataset.wants === target.dataset.wants;
  const isChosenAnew = target.matches("select") && drawn?.value !== target.value;
  if (asksTheSame || isChosenAnew) detail.shouldSwap = false;
});
