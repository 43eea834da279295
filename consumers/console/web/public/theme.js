// Before the first paint, so that a dark hall never sees a white flash. A file of its own: the policy lets no inline script run.
(() => {
  const wish = localStorage.getItem("linewatch.theme");
  const dark = wish === "dark" || (wish !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
