// What is looked at on a trace's page, and the only place that changes it: a trace in; `get`, changes by name, and `on` out.

import { criticalPath, sectionsByRank } from "../model/critical-path.js";
import { allCollapsed, nextOf, opened, placeOf, rowShowing, visibleRanks } from "../model/rows.js";
import { buildTree, levels, mainNode } from "../model/tree.js";
import { isWhole, moved, scaled, showing, whole, within } from "../model/zoom.js";

export function createState(trace) {
  const nodes = buildTree(trace.spans);
  const errors = nodes.filter(({ span }) => span.isError).map(({ rank }) => rank);
  const sections = criticalPath(nodes);
  const listeners = new Set();
  const state = {
    trace,
    nodes,
    errors,
    sections: sectionsByRank(sections),
    main: mainNode(nodes),
    levels: levels(nodes),
    collapsed: new Set(),
    ranks: nodes.map(({ rank }) => rank),
    selected: -1,
    detail: false,
    critical: true,
    /** What there is to zoom in: the trace without spans that are far from the others, or all of its time. */
    bounds: trace.usual,
    part: whole(trace.usual),
    found: [],
  };

  function change(changes) {
    Object.assign(state, changes);
    if (changes.collapsed) {
      state.ranks = visibleRanks(nodes, state.collapsed);
    }
    listeners.forEach((listener) => listener(changes));
  }

  const collapse = (collapsed) => {
    const row = state.selected < 0 ? -1 : rowShowing(visibleRanks(nodes, collapsed), state.selected);
    // Who stands on a span that goes stands on what hides it.
    change(row < 0 ? { collapsed } : { collapsed, selected: visibleRanks(nodes, collapsed)[row] });
  };

  return {
    get: () => state,
    on: (listener) => listeners.add(listener),
    /** Opens what hides it, and moves the part of time so that it is seen. */
    select(rank, { detail = state.detail } = {}) {
      const hidden = placeOf(state.ranks, rank) < 0;
      const collapsed = hidden ? { collapsed: opened(nodes, state.collapsed, rank) } : {};
      change({ ...collapsed, selected: rank, detail, part: showing(state.part, state.bounds, nodes[rank].span) });
    },
    selectRow(row, options) {
      this.select(state.ranks[Math.min(Math.max(row, 0), state.ranks.length - 1)], options);
    },
    /** By so many rows from where one stands. */
    move(step) {
      this.selectRow(state.selected < 0 ? 0 : rowShowing(state.ranks, state.selected) + step);
    },
    toggle(rank, open = state.collapsed.has(rank)) {
      const collapsed = new Set(state.collapsed);
      if (open) {
        collapsed.delete(rank);
      } else if (nodes[rank].size > 1) {
        collapsed.add(rank);
      }
      collapse(collapsed);
    },
    collapseAll: () => collapse(allCollapsed(nodes)),
    expandAll: () => collapse(new Set()),
    nextOf(list, step) {
      const next = nextOf(list, state.selected, step);
      if (next !== null) {
        this.select(next);
      }
      return next;
    },
    showDetail: (detail) => change({ detail }),
    toggleCritical: () => change({ critical: !state.critical }),
    setFound: (found) => change({ found }),
    zoomTo: (part) => change({ part: within(part, state.bounds) }),
    zoom: (factor, at) => change({ part: scaled(state.part, state.bounds, factor, at) }),
    pan: (part) => change({ part: moved(state.part, state.bounds, part) }),
    resetZoom: () => change({ part: whole(state.bounds) }),
    isZoomed: () => !isWhole(state.part, state.bounds),
    /** Between the usual time and all of it. */
    toggleFar() {
      const bounds = state.bounds === trace.usual ? trace.whole : trace.usual;
      change({ bounds, part: whole(bounds) });
    },
  };
}
