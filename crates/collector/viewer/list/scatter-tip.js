// A point of the scatter plot in, what it stands for beside it out.

import { fill, h } from "../shared/dom.js";
import { count, durationAlone, startAlone } from "../shared/format.js";
import { name } from "../shared/text.js";

/** { element, show(point, width), hide() } */
export function tip() {
  const element = h("div", { class: "scatter-tip", hidden: true });
  return {
    element,
    show({ x, y, trace }, width) {
      const errors = trace.errors > 0 ? `, ${count(trace.errors, "error")}` : "";
      fill(
        element,
        h("div", { class: "scatter-tip-name" }, name(trace.service), " ", name(trace.name)),
        h("div", {}, `${durationAlone(trace.duration)}, ${count(trace.spans, "span")}${errors}`),
        h("div", { class: "soft" }, startAlone(trace.start)),
      );
      element.hidden = false;
      const left = Math.min(Math.max(x - element.offsetWidth / 2, 4), width - element.offsetWidth - 4);
      const above = y - element.offsetHeight - 10;
      element.style.left = `${left}px`;
      element.style.top = `${above < -40 ? y + 12 : above}px`;
    },
    hide() {
      element.hidden = true;
    },
  };
}
