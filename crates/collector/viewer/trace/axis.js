// The head of the waterfall: what the columns are, round times, and a handle between the columns.

import { position, ticks, tickText } from "../model/zoom.js";
import { fill, h, perFrame } from "../shared/dom.js";

const PIXELS = 96;
/** What the words of a mark take; where less is left there is the mark alone. */
const WORDS = 56;
const [LEAST, MOST] = [15, 75];

export function buildAxis(state) {
  const times = h("div", { class: "times", role: "columnheader", "aria-label": "Time" });
  const handle = splitter();
  const element = h(
    "div",
    { class: "axis", role: "row" },
    h("div", { class: "cell", role: "columnheader" }, "Span", handle),
    times,
  );
  const draw = perFrame(() => {
    const { part } = state.get();
    const { step, times: marks } = ticks(part, Math.max(Math.floor(times.clientWidth / PIXELS), 1));
    const drawn = (at, mark) =>
      h("span", { style: { left: `${(at * 100).toFixed(3)}%` } }, (1 - at) * times.clientWidth < WORDS ? "" : tickText(mark, step));
    fill(times, marks.map((mark) => drawn(position(part, mark), mark)));
  });
  new ResizeObserver(draw).observe(times);
  state.on(({ part }) => part && draw());
  return { element };
}

/** The width of the names, in percent: by dragging, or by the arrow keys. */
function splitter() {
  const handle = h("div", {
    class: "splitter",
    role: "separator",
    tabindex: "0",
    "aria-orientation": "vertical",
    "aria-label": "Width of the names",
    "aria-valuemin": String(LEAST),
    "aria-valuemax": String(MOST),
    "data-keys": "own",
  });
  let width = 0;
  const set = (percent) => {
    width = Math.min(Math.max(percent, LEAST), MOST);
    handle.setAttribute("aria-valuenow", String(Math.round(width)));
    handle.closest(".waterfall").style.setProperty("--names", `${width}%`);
  };
  const now = () => {
    const grid = handle.closest(".waterfall");
    return (handle.parentElement.offsetWidth / grid.clientWidth) * 100;
  };
  handle.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) {
      const grid = handle.closest(".waterfall").getBoundingClientRect();
      set(((event.clientX - grid.left) / grid.width) * 100);
    }
  });
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (step) {
      event.preventDefault();
      set(now() + step);
    }
  });
  return handle;
}
