// The tree of both traces: spans that are in both on one line, with what changed. Only the lines in sight are elements.

import { align, changeOf, verdict } from "../model/compare.js";
import { h, perFrame } from "../shared/dom.js";
import { duration, signed } from "../shared/format.js";
import { spanCell } from "./span-cell.js";

const ROW = 24;
const MARGIN = 10;
const WORDS = { added: "only in B", removed: "only in A", slower: "slower", faster: "faster", same: "" };

export function buildRows(a, b, colourOf) {
  const all = align(a.nodes, b.nodes);
  // One span of centuries would leave no room for the others.
  const length = ({ trace: { usual } }) => usual.to - usual.from;
  const most = Math.max(length(a), length(b), 1);
  const only = h("input", { type: "checkbox", id: "only-changes" });
  const sizer = h("div", { class: "sizer", role: "rowgroup" });
  const box = h("div", { class: "lines", role: "table", "aria-label": "Spans of both", tabindex: "0" }, head(), sizer);
  let rows = all;
  let drawn = new Map();

  const draw = () => {
    const first = Math.max(Math.floor(box.scrollTop / ROW) - MARGIN, 0);
    const last = Math.min(Math.ceil((box.scrollTop + box.clientHeight) / ROW) + MARGIN, rows.length);
    const next = new Map();
    for (let place = first; place < last; place += 1) {
      const element = drawn.get(place) ?? buildLine(rows[place], place, most, colourOf);
      next.set(place, element);
      if (!element.isConnected) {
        sizer.append(element);
      }
    }
    drawn.forEach((element, place) => next.has(place) || element.remove());
    drawn = next;
  };
  const fillRows = () => {
    rows = only.checked ? all.filter((row) => verdict(row.a, row.b) !== "same") : all;
    drawn = new Map();
    sizer.replaceChildren();
    sizer.style.height = `${rows.length * ROW}px`;
    box.setAttribute("aria-rowcount", String(rows.length + 1));
    draw();
  };
  only.addEventListener("change", fillRows);
  box.addEventListener("scroll", perFrame(draw), { passive: true });
  new ResizeObserver(perFrame(draw)).observe(box);
  fillRows();
  return h("section", {}, h("div", { class: "section-head" }, h("h2", {}, "Spans"), h("label", { class: "check" }, only, "Only what changed")), box);
}

const head = () =>
  h("div", { class: "line-row head", role: "row" }, ["Span", "A", "B", "B − A", ""].map((text) => h("span", { role: "columnheader" }, text)));

function buildLine(row, place, most, colourOf) {
  const { a, b, depth } = row;
  const { span } = a ?? b;
  const what = verdict(a, b);
  const times = (node) => (node ? duration(node.span.duration) : "–");
  const change = changeOf(a, b);
  return h(
    "div",
    { class: `line-row ${what}`, role: "row", "aria-rowindex": String(place + 2), style: { transform: `translateY(${place * ROW}px)`, "--depth": String(Math.min(depth, 24)) } },
    spanCell(span, colourOf, { role: "cell" }),
    h("span", { class: "number", role: "cell" }, times(a)),
    h("span", { class: "number", role: "cell" }, times(b)),
    h("span", { class: "number change", role: "cell" }, change === null ? "" : change === 0n ? "0" : signed(change)),
    h("span", { class: "both", role: "cell" }, bar("a", a, most), bar("b", b, most), h("span", { class: "verdict" }, WORDS[what])),
  );
}

/** In so much of their column, beside the verdict. */
const BARS = 0.6;

function bar(side, node, most) {
  const length = Number(node?.span.duration ?? -1n);
  if (length < 0) {
    return null;
  }
  return h("span", { class: `side ${side}${length > most ? " cut-after" : ""}`, style: { width: `${(Math.min(length / most, 1) * BARS * 100).toFixed(2)}%` } });
}
