// What all pages have around them: the bar at the top, the theme, the help.

import { comparePath, listPath, logsPath, mapPath, seriesPath } from "./base.js";
import { fill, h } from "./dom.js";
import { openHelp } from "./help.js";
import { icon } from "./icons.js";
import { addShortcuts } from "./keys.js";
import { nextTheme, onTheme, theme } from "./theme.js";

const THEMES = { system: ["system", "as the system has it"], dark: ["moon", "dark"], light: ["sun", "light"] };

/** `current` is the name of the page that is shown, if it is one of the bar's. */
export function buildShell(current) {
  const link = (name, path, text) => h("a", { href: path, "aria-current": current === name ? "page" : null }, text);
  const help = h("button", { type: "button", class: "quiet", title: "Keyboard shortcuts (?)", "aria-label": "Keyboard shortcuts" }, "?");
  help.addEventListener("click", openHelp);
  document.body.prepend(
    h(
      "header",
      { class: "bar" },
      h("a", { class: "brand", href: listPath() }, "Collector"),
      h("nav", { "aria-label": "Pages" }, link("list", listPath(), "Traces"), link("logs", logsPath(), "Logs"), link("series", seriesPath(), "Metrics"),
        link("map", mapPath(), "Map"), link("compare", comparePath(), "Compare")),
      h("div", { class: "slot", id: "bar-slot" }),
      themeButton(),
      help,
    ),
  );
  addShortcuts("Everywhere", [
    { keys: ["?"], label: "This help", run: openHelp },
    { keys: ["t"], label: "Dark, light or the system’s theme", run: nextTheme },
  ]);
}

function themeButton() {
  const button = h("button", { type: "button", class: "quiet", id: "theme" });
  const show = () => {
    const [picture, words] = THEMES[theme()];
    const label = `Theme: ${words}`;
    button.title = `${label} (t)`;
    button.setAttribute("aria-label", label);
    fill(button, icon(picture));
  };
  button.addEventListener("click", nextTheme);
  onTheme(show);
  show();
  return button;
}
