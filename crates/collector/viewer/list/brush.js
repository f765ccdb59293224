// A pointer over the plot in; hovering, clicks and brushed regions out, in the plot's pixels.

import { svg } from "../shared/dom.js";

/** Below so many pixels a movement is a click. */
const DRAG = 5;

/** { rectangle, active() }. The rectangle is to be part of the drawing. */
export function brush(drawing, { onHover, onClick, onRegion, onEnd }) {
  const rectangle = svg("rect", { class: "scatter-brush", visibility: "hidden" });
  let start = null;

  function at(event) {
    const { left, top } = drawing.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  drawing.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.isPrimary) {
      // No text is selected meanwhile.
      event.preventDefault();
      start = at(event);
      drawing.setPointerCapture(event.pointerId);
    }
  });

  drawing.addEventListener("pointermove", (event) => {
    const now = at(event);
    if (!start) {
      onHover(now);
      return;
    }
    onHover(null);
    show(regionOf(start, now));
  });

  drawing.addEventListener("pointerup", (event) => {
    if (start) {
      const region = regionOf(start, at(event));
      if (region) {
        onRegion(region);
      } else {
        onClick(start);
      }
      end();
    }
  });

  drawing.addEventListener("pointerleave", () => start || onHover(null));
  drawing.addEventListener("pointercancel", end);
  window.addEventListener("keydown", (event) => {
    if (start && event.key === "Escape") {
      event.stopPropagation();
      end();
    }
  }, true);

  function show(region) {
    const { left, right, top, bottom } = region ?? { left: 0, right: 0, top: 0, bottom: 0 };
    const place = { x: left, y: top, width: right - left, height: bottom - top, visibility: region ? "visible" : "hidden" };
    Object.entries(place).forEach(([name, value]) => rectangle.setAttribute(name, value));
  }

  function end() {
    start = null;
    show(null);
    onEnd();
  }

  return { rectangle, active: () => start !== null };
}

function regionOf(a, b) {
  const region = { left: Math.min(a.x, b.x), right: Math.max(a.x, b.x), top: Math.min(a.y, b.y), bottom: Math.max(a.y, b.y) };
  return region.right - region.left >= DRAG || region.bottom - region.top >= DRAG ? region : null;
}
