// The list's state in; out the line above it: how many traces, whether they are live, what can be done with them.

import { comparePath } from "../shared/base.js";
import { fill, h } from "../shared/dom.js";
import { count, grouped } from "../shared/format.js";
import { icon } from "../shared/icons.js";

/** { element, counts(shown, totals, limit), live(state), selected(ids), compare(), filters(open, narrowed) } */
export function toolbar({ onPause, onUpload, onDownload, onClearSelection, onFilters }) {
  const total = h("span", { class: "counts", role: "status" });
  const state = h("span", { class: "live-text", id: "live-state", role: "status" });
  const pause = button("pause", "Pause (p)", onPause, "Pause");
  const compare = h("a", { class: "button", id: "compare", hidden: true }, icon("compare"), "Compare");
  const chosen = h("span", { class: "soft", id: "selected-count", hidden: true });
  const clear = button("clear-selection", "Select none", onClearSelection, "Select none");
  const download = button("download", "Download as OTLP JSON (d)", onDownload, icon("download"), h("span", {}, "Download"));
  const upload = button("upload", "Upload OTLP JSON (u)", onUpload, icon("upload"), h("span", {}, "Upload"));
  const filters = button("show-filters", "Filters", onFilters, icon("search"), "Filters");
  filters.setAttribute("aria-controls", "filters");
  const element = h("div", { class: "toolbar" },
    filters, total,
    h("span", { class: "live" }, h("span", { class: "live-dot", "aria-hidden": "true" }), state), pause,
    h("span", { class: "space" }),
    chosen, compare, clear, download, upload);

  return {
    element,
    counts(shown, totals, limit) {
      const newest = shown === Number(limit) && shown < totals.traces ? "Newest " : "";
      total.textContent = shown === totals.traces
        ? `${count(shown, "trace")} with ${count(totals.spans, "span")}`
        : `${newest}${grouped(shown)} of ${count(totals.traces, "trace")}`;
    },
    live({ connection, paused, waiting }) {
      const kind = connection === "live" && paused ? "paused" : connection;
      element.dataset.live = kind;
      setText(state, STATES[kind] + (paused ? news(waiting) : ""));
      setText(pause, paused ? "Resume" : "Pause");
      pause.title = `${pause.textContent} (p)`;
      pause.setAttribute("aria-label", pause.textContent);
      pause.classList.toggle("primary", paused);
    },
    selected(ids) {
      const two = ids.length === 2;
      compare.hidden = !two;
      if (two) {
        compare.href = comparePath(ids[0], ids[1]);
      }
      [chosen, clear].forEach((each) => (each.hidden = ids.length === 0));
      chosen.textContent = `${grouped(ids.length)} selected${ids.length === 1 ? "; select another to compare" : ""}`;
      fill(download.lastElementChild, ids.length > 0 ? "Download selected" : "Download");
    },
    /** Goes where the two that are selected are compared. */
    compare: () => compare.hidden || compare.click(),
    filters(open, narrowed) {
      filters.setAttribute("aria-expanded", String(open));
      filters.classList.toggle("narrowed", narrowed);
    },
  };
}

const STATES = { off: "connecting", live: "live", paused: "paused", lost: "connection lost, trying again" };

function news(waiting) {
  return waiting === Infinity ? ", many new" : waiting > 0 ? `, ${grouped(waiting)} new` : "";
}

function button(id, title, onClick, ...children) {
  return h("button", { type: "button", id, title, "aria-label": title.replace(/ \(.\)$/, ""), on: { click: () => onClick() } }, children);
}

// A screen reader speaks every write.
function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
