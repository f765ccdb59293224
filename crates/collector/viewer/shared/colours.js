// Services in, their colours out: as a custom property for style sheets, as plain colours for canvases.

import { assign } from "../model/palette.js";
import { h } from "./dom.js";

/** For the services of one page. */
export function serviceColours(names) {
  const numbers = assign(names);
  return (name) => `var(--service-${numbers.get(name) ?? 0})`;
}

/** A dot in the service's colour, beside its name: colour alone tells nothing. */
export const dot = (colour) => h("span", { class: "dot", "aria-hidden": "true", style: { "--colour": colour } });

/** What a colour of the style sheets is now, in the theme of the moment, for a canvas. */
export function plainColour(colour) {
  const probe = h("span", { hidden: true, style: { color: colour } });
  document.body.append(probe);
  const plain = getComputedStyle(probe).color;
  probe.remove();
  return plain;
}
