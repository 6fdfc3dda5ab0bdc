import { useState } from "react";

type Theme = "system" | "light" | "dark";

/** Light, dark, or what the system says. `public/theme.js` sets it before the first paint. */
export function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(() => (document.documentElement.dataset.theme as Theme | undefined) ?? "system");
  const choose = (next: Theme) => {
    setTheme(next);
    apply(next);
  };
  return (
    <fieldset className="theme">
      <legend className="hidden">Theme</legend>
      {(["system", "light", "dark"] as const).map((value) => (
        <label key={value}>
          <input type="radio" name="theme" value={value} checked={theme === value} onChange={() => choose(value)} />
          <span>{value === "system" ? "Auto" : value === "light" ? "Light" : "Dark"}</span>
        </label>
      ))}
    </fieldset>
  );
}

function apply(theme: Theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
}
