// Services and calls in, tables of them out: what the drawing shows, for whom a drawing says nothing.

import { h } from "../shared/dom.js";
import { grouped } from "../shared/format.js";
import { portion } from "../shared/portion.js";
import { name } from "../shared/text.js";

/** More rows are shown when asked for. */
const ROWS = 200;

/** Who calls whom, the most calls first. */
export function callTable(calls) {
  const most = [...calls].sort((a, b) => b.callCount - a.callCount);
  const cells = ({ parent, child, callCount }) => [name(parent), name(child), grouped(callCount)];
  return calls.length > 0
    ? table("Calls", ["Caller", "Called", "Calls"], most, cells, "map-calls")
    : h("section", {}, h("h2", {}, "Calls"), h("p", { class: "soft" }, "No service calls another in this time."));
}

/** `serviceUrl(name)` is where a service's traces are. */
export function serviceTable(counts, serviceUrl) {
  const cells = ([service, { traces, spans }]) => [h("a", { href: serviceUrl(service) }, name(service)), grouped(traces), grouped(spans)];
  return table("Services", ["Service", "Traces", "Spans"], [...counts], cells, "map-services");
}

// Cells that hold no element are numbers.
function table(title, heads, list, cells, id) {
  const kind = (content) => ({ class: typeof content === "string" ? "number" : null });
  const row = (one) => h("tr", {}, cells(one).map((content) => h("td", kind(content), content)));
  const first = cells(list[0]);
  const body = h("tbody");
  const more = portion(body, list, row, ROWS);
  return h("section", {},
    h("h2", { id: `${id}-title` }, title),
    h("table", { id, "aria-labelledby": `${id}-title` },
      h("thead", {}, h("tr", {}, heads.map((head, at) => h("th", { scope: "col", ...kind(first[at]) }, head)))),
      body),
    more);
}
