// Runs before the first paint: follows the system until a choice is made; ?theme=dark forces one for reviews.
(() => {
  const root = document.documentElement;
  const key = "parley-theme";
  const set = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  };
  let kept = null;
  try {
    kept = localStorage.getItem(key);
  } catch {
    // storage is switched off: the system decides
  }
  set(new URLSearchParams(location.search).get("theme") || kept);
  root.dataset.js = "";

  const isDark = () => {
    if (root.dataset.theme) return root.dataset.theme === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    set(isDark() ? "light" : "dark");
    try {
      localStorage.setItem(key, root.dataset.theme);
    } catch {
      // the choice lasts for this page
    }
  });
})();
