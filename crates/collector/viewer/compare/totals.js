// The two traces as wholes: duration, spans, errors, depth and services of each, and what changed.

import { levels, mainNode } from "../model/tree.js";
import { tracePath } from "../shared/base.js";
import { h } from "../shared/dom.js";
import { duration, grouped, signed, time } from "../shared/format.js";
import { name } from "../shared/text.js";

export function buildTotals(a, b) {
  const errors = ({ nodes }) => nodes.filter(({ span }) => span.isError).length;
  const change = (of, words) => {
    const [before, after] = [of(a), of(b)];
    const difference = after - before;
    return [words(before), words(after), difference === 0 ? "same" : (words === duration ? signed(difference) : `${difference > 0 ? "+" : "−"}${grouped(Math.abs(difference))}`)];
  };
  const rows = [
    ["Duration", ...change(({ trace }) => trace.duration, duration)],
    ["Spans", ...change(({ nodes }) => nodes.length, grouped)],
    ["Errors", ...change(errors, grouped)],
    ["Levels", ...change(({ nodes }) => levels(nodes), grouped)],
    ["Services", ...change(({ trace }) => trace.services.length, grouped)],
  ];
  return h(
    "table",
    { class: "totals" },
    h("thead", {}, h("tr", {}, h("td"), head("A", a), head("B", b), h("th", { scope: "col" }, "B − A"))),
    h("tbody", {}, rows.map(([what, ...cells]) => h("tr", {}, h("th", { scope: "row" }, what), cells.map((cell) => h("td", {}, cell))))),
  );
}

function head(side, { id, trace, nodes }) {
  const main = mainNode(nodes);
  return h(
    "th",
    { scope: "col" },
    h("div", {}, `${side} `, main ? h("a", { href: tracePath(id) }, name(main.span.name)) : null),
    h("div", { class: "soft" }, time(trace.start)),
  );
}
