// The two traces as wholes: duration, spans, errors, depth and services of each, and what changed.

import { levels, mainNode } from "../model/tree.js";
import { tracePath } from "../shared/base.js";
import { h } from "../shared/dom.js";
import { duration, grouped, signed, startAlone } from "../shared/format.js";
import { name } from "../shared/text.js";

export function buildTotals(a, b) {
  const errors = ({ nodes }) => nodes.filter(({ span }) => span.isError).length;
  const counts = (of) => {
    const [before, after] = [of(a), of(b)];
    const difference = after - before;
    return [grouped(before), grouped(after), difference === 0 ? "same" : `${difference > 0 ? "+" : "−"}${grouped(Math.abs(difference))}`];
  };
  const rows = [
    ["Duration", ...durations(a.trace.duration, b.trace.duration)],
    ["Spans", ...counts(({ nodes }) => nodes.length)],
    ["Errors", ...counts(errors)],
    ["Levels", ...counts(({ nodes }) => levels(nodes))],
    ["Services", ...counts(({ trace }) => trace.services.length)],
  ];
  return h(
    "table",
    { class: "totals" },
    h("thead", {}, h("tr", {}, h("td"), head("A", a), head("B", b), h("th", { scope: "col" }, "B − A"))),
    h("tbody", {}, rows.map(([what, ...cells]) => h("tr", {}, h("th", { scope: "row" }, what), cells.map((cell) => h("td", {}, cell))))),
  );
}

function durations(before, after) {
  const unknown = before === null || after === null;
  return [duration(before), duration(after), unknown ? "" : before === after ? "same" : signed(after - before)];
}

function head(side, { id, trace, nodes }) {
  const main = mainNode(nodes);
  return h(
    "th",
    { scope: "col" },
    h("div", {}, `${side} `, main ? h("a", { href: tracePath(id) }, name(main.span.name)) : null),
    h("div", { class: "soft" }, startAlone(trace.start)),
  );
}
