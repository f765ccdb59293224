// A long list in, the first of its elements on the page out, with a button that shows the rest.

import { append, h } from "./dom.js";
import { count } from "./format.js";

/**
 * Puts what `build` makes of the first `most` into `body`. Gives the button that adds the others, null if there are none; `label` is
 * its words.
 */
export function portion(body, list, build, most, label = `Show ${count(list.length - most, "more", "more")}`) {
  append(body, list.slice(0, most).map(build));
  if (list.length <= most) {
    return null;
  }
  const button = h("button", { type: "button", class: "link" }, label);
  button.addEventListener("click", () => {
    append(body, list.slice(most).map(build));
    button.remove();
  });
  return button;
}
