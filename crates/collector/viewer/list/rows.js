// Traces in, the list's rows out: each trace keeps its row while the list changes around it.

import { h } from "../shared/dom.js";
import { longest } from "../model/summaries.js";
import { keepPlace } from "./anchor.js";
import { row } from "./row.js";

/** { element, show(traces, colours, added), mark(), tick(), ids(), rowOf(id) }. `onSelect(id, selected)` is told of boxes. */
export function rows({ isSelected, onSelect }) {
  const element = h("ol", { class: "rows", "aria-label": "Traces" });
  let known = new Map();

  /** Shows these traces in this order; those of `added` are shown to be new. */
  function show(traces, colours, added = new Set()) {
    keepPlace(element, () => {
      const most = longest(traces);
      const next = new Map();
      for (const trace of traces) {
        const one = known.get(trace.id) ?? row(trace.id, onSelect);
        one.update(trace, most, colours);
        one.mark(isSelected(trace.id));
        if (added.has(trace.id)) {
          one.element.classList.add("new");
        }
        next.set(trace.id, one);
      }
      for (const [id, one] of known) {
        if (!next.has(id)) {
          one.element.remove();
        }
      }
      known = next;
      arrange(element, [...next.values()].map((one) => one.element));
    });
  }

  return {
    element,
    show,
    /** Which are selected has changed. */
    mark: () => known.forEach((one, id) => one.mark(isSelected(id))),
    /** Times that are relative to now go on. */
    tick: () => known.forEach((one) => one.tick()),
    ids: () => [...known.keys()],
    rowOf: (id) => known.get(id),
  };
}

// Moves as few as it can: an element that is moved loses the focus, and its place on the screen.
function arrange(parent, wanted) {
  let cursor = parent.firstElementChild;
  for (const element of wanted) {
    if (cursor !== element && cursor?.nextElementSibling === element) {
      // The one at the cursor is what has moved: its turn comes later.
      cursor = element;
    }
    if (cursor === element) {
      cursor = cursor.nextElementSibling;
    } else {
      parent.insertBefore(element, cursor);
    }
  }
}
