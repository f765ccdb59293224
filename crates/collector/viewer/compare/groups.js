// Sums by service and name of span: how many there are in each trace, how long they took together, the largest change first.

import { changeOfSums, groups } from "../model/compare.js";
import { h } from "../shared/dom.js";
import { duration, grouped, signed } from "../shared/format.js";
import { portion } from "../shared/portion.js";
import { spanCell } from "./span-cell.js";

const SHOWN = 100;

export function buildGroups(a, b, colourOf) {
  const all = groups(a.nodes, b.nodes);
  const body = h("tbody");
  const more = portion(body, all, (group) => row(group, colourOf), SHOWN);
  const heads = ["Service and name", "Spans A", "Spans B", "Time A", "Time B", "B − A"];
  return h(
    "section",
    {},
    h("h2", {}, "Sums by name"),
    h("div", { class: "wide" }, h("table", { class: "groups" }, h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))), body)),
    more,
  );
}

function row(group, colourOf) {
  const { a, b } = group;
  const change = changeOfSums(group);
  const what = a.spans === 0 ? "added" : b.spans === 0 ? "removed" : change === 0n ? "same" : change > 0n ? "slower" : "faster";
  const time = (side) => (side.spans === 0 ? "–" : duration(side.duration));
  const cells = [grouped(a.spans), grouped(b.spans), time(a), time(b)];
  return h(
    "tr",
    { class: what },
    h("th", { scope: "row" }, spanCell({ ...group, isError: false }, colourOf)),
    cells.map((text) => h("td", { class: "number" }, text)),
    h("td", { class: "number change" }, change === 0n ? "0" : signed(change)),
  );
}
