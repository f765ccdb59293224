// A short message at the edge of the page, read out by screen readers, gone by itself.

import { h } from "./dom.js";

const SHOWN_MS = 4_000;
const region = h("div", { class: "toasts", role: "status" });
document.body.append(region);

export function toast(message) {
  const note = h("div", { class: "toast" }, message);
  region.replaceChildren(note);
  setTimeout(() => note.remove(), SHOWN_MS);
}
