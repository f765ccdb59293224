// Dark, light or the system's: remembered, and told to whoever draws by script.

const KEY = "viewer.theme";
const NEXT = { system: "dark", dark: "light", light: "system" };
const listeners = new Set();
const system = matchMedia("(prefers-color-scheme: dark)");

system.addEventListener("change", tell);

/** "system", "dark" or "light". */
export const theme = () => document.documentElement.dataset.theme ?? "system";

export function nextTheme() {
  setTheme(NEXT[theme()]);
}

export function setTheme(chosen) {
  if (chosen === "system") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = chosen;
  }
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // It lasts as long as this page then.
  }
  tell();
}

export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  listeners.forEach((listener) => listener());
}
