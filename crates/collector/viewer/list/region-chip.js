// Filters that were brushed in, a chip that says the region and undoes it out.

import { fill, h } from "../shared/dom.js";
import { time } from "../shared/format.js";
import { icon } from "../shared/icons.js";

/** { element, show(filters) }. The chip is there while a time from when to when is a filter. */
export function regionChip(onUndo) {
  const text = h("span");
  const undo = h("button", { type: "button", class: "quiet", id: "undo-region", title: "Undo the region", "aria-label": "Undo the region" }, icon("close"));
  undo.addEventListener("click", () => onUndo());
  const element = h("div", { class: "chip", id: "region", hidden: true }, text, undo);
  return {
    element,
    show({ start, end, minDuration, maxDuration }) {
      element.hidden = !(start && end);
      if (!element.hidden) {
        fill(text, `Region: ${at(start)} – ${at(end)}${durations(minDuration, maxDuration)}`);
      }
    },
  };
}

function at(micros) {
  return /^\d+$/.test(micros) ? time(BigInt(micros) * 1_000n) : micros;
}

function durations(min, max) {
  if (min && max) {
    return `, ${min} to ${max}`;
  }
  return min ? `, from ${min}` : max ? `, up to ${max}` : "";
}
