// Text from spans as elements: isolated from its surroundings in direction, with nothing invisible, cut when it is long.

import { line, short, visible } from "../model/visible.js";
import { count } from "./format.js";
import { h } from "./dom.js";

const NAME = 200;
const VALUE = 2_000;

/** A name, on one line. */
export const name = (text, properties = {}) => h("bdi", properties, text === "" ? "(no name)" : line(text, NAME));

/** A value, with a button for the rest of it if there is more than fits. */
export function value(text, limit = VALUE) {
  const shown = h("bdi", {}, short(text, limit));
  if (text.length <= limit) {
    return shown;
  }
  const label = `Show all ${count(text.length, "character")}`;
  const button = h("button", { type: "button", class: "link" }, label);
  const element = h("span", {}, shown, " ", button);
  button.addEventListener("click", () => {
    shown.textContent = visible(text);
    element.replaceChildren(shown);
  });
  return element;
}
