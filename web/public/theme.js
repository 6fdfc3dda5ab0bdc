// Before the first paint: the theme that was chosen here, if one was. Without it the system's holds.
try {
  var theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme.
}
