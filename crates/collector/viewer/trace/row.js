// One row of the waterfall: the span's place in the tree, its name, and its bar with events, critical path and duration.

import { joined } from "../model/critical-path.js";
import { labelPlace } from "../model/label-place.js";
import { eventTime } from "../model/otlp.js";
import { line } from "../model/visible.js";
import { position } from "../model/zoom.js";
import { h } from "../shared/dom.js";
import { count, duration, time } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { point, stretch } from "../shared/marks.js";

const NAME = 120;
/** Deeper rows are not indented further, and say their level instead. */
const INDENTED = 24;
const TICKS = 40;
/** Widths in pixels: the least of a bar and of a strip of the critical path, and that of an event's mark. */
const [BAR, STRIP, TICK] = [2, 1, 2];
/** How long the pieces are in which a bar ends that goes on beyond its track. */
const CUT = 10;
/** What a character of a label takes, and what is left free beside it. */
const [CHARACTER, GAP] = [6.5, 6];
/** Sections of the critical path are one that are less than this part of the width apart: about a pixel. */
const APART = 1_000;

/** `width` is that of the bars' column in pixels. */
export function buildRow(state, colourOf, rank, place, width) {
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
    h("div", { class: "line", role: "gridcell" }, bar(state, node, width)),
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

function bar(state, { span, rank }, width) {
  const { part, critical, sections } = state.get();
  const [from, to] = [position(part, span.start), position(part, span.end)];
  const words = duration(span.duration);
  if (!span.hasStart && !span.hasEnd) {
    return h("span", { class: "beyond before" }, words);
  }
  if (to < 0 || from > 1) {
    const before = to < 0;
    return h("span", { class: `beyond ${before ? "before" : "after"}`, title: `At ${time(span.startNano)}` }, before ? `‹ ${words}` : `${words} ›`);
  }
  const [left, right] = [Math.max(from, 0), Math.min(to, 1)];
  const cut = ["duration-bar", from < 0 && "cut-before", to > 1 && "cut-after"].filter(Boolean).join(" ");
  const onPath = critical ? joined(sections.get(rank) ?? [], part, (part.to - part.from) / APART) : [];
  return [
    h("span", { class: cut, style: stretch(left, right, BAR) }),
    onPath.map((section) => onCriticalPath(part, section)),
    ticks(state, span),
    label([left * width, right * width, width], words, to > 1 ? CUT : 0),
  ];
}

function onCriticalPath(part, section) {
  const [start, end] = [position(part, section.start), position(part, section.end)];
  return end > 0 && start < 1 ? h("span", { class: "critical", style: stretch(Math.max(start, 0), Math.min(end, 1), STRIP) }) : null;
}

/** From left and right of the bar and the width of all; on the bar before so many pixels of its end. */
function label(places, text, cut) {
  const [left, right, width] = places;
  const place = labelPlace(places, text.length * CHARACTER + 2 * GAP);
  const style = {
    after: { left: `${right + GAP}px` },
    before: { right: `${width - left + GAP}px` },
    inside: { right: `${width - right + GAP + cut}px` },
  }[place];
  return h("span", { class: place === "inside" ? "label inside" : "label", style }, text);
}

function ticks(state, span) {
  const { part, trace } = state.get();
  return span.events.slice(0, TICKS).map((event) => {
    const when = eventTime(span, event);
    const at = when === null ? -1 : position(part, Number(when - trace.origin));
    const exception = event.name === "exception" ? " exception" : "";
    return at < 0 || at > 1 ? null : h("span", { class: `tick${exception}`, title: line(String(event.name ?? ""), NAME), style: point(at, TICK) });
  });
}
