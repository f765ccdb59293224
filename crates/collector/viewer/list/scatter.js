// Traces in, the scatter plot out: a point for each, time to the right, duration upwards. Points are clicked, regions are brushed. What
// is far from the others is at the edge, with an arrow to where it would be.

import { durationTicks, filtersOf, nearest, place, scale, ticksOfTime } from "../model/scatter-scale.js";
import { nowNanos } from "../model/wall-clock.js";
import { fill, h, svg } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { brush } from "./brush.js";
import { tip } from "./scatter-tip.js";

const EDGE = { left: 68, right: 12, top: 10, bottom: 22 };
const REACH = 14;
const RADIUS = 3.5;
/** So many pixels of the axis for each time that is named. */
const TICK = 104;
/** So many pixels for each duration that is named. */
const LINE = 16;
/** From the middle of a point to its arrow, which is half as wide as it is high. */
const ARROW = { away: 6, size: 3 };
/** From the words of the axis to the plot: arrows have room between them. */
const WORDS = 12;
/** What a character of the axis takes. */
const CHARACTER = 6.4;

/**
 * { element, show(traces, searchedTime) }, in the colours of the style sheets; `searchedTime(now)` is what was asked for. `onOpen(trace)` is
 * told of a click, `onRegion(filters)` of a brushed region.
 */
export function scatter({ onOpen, onRegion }) {
  const drawing = svg("svg", { class: "scatter-drawing", role: "img" });
  const hint = tip();
  const element = h("div", { class: "scatter" }, drawing, hint.element);
  let traces = [];
  let searched = () => ({ from: null, to: null });
  let shown = null;
  let points = [];
  let box = { width: 0, height: 0 };

  function draw() {
    const { width, height } = element.getBoundingClientRect();
    box = { width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom };
    const now = nowNanos();
    shown = scale(traces, searched(now), now);
    hint.hide();
    if (!shown || box.width <= 0) {
      points = [];
      fill(drawing);
      return;
    }
    points = traces.map((trace) => {
      const { x, y, beyond } = place(shown, trace);
      return { trace, x: EDGE.left + x * box.width, y: EDGE.top + (1 - y) * box.height, beyond };
    });
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    fill(drawing, axes(shown, box), marks(points), brushing.rectangle, ring);
    drawing.setAttribute("aria-label", `Scatter plot of ${count(traces.length, "trace")}, time by duration. The list has the same traces.`);
  }

  const ring = svg("circle", { class: "scatter-ring", r: RADIUS + 3, visibility: "hidden" });

  function under({ x, y }) {
    return nearest(points, x, y, REACH);
  }

  function point(at) {
    const hit = at && under(at);
    drawing.classList.toggle("pointing", Boolean(hit));
    ring.setAttribute("visibility", hit ? "visible" : "hidden");
    if (!hit) {
      hint.hide();
      return;
    }
    ring.setAttribute("cx", hit.x);
    ring.setAttribute("cy", hit.y);
    hint.show(hit, element.clientWidth);
  }

  const brushing = brush(drawing, {
    onHover: point,
    onClick(at) {
      const hit = under(at);
      if (hit) {
        onOpen(hit.trace);
      }
    },
    onRegion({ left, right, top, bottom }) {
      onRegion(filtersOf(shown, {
        left: (left - EDGE.left) / box.width,
        right: (right - EDGE.left) / box.width,
        top: 1 - (top - EDGE.top) / box.height,
        bottom: 1 - (bottom - EDGE.top) / box.height,
      }));
    },
    // What came meanwhile is drawn when the scale may change again.
    onEnd: draw,
  });

  new ResizeObserver(() => brushing.active() || draw()).observe(element);
  return {
    element,
    show(next, searchedTime) {
      traces = next;
      searched = searchedTime;
      if (!brushing.active()) {
        draw();
      }
    },
  };
}

function axes(shown, { width, height }) {
  const across = durationTicks(shown, LINE / height).map(({ y, text }) => {
    const at = EDGE.top + (1 - y) * height;
    return svg("g", {},
      svg("line", { class: "scatter-line", x1: EDGE.left, x2: EDGE.left + width, y1: at, y2: at }),
      svg("text", { class: "scatter-text", x: EDGE.left - WORDS, y: at + 4, "text-anchor": "end" }, text));
  });
  const upwards = ticksOfTime(shown, Math.max(2, Math.floor(width / TICK))).map(({ x, text }) => {
    const at = EDGE.left + x * width;
    const half = (text.length * CHARACTER) / 2;
    // Words at the ends are neither cut nor on those of the other axis.
    const words = Math.min(Math.max(at, EDGE.left - WORDS + half), EDGE.left + width + EDGE.right - half);
    return svg("g", {},
      svg("line", { class: "scatter-line", x1: at, x2: at, y1: EDGE.top, y2: EDGE.top + height }),
      svg("text", { class: "scatter-text", x: words, y: EDGE.top + height + 16, "text-anchor": "middle" }, text));
  });
  return [...across, ...upwards];
}

// Errors last, so that none is covered; of another shape too, for whom colours are alike.
function marks(points) {
  const failed = points.filter(({ trace }) => trace.errors > 0);
  const fine = points.filter(({ trace }) => trace.errors === 0);
  const r = RADIUS + 1.5;
  return [
    ...fine.map(({ x, y }) => svg("circle", { class: "scatter-point", cx: x, cy: y, r: RADIUS })),
    ...failed.map(({ x, y }) => svg("path", { class: "scatter-point failed", d: `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z` })),
    ...points.filter(({ beyond }) => beyond !== null).map(arrow),
  ];
}

const DIRECTIONS = { left: [-1, 0], right: [1, 0], up: [0, -1] };

function arrow({ x, y, beyond }) {
  const [right, down] = DIRECTIONS[beyond];
  const [tip, size] = [ARROW.away + ARROW.size, ARROW.size];
  const at = (along, aside) => `${x + right * along + down * aside} ${y + down * along + right * aside}`;
  return svg("path", { class: "scatter-arrow", d: `M${at(ARROW.away, -size)}L${at(tip, 0)}L${at(ARROW.away, size)}` });
}
