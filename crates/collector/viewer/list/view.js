// Traces as the API words them in; out the scatter plot and the rows, in the order of the filters, or why there are none.

import { isNarrowed, searchedTime } from "../model/filters.js";
import { difference, merge, sorted, summary } from "../model/summaries.js";
import { serviceColours } from "../shared/colours.js";
import { fill, h } from "../shared/dom.js";
import { noTraces, noneFits } from "./empty.js";
import { rows } from "./rows.js";
import { scatter } from "./scatter.js";
import { selection } from "./selection.js";
import { walk } from "./walk.js";

/** How often relative times are written anew. */
const TICK = 10_000;

export function listView({ onOpen, onRegion, onSelection, onCount, onClear }) {
  let traces = [];
  let names = new Set();
  let colours = serviceColours([]);
  let [totals, filters] = [null, null];

  const selected = selection(() => {
    onSelection(selected.ids());
    list.mark();
  });
  const list = rows({ isSelected: selected.has, onSelect: selected.set });
  const plot = scatter({ onOpen, onRegion });
  const walking = walk(list);
  const empty = h("div");
  const element = h("div", { class: "view" }, plot.element, list.element, empty);
  setInterval(list.tick, TICK);

  function show(next, added) {
    traces = next;
    list.show(sorted(traces, filters.sort), colours, added);
    plot.show(traces, (now) => searchedTime(filters, now));
    walking.refresh();
    selected.keepOnly(list.ids());
    onCount(traces.length, totals);
    plot.element.hidden = traces.length === 0;
    showEmpty(traces.length > 0 ? "" : totals.traces > 0 && isNarrowed(filters) ? "fits" : "none");
  }

  function showEmpty(why) {
    if (empty.dataset.why !== why) {
      empty.dataset.why = why;
      fill(empty, why === "" ? null : why === "fits" ? noneFits(onClear) : noTraces());
    }
  }

  return {
    element,
    selected,
    walk: walking,
    /** A list that was asked for. */
    set(answered, nextTotals, nextFilters) {
      [totals, filters] = [nextTotals, nextFilters];
      show(answered.map(summary), new Set());
    },
    /** What has changed of it: what is new lights up. */
    merge(changed, nextTotals, nextFilters) {
      [totals, filters] = [nextTotals, nextFilters];
      const next = merge(traces, changed.map(summary), Number(filters.limit));
      show(next, difference(traces, next).added);
    },
    ids: list.ids,
    /** Each service has one colour on the page: all of them have to be known. */
    setServices(all) {
      names = new Set([...all, ...traces.flatMap(servicesOf)]);
      colours = serviceColours([...names]);
      if (filters) {
        show(traces, new Set());
      }
    },
    hasNewServices: () => traces.some((trace) => servicesOf(trace).some((name) => !names.has(name))),
  };
}

function servicesOf({ services }) {
  return services.map(({ name }) => name);
}
