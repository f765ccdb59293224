// One row of the waterfall: the span's place in the tree, its name, and its bar with events, critical path and duration.

import { joined } from "../model/critical-path.js";
import { line } from "../model/visible.js";
import { position } from "../model/zoom.js";
import { h } from "../shared/dom.js";
import { count, duration } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { nanos } from "../model/otlp.js";

const NAME = 120;
/** Deeper rows are not indented further, and say their level instead. */
const INDENTED = 24;
const TICKS = 40;
/** Sections of the critical path are one that are less than this part of the width apart: about a pixel. */
const APART = 1_000;

export function buildRow(state, colourOf, rank, place) {
  const { nodes, collapsed, selected, found } = state.get();
  const node = nodes[rank];
  const { span, size, depth } = node;
  const folded = collapsed.has(rank);
  return h(
    "div",
    {
      class: ["row", rank === selected && "selected", span.isError && "error", isFound(found, rank) && "found"].filter(Boolean).join(" "),
      role: "row",
      id: `span-${rank}`,
      "aria-rowindex": String(place + 1),
      "aria-level": String(depth + 1),
      "aria-expanded": size > 1 ? String(!folded) : null,
      "aria-selected": String(rank === selected),
      dataset: { rank, spanId: span.id },
      style: { "--colour": colourOf(span.service), "--depth": String(Math.min(depth, INDENTED)) },
    },
    h("div", { class: "cell", role: "gridcell" }, h("span", { class: "indent" }), fold(node, folded), h("span", { class: "stripe" }), words(node, folded)),
    h("div", { class: "line", role: "gridcell" }, bar(state, node)),
  );
}

/** Matches are sorted. */
function isFound(found, rank) {
  let low = 0;
  let high = found.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (found[middle] < rank) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return found[low] === rank;
}

function fold({ size }, folded) {
  return size > 1
    ? h("span", { class: "fold", title: folded ? `Expand ${count(size - 1, "span")}` : "Collapse" }, folded ? "▸" : "▾")
    : h("span", { class: "fold none" });
}

const NOTES = { orphan: "parent missing", cycle: "is its own ancestor" };

function words({ span, depth, place, size, errors }, folded) {
  const below = errors - (span.isError ? 1 : 0);
  const hidden = folded && below > 0;
  const note = NOTES[place];
  return [
    span.isError ? h("span", { class: "error-mark", title: "error" }, icon("error"), h("span", { class: "offscreen" }, "error")) : null,
    hidden ? h("span", { class: "error-below", title: `${count(below, "error")} below` }, icon("error"), String(below)) : null,
    h("bdi", { class: "name" }, line(span.name || "(no name)", NAME)),
    h("bdi", { class: "service" }, line(span.service, NAME)),
    note ? h("span", { class: "note" }, note) : null,
    depth > INDENTED ? h("span", { class: "note" }, `level ${depth + 1}`) : null,
    folded ? h("span", { class: "note" }, `+${size - 1}`) : null,
  ];
}

const percent = (part) => `${(part * 100).toFixed(3)}%`;

function bar(state, { span, rank }) {
  const { part, critical, sections } = state.get();
  const [from, to] = [position(part, span.start), position(part, span.end)];
  if (to < 0 || from > 1) {
    const before = to < 0;
    return h("span", { class: `beyond ${before ? "before" : "after"}`, title: before ? "earlier" : "later" }, before ? "‹" : "›");
  }
  const [left, right] = [Math.max(from, 0), Math.min(to, 1)];
  const box = (className, start, end) =>
    h("span", { class: className, style: { left: percent(Math.max(start, 0)), width: percent(Math.max(Math.min(end, 1) - Math.max(start, 0), 0)) } });
  const onPath = critical ? joined(sections.get(rank) ?? [], part, (part.to - part.from) / APART) : [];
  return [
    box("duration-bar", left, right),
    onPath.map(({ start, end }) => box("critical", position(part, start), position(part, end))),
    ticks(state, span),
    label(left, right, duration(span.duration)),
  ];
}

/** Beside the bar where there is room, else in it. */
function label(left, right, text) {
  if (right < (innerWidth < 700 ? 0.65 : 0.88)) {
    return h("span", { class: "label", style: { left: `calc(${percent(right)} + 6px)` } }, text);
  }
  return left > 0.15
    ? h("span", { class: "label", style: { right: `calc(${percent(1 - left)} + 6px)` } }, text)
    : h("span", { class: "label inside", style: { right: `calc(${percent(1 - right)} + 5px)` } }, text);
}

function ticks(state, { events }) {
  const { part, trace } = state.get();
  return events.slice(0, TICKS).map((event) => {
    const at = position(part, Number(nanos(event.timeUnixNano) - trace.start));
    const exception = event.name === "exception" ? " exception" : "";
    return at < 0 || at > 1 ? null : h("span", { class: `tick${exception}`, title: line(String(event.name ?? ""), NAME), style: { left: percent(at) } });
  });
}
