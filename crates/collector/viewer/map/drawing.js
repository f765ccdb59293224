// Services and calls in, their drawing out: boxes that lead to the traces of a service, lines as thick as there are calls.

import { groupBy } from "../model/group-by.js";
import { layout } from "../model/map-layout.js";
import { line } from "../model/visible.js";
import { h, svg } from "../shared/dom.js";
import { count, grouped } from "../shared/format.js";

const SIZE = { width: 172, height: 48, across: 104, down: 20 };
const EDGE = 12;
/** So far below the others runs a call to the left, so that it does not lie on its opposite. */
const BACK = 10;
const NAME = 100;

/** Of `names` and the calls between them; `serviceUrl(name)` is where a box leads. */
export function drawing({ names, calls }, counts, { serviceUrl, colours }) {
  const { nodes, edges, width, height } = layout(names, calls, SIZE);
  const most = calls.reduce((most, { callCount }) => Math.max(most, callCount), 1);
  const full = { width: width + 2 * EDGE, height: height + 2 * EDGE };
  const lines = edges.map((each) => edge(each, most));
  const boxes = nodes.map((each) => box(each, counts.get(each.name), { url: serviceUrl(each.name), colour: colours(each.name) }));
  const picture = svg("svg", {
    class: "map-drawing", viewBox: `${-EDGE} ${-EDGE} ${full.width} ${full.height}`, ...full, role: "group",
    "aria-label": "Services and the calls between them. The table below says the same.",
  }, arrow(), lines.map(({ element }) => element), boxes.map(({ element }) => element));

  const calling = groupBy(lines, ({ call }) => call.parent);
  const called = groupBy(lines, ({ call }) => call.child);
  for (const { name, element } of boxes) {
    const near = [...(calling.get(name) ?? []), ...(called.get(name) ?? [])];
    const mark = (on) => {
      picture.classList.toggle("marking", on);
      near.forEach((each) => each.element.classList.toggle("marked", on));
    };
    for (const [event, on] of [["pointerenter", true], ["pointerleave", false], ["focus", true], ["blur", false]]) {
      element.addEventListener(event, () => mark(on));
    }
  }
  return h("div", { class: "map-scroll", tabindex: "0", role: "region", "aria-label": "Drawing of the map" }, picture);
}

function box({ name, x, y }, { traces, spans }, { url, colour }) {
  const [left, top] = [x - SIZE.width / 2, y - SIZE.height / 2];
  const words = traces > 0 ? `${count(traces, "trace")}, ${count(spans, "span")}` : "";
  const element = svg("a", { class: "map-service", href: url, "aria-label": `${line(name, 200)}: ${words}` },
    svg("title", {}, `${line(name, 200)}\n${words}`),
    svg("rect", { x: left, y: top, width: SIZE.width, height: SIZE.height, rx: 4 }),
    svg("rect", { class: "map-colour", x: left, y: top, width: 4, height: SIZE.height, rx: 2, style: { fill: colour } }),
    // HTML, for that shortens what is too long, and isolates a direction of its own.
    svg("foreignObject", { x: left + 14, y: top + 4, width: SIZE.width - 20, height: SIZE.height / 2 - 4 },
      h("bdi", { class: "map-name" }, line(name, NAME))),
    svg("text", { class: "map-counts", x: left + 14, y: y + 14 }, words));
  return { name, element };
}

function edge({ call, back, points }, most) {
  const share = Math.log1p(call.callCount) / Math.log1p(most);
  const way = wayOf(points, back);
  const middle = { x: (way[0].x + way[1].x) / 2, y: (way[0].y + way[1].y) / 2 };
  const words = `${line(call.parent, 200)} calls ${line(call.child, 200)}: ${count(call.callCount, "call")}`;
  const element = svg("g", { class: back ? "map-call back" : "map-call" },
    svg("title", {}, words),
    svg("path", { d: pathOf(way), "stroke-width": 1 + 2 * share, "marker-end": "url(#map-arrow)" }),
    svg("text", { x: middle.x, y: middle.y + (back ? 14 : -3), "text-anchor": "middle" }, grouped(call.callCount)));
  return { call, element };
}

// From edge to edge of the boxes; straight through the places where it passes others by.
function wayOf(points, back) {
  const half = (back ? -1 : 1) * (SIZE.width / 2);
  const shift = back ? BACK : 0;
  const last = points.length - 1;
  return points.flatMap(({ x, y }, at) => {
    const into = { x: x - half, y: y + shift };
    const outOf = { x: x + half, y: y + shift };
    return at === 0 ? [outOf] : at === last ? [into] : [into, outOf];
  });
}

function pathOf(way) {
  let path = `M${way[0].x} ${way[0].y}`;
  for (let at = 1; at < way.length; at += 1) {
    const [from, to] = [way[at - 1], way[at]];
    const bend = (to.x - from.x) / 2;
    path += at % 2 === 0 ? `L${to.x} ${to.y}` : `C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
  }
  return path;
}

function arrow() {
  const shape = { id: "map-arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" };
  return svg("defs", {}, svg("marker", shape, svg("path", { class: "map-arrow", d: "M0 0L8 4L0 8z" })));
}
