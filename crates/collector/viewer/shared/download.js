// A text or its parts in, a file of it in the browser's downloads.

import { h } from "./dom.js";

export function download(text, fileName, type = "application/json") {
  const url = URL.createObjectURL(new Blob([text].flat(), { type }));
  h("a", { href: url, download: fileName }).click();
  // Not at once: the browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
