// The keys of a trace's page: a state and its parts in, shortcuts registered.

import { addShortcuts } from "../shared/keys.js";

export function addTraceShortcuts(state, { find, page }) {
  const selected = () => state.get().selected;
  const onSpan = () => selected() >= 0;

  function left() {
    const { nodes, collapsed } = state.get();
    const node = nodes[selected()];
    if (node.size > 1 && !collapsed.has(node.rank)) {
      state.toggle(node.rank, false);
    } else if (node.parent >= 0) {
      state.select(node.parent);
    }
  }
  function right() {
    const { nodes, collapsed } = state.get();
    if (collapsed.has(selected())) {
      state.toggle(selected(), true);
    } else if (nodes[selected()].size > 1) {
      state.move(1);
    }
  }

  addShortcuts("Spans", [
    { keys: ["ArrowDown", "j"], label: "Next span", run: () => state.move(1) },
    { keys: ["ArrowUp", "k"], label: "Previous span", run: () => state.move(-1) },
    { keys: ["PageDown"], label: "A page down", run: () => state.move(page()) },
    { keys: ["PageUp"], label: "A page up", run: () => state.move(-page()) },
    { keys: ["Home"], label: "First span", run: () => state.selectRow(0) },
    { keys: ["End"], label: "Last span", run: () => state.selectRow(Infinity) },
    { keys: ["ArrowLeft", "h"], label: "Collapse, or to the parent", run: left, when: onSpan },
    { keys: ["ArrowRight", "l"], label: "Expand, or to the first child", run: right, when: onSpan },
    { keys: ["Shift+C"], label: "Collapse all", run: state.collapseAll },
    { keys: ["Shift+X"], label: "Expand all", run: state.expandAll },
    { keys: ["Enter"], label: "Detail of the span", run: () => state.showDetail(true), when: onSpan },
    { keys: ["Escape"], label: "Close the detail", run: () => state.showDetail(false), when: () => state.get().detail },
  ]);
  addShortcuts("Errors and search", [
    { keys: ["e"], label: "Next error", run: () => state.nextOf(state.get().errors, 1) },
    { keys: ["Shift+E"], label: "Previous error", run: () => state.nextOf(state.get().errors, -1) },
    { keys: ["/"], label: "Find any text, or key=value", run: find.focus },
    { keys: ["n"], label: "Next match", run: () => find.step(1) },
    { keys: ["Shift+N"], label: "Previous match", run: () => find.step(-1) },
  ]);
  addShortcuts("Time", [
    { keys: ["c"], label: "Critical path", run: state.toggleCritical },
    { keys: ["+", "="], shown: ["+"], label: "Zoom in", run: () => state.zoom(0.5) },
    { keys: ["-"], label: "Zoom out", run: () => state.zoom(2) },
    { keys: ["z"], label: "Reset the zoom", run: state.resetZoom },
    { keys: ["Shift+Z"], label: "Also the time of spans that are far away, or not", run: state.toggleFar, when: () => state.get().trace.far > 0 },
    { keys: ["["], label: "Earlier", run: () => state.pan(-0.25) },
    { keys: ["]"], label: "Later", run: () => state.pan(0.25) },
  ]);
}
