// What is odd about a span: a node and its tree in, sentences out.

import { duration } from "../shared/format.js";

export function warnings(nodes, { span, place, parent }) {
  const found = [];
  if (place === "orphan") {
    found.push("Its parent is not here: it has not arrived yet, was not sampled, or was lost.");
  }
  if (place === "cycle") {
    found.push("It is its own ancestor: the parents of these spans lead in a circle, which is cut at its earliest span.");
  }
  if (span.endNano < span.startNano) {
    found.push(`It ends ${duration(span.startNano - span.endNano)} before it starts.`);
  }
  const above = nodes[parent]?.span;
  if (above && span.start < above.start) {
    found.push(`It starts ${duration(above.start - span.start)} before its parent: the clocks of their programs may differ.`);
  }
  if (above && span.start > above.end) {
    found.push(`It starts ${duration(span.start - above.end)} after its parent has ended.`);
  }
  return [...found, ...dropped(span)];
}

function dropped({ raw, resource, scope }) {
  const counts = [
    [raw.droppedAttributesCount, "attributes of this span"],
    [raw.droppedEventsCount, "events"],
    [raw.droppedLinksCount, "links"],
    [resource.droppedAttributesCount, "attributes of the resource"],
    [scope.droppedAttributesCount, "attributes of the scope"],
  ];
  return counts.filter(([number]) => number > 0).map(([number, what]) => `Dropped by the sender: ${number} ${what}.`);
}
