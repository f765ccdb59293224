// Copying: a text in, the clipboard filled, and a note that says so.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { toast } from "./toast.js";

/** A small button that copies `text`, which may be a function that makes it. `what` is what its label says. */
export function copyButton(text, what, picture = "copy") {
  const label = `Copy ${what}`;
  const button = h("button", { type: "button", class: "copy", title: label, "aria-label": label }, icon(picture));
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    copyText(typeof text === "function" ? text() : text, what);
  });
  return button;
}

export async function copyText(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // There is no clipboard outside secure contexts: the collector seen from another machine.
    if (!copyBySelection(text)) {
      toast(`The ${what} could not be copied: this browser does not allow it here.`);
      return;
    }
  }
  toast(`Copied the ${what}`);
}

function copyBySelection(text) {
  const field = h("textarea", { class: "offscreen", readonly: true, "aria-hidden": "true" });
  field.value = text;
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}
