// The help: a dialog with all shortcuts that apply on this page.

import { h } from "./dom.js";
import { shortcutGroups } from "./keys.js";

const NAMES = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", " ": "Space", PageUp: "Page ↑", PageDown: "Page ↓" };

export function openHelp() {
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Close" }, "✕");
  const dialog = h(
    "dialog",
    { class: "help", "aria-labelledby": "help-title" },
    h("header", {}, h("h2", { id: "help-title" }, "Keyboard shortcuts"), close),
    h("div", { class: "groups" }, shortcutGroups().map(group)),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => event.key === "?" && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

const group = ({ title, shortcuts }) =>
  h(
    "section",
    {},
    h("h3", {}, title),
    h("dl", {}, shortcuts.map(({ keys, label, shown }) => h("div", {}, h("dt", {}, (shown ?? keys).map(keyCaps)), h("dd", {}, label)))),
  );

function keyCaps(key) {
  const parts = key.split(/\+(?=.)/).map((part) => h("kbd", {}, NAMES[part] ?? part));
  return h("span", { class: "keys" }, parts);
}
