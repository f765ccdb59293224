// The whole trace in small: every span a line, and the part of time that the waterfall shows. Drag to zoom, drag the edges to change
// that, double-click for the whole; the edges take the arrow keys. A span that is far from the others is a mark at the edge.

import { position, whole } from "../model/zoom.js";
import { plainColour } from "../shared/colours.js";
import { h, perFrame } from "../shared/dom.js";
import { duration } from "../shared/format.js";
import { onTheme } from "../shared/theme.js";

const KEY_STEP = 0.02;
/** Shorter drags are clicks. */
const DRAG_PIXELS = 4;
/** How wide a mark at the edge is. */
const EDGE_PIXELS = 6;

export function buildMinimap(state, colourOf) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const before = h("div", { class: "shade before" });
  const after = h("div", { class: "shade after" });
  const from = edge(state, "from", "Start of what is shown");
  const to = edge(state, "to", "End of what is shown");
  const element = h("div", { class: "minimap", title: "Drag to zoom, double-click for the whole" }, canvas, before, after, from, to);

  const draw = perFrame(() => paint(canvas, state, colourOf));
  const place = () => {
    const { part, bounds } = state.get();
    const percent = (time) => `${(position(whole(bounds), time) * 100).toFixed(3)}%`;
    before.style.width = percent(part.from);
    after.style.left = percent(part.to);
    from.style.left = percent(part.from);
    to.style.left = percent(part.to);
    from.setAttribute("aria-valuetext", duration(part.from));
    to.setAttribute("aria-valuetext", duration(part.to));
  };
  new ResizeObserver(draw).observe(canvas);
  onTheme(draw);
  state.on(({ part, bounds }) => {
    if (part) {
      place();
    }
    if (bounds) {
      draw();
    }
  });
  drag(element, state);
  place();
  return element;
}

function paint(canvas, state, colourOf) {
  const { nodes, trace, bounds } = state.get();
  const ratio = devicePixelRatio;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const colours = new Map(trace.services.map(({ name }) => [name, plainColour(colourOf(name))]));
  const bad = plainColour("var(--bad)");
  const step = Math.min(height / nodes.length, 4 * ratio);
  const all = whole(bounds);
  const thick = Math.max(step * 0.8, ratio * 0.6);
  const at = (time) => Math.min(Math.max(position(all, time), 0), 1) * width;
  const box = ({ span, rank }) => {
    const [from, to] = [at(span.start), at(span.end)];
    const least = span.end < all.from || span.start > all.to ? EDGE_PIXELS * ratio : ratio;
    context.fillRect(Math.min(from, width - least), rank * step, Math.max(to - from, least), thick);
  };
  const placed = nodes.filter(({ span }) => span.hasStart || span.hasEnd);
  for (const node of placed) {
    context.fillStyle = colours.get(node.span.service);
    box(node);
  }
  // Errors last: they are not to be painted over.
  context.fillStyle = bad;
  placed.filter(({ span }) => span.isError).forEach(box);
}

function edge(state, side, label) {
  const element = h("div", { class: `edge ${side}`, role: "slider", tabindex: "0", "aria-label": label, "data-keys": "own", dataset: { side } });
  element.addEventListener("keydown", (event) => {
    const { part, bounds } = state.get();
    const step = { ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP }[event.key];
    if (step) {
      event.preventDefault();
      state.zoomTo({ ...part, [side]: part[side] + step * (bounds.to - bounds.from) });
    } else if (event.key === "Escape" || event.key === "z") {
      state.resetZoom();
    }
  });
  return element;
}

function drag(element, state) {
  let begun = null;
  const timeAt = (event) => {
    const { from, to } = whole(state.get().bounds);
    const pixels = event.clientX - element.getBoundingClientRect().left - element.clientLeft;
    return from + Math.min(Math.max(pixels / element.clientWidth, 0), 1) * (to - from);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button === 0) {
      const side = event.target.closest(".edge")?.dataset.side;
      const { part } = state.get();
      // Whoever drags an edge holds the other one.
      begun = { x: event.clientX, time: side === "from" ? part.to : side === "to" ? part.from : timeAt(event), side, moved: false };
      element.setPointerCapture(event.pointerId);
    }
  });
  element.addEventListener("pointermove", (event) => {
    if (begun && (begun.moved || Math.abs(event.clientX - begun.x) >= DRAG_PIXELS)) {
      begun.moved = true;
      const time = timeAt(event);
      state.zoomTo({ from: Math.min(begun.time, time), to: Math.max(begun.time, time) });
    }
  });
  const end = () => (begun = null);
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
  element.addEventListener("dblclick", state.resetZoom);
}
