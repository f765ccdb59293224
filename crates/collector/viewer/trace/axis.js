// The head of the waterfall: what the columns are, round times, and a handle between the columns.

import { ticks, tickText } from "../model/duration-ticks.js";
import { position } from "../model/zoom.js";
import { fill, h, perFrame } from "../shared/dom.js";
import { stretch } from "../shared/marks.js";

/** From one mark to the next, at least. */
const PIXELS = 96;
/** What a character takes, and what is left free between two words. */
const [CHARACTER, GAP] = [7, 14];
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
    const width = times.clientWidth;
    const marks = fitting(part, width);
    // Where its words have no room there is the mark alone.
    const drawn = (at, words) => h("span", { style: { left: stretch(at, at, 1).left } }, (1 - at) * width < pixels(words) ? "" : words);
    fill(times, marks.map(({ time, words }) => drawn(position(part, time), words)));
  });
  new ResizeObserver(draw).observe(times);
  state.on(({ part }) => part && draw());
  return { element, times };
}

const pixels = (words) => words.length * CHARACTER + GAP;

/** As many marks as have room with their words: those of a time far from the start are long. */
function fitting(part, width) {
  const named = (most) => {
    const { step, times } = ticks(part, Math.max(Math.floor(most), 1));
    return times.map((time) => ({ time, words: tickText(time, step) }));
  };
  const marks = named(width / PIXELS);
  const longest = marks.reduce((most, { words }) => Math.max(most, pixels(words)), 0);
  return longest > PIXELS ? named(width / longest) : marks;
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
