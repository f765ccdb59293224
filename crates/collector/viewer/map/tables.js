// Services and calls in, tables of them out: what the drawing shows, for whom a drawing says nothing.

import { h } from "../shared/dom.js";
import { grouped } from "../shared/format.js";
import { name } from "../shared/text.js";

/** Who calls whom, the most calls first. */
export function callTable(calls) {
  const most = [...calls].sort((a, b) => b.callCount - a.callCount);
  const rows = most.map(({ parent, child, callCount }) => [name(parent), name(child), grouped(callCount)]);
  return calls.length > 0
    ? table("Calls", ["Caller", "Called", "Calls"], rows, "map-calls")
    : h("section", {}, h("h2", {}, "Calls"), h("p", { class: "soft" }, "No service calls another in this time."));
}

/** `serviceUrl(name)` is where a service's traces are. */
export function serviceTable(counts, serviceUrl) {
  const rows = [...counts].map(([service, { traces, spans }]) => [
    h("a", { href: serviceUrl(service) }, name(service)), grouped(traces), grouped(spans),
  ]);
  return table("Services", ["Service", "Traces", "Spans"], rows, "map-services");
}

// Cells after the first that hold no element are numbers.
function table(title, heads, rows, id) {
  const cell = (content) => h("td", { class: typeof content === "string" ? "number" : null }, content);
  return h("section", {},
    h("h2", { id: `${id}-title` }, title),
    h("table", { id, "aria-labelledby": `${id}-title` },
      h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", class: typeof rows[0][at] === "string" ? "number" : null }, head)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map(cell))))));
}
