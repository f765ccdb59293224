// What is odd about a span: a node and its tree in, sentences out.

import { count, duration } from "../shared/format.js";
import { nanos } from "./otlp.js";

export function warnings(nodes, { span, place, parent }) {
  const found = [];
  if (place === "orphan") {
    found.push("Its parent is not here: it has not arrived yet, was not sampled, or was lost.");
  }
  if (place === "cycle") {
    found.push("It is its own ancestor: the parents of these spans lead in a circle, which is cut at its earliest span.");
  }
  if (sharedIds(nodes).has(span.id)) {
    found.push("Another span of this trace has the same id: a client and a server may share one, or it was sent before it was finished.");
  }
  return [...found, ...ofTimes(span, nodes[parent]?.span), ...dropped(span)];
}

const shared = new WeakMap();

/** The ids that more than one of the nodes has: found once. */
function sharedIds(nodes) {
  if (!shared.has(nodes)) {
    const seen = new Set();
    shared.set(nodes, new Set(nodes.map(({ span }) => span.id).filter((id) => seen.has(id) || !seen.add(id))));
  }
  return shared.get(nodes);
}

function ofTimes(span, above) {
  const found = [];
  if (!span.hasStart || !span.hasEnd) {
    const lacks = span.hasStart ? "end" : span.hasEnd ? "start" : "start and no end";
    found.push(`It has no ${lacks}: how long it took is not known.`);
  }
  const early = nanos(span.raw.startTimeUnixNano) - nanos(span.raw.endTimeUnixNano);
  if (span.hasEnd && early > 0n) {
    found.push(`It ends ${duration(early)} before it starts.`);
  }
  if (!above || !span.hasStart) {
    return found;
  }
  if (above.hasStart && span.startNano < above.startNano) {
    found.push(`It starts ${duration(above.startNano - span.startNano)} before its parent: the clocks of their programs may differ.`);
  }
  if (above.hasEnd && span.startNano > above.endNano) {
    found.push(`It starts ${duration(span.startNano - above.endNano)} after its parent has ended.`);
  }
  return found;
}

function dropped({ raw, resource, scope }) {
  const counts = [
    [raw.droppedAttributesCount, "attribute", " of this span"],
    [raw.droppedEventsCount, "event", ""],
    [raw.droppedLinksCount, "link", ""],
    [resource.droppedAttributesCount, "attribute", " of the resource"],
    [scope.droppedAttributesCount, "attribute", " of the scope"],
  ];
  return counts.filter(([number]) => number > 0).map(([number, what, of]) => `Dropped by the sender: ${count(number, what)}${of}.`);
}
