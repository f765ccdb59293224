// The waterfall: the visible rows of the tree beside a time axis. Of all rows only those in sight are elements, however long the
// trace is; all have the same height, so that their places are known without laying them out.

import { rowShowing } from "../model/rows.js";
import { h, perFrame } from "../shared/dom.js";
import { buildAxis } from "./axis.js";
import { buildRow } from "./row.js";

const ROW = 24;
/** Rows above and below those in sight, so that scrolling finds them there. */
const MARGIN = 12;

export function buildWaterfall(state, colourOf) {
  const sizer = h("div", { class: "sizer", role: "rowgroup" });
  const axis = buildAxis(state);
  const grid = h(
    "div",
    { class: "waterfall", role: "treegrid", tabindex: "0", "aria-label": "Spans", "aria-colcount": "2" },
    axis.element,
    sizer,
  );
  const rows = new Map();
  let anew = true;

  function draw() {
    const { ranks, selected } = state.get();
    const width = axis.times.clientWidth;
    if (anew) {
      rows.forEach((row) => row.remove());
      rows.clear();
      sizer.style.height = `${ranks.length * ROW}px`;
      grid.setAttribute("aria-rowcount", String(ranks.length));
      anew = false;
    }
    const first = Math.max(Math.floor(grid.scrollTop / ROW) - MARGIN, 0);
    const last = Math.min(Math.ceil((grid.scrollTop + grid.clientHeight) / ROW) + MARGIN, ranks.length);
    for (const [place, row] of rows) {
      if (place < first || place >= last) {
        row.remove();
        rows.delete(place);
      }
    }
    for (let place = first; place < last; place += 1) {
      if (!rows.has(place)) {
        const row = buildRow(state, colourOf, ranks[place], place, width);
        row.style.transform = `translateY(${place * ROW}px)`;
        rows.set(place, row);
        sizer.append(row);
      }
    }
    grid.setAttribute("aria-activedescendant", selected >= 0 ? `span-${selected}` : "");
  }

  const drawSoon = perFrame(draw);

  function bringIntoSight(rank) {
    const top = rowShowing(state.get().ranks, rank) * ROW;
    const height = grid.clientHeight - axis.element.offsetHeight;
    if (top < grid.scrollTop || top + ROW > grid.scrollTop + height) {
      grid.scrollTop = Math.max(top - Math.floor(height / 2), 0);
    }
  }

  grid.addEventListener("scroll", drawSoon, { passive: true });
  grid.addEventListener("click", (event) => clicked(event, state));
  grid.addEventListener("wheel", (event) => wheel(event, state, sizer), { passive: false });
  new ResizeObserver(drawSoon).observe(grid);
  // Where labels stand depends on the room for them.
  new ResizeObserver(() => {
    anew = true;
    drawSoon();
  }).observe(axis.times);
  state.on((changes) => {
    anew = true;
    if (changes.collapsed) {
      sizer.style.height = `${state.get().ranks.length * ROW}px`;
    }
    if (changes.selected >= 0) {
      bringIntoSight(changes.selected);
    }
    drawSoon();
  });

  return {
    element: grid,
    focus: () => grid.focus({ preventScroll: true }),
    rowsSeen: () => Math.max(Math.floor((grid.clientHeight - axis.element.offsetHeight) / ROW) - 1, 1),
    start() {
      draw();
      const { selected } = state.get();
      if (selected >= 0) {
        bringIntoSight(selected);
      }
      grid.focus({ preventScroll: true });
    },
  };
}

function clicked({ target }, state) {
  const row = target.closest("[data-rank]");
  if (row) {
    const rank = Number(row.dataset.rank);
    if (target.closest(".fold")) {
      state.toggle(rank);
    } else {
      state.select(rank, { detail: true });
    }
  }
}

/** With Ctrl the wheel zooms at the pointer, with Shift it moves through time. */
function wheel(event, state, sizer) {
  if (event.ctrlKey) {
    event.preventDefault();
    const line = sizer.querySelector(".line")?.getBoundingClientRect();
    const { part } = state.get();
    if (line) {
      const at = part.from + ((event.clientX - line.left) / line.width) * (part.to - part.from);
      state.zoom(1.2 ** Math.sign(event.deltaY), at);
    }
  } else if (event.shiftKey && state.isZoomed()) {
    event.preventDefault();
    state.pan(0.1 * Math.sign(event.deltaY || event.deltaX));
  }
}
