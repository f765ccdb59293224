// What a trace is, above it: its root, its size in every respect, its services, and what can be done with it.

import { comparePath } from "../shared/base.js";
import { dot } from "../shared/colours.js";
import { copyButton } from "../shared/copy.js";
import { h } from "../shared/dom.js";
import { download } from "../shared/download.js";
import { count, duration, durationAlone, exactTime, grouped, startAlone } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { name } from "../shared/text.js";
import { line } from "../model/visible.js";

const SERVICES = 12;

export const titleOf = (state) => line(state.get().main.span.name || "(no name)", 100);

export function buildHeader(state, { colourOf, resourceSpans, id, find, growth, logs }) {
  const { main } = state.get();
  return h(
    "header",
    { class: "trace-header" },
    h(
      "div",
      { class: "title" },
      h("h1", {}, h("span", { class: "soft" }, name(main.span.service)), " ", name(main.span.name)),
      main.place === "root" ? null : h("span", { class: "note" }, main.place === "orphan" ? "root span missing" : "no root span"),
      h("span", { class: "id" }, h("code", {}, id), copyButton(id, "trace id")),
      growth,
    ),
    h("div", { class: "facts-line" }, facts(state), services(state, colourOf)),
    h("div", { class: "tools" }, find, actions(state, resourceSpans, id, logs)),
  );
}

function facts(state) {
  const { trace, nodes, errors, levels } = state.get();
  const detached = nodes.filter(({ place }) => place === "orphan" || place === "cycle").length;
  const fact = (key, text, properties) => h("div", properties, h("dt", {}, key), h("dd", {}, text));
  const errorButton = h("button", { type: "button", class: "mark", title: "Next error (e)" }, icon("error"), count(errors.length, "error"));
  errorButton.addEventListener("click", () => state.nextOf(errors, 1));
  return h(
    "dl",
    { class: "facts" },
    fact("Start", startAlone(trace.start), { title: trace.start === null ? null : exactTime(trace.start) }),
    fact("Duration", durationAlone(trace.duration)),
    trace.far > 0 ? fact("Far away", farButton(state)) : null,
    fact("Spans", count(nodes.length, "span")),
    fact("Services", count(trace.services.length, "service")),
    fact("Depth", count(levels, "level")),
    errors.length > 0 ? fact("Errors", errorButton) : null,
    detached > 0 ? fact("Detached", count(detached, "detached span")) : null,
  );
}

/** Spans whose times are nowhere near the others', and how long the trace is without them. */
function farButton(state) {
  const { trace } = state.get();
  const button = h("button", { type: "button", class: "far", title: "Show all of the time, or the part with most spans (Shift+Z)" },
    `${count(trace.far, "span")} far away, ${duration(trace.usual.to - trace.usual.from)} without`);
  button.addEventListener("click", state.toggleFar);
  const show = () => button.setAttribute("aria-pressed", String(state.get().bounds === trace.whole));
  state.on(show);
  show();
  return button;
}

function services(state, colourOf) {
  const list = state.get().trace.services.toSorted((a, b) => b.spans - a.spans);
  const item = (service) => h("li", {}, dot(colourOf(service.name)), name(service.name), h("span", { class: "soft" }, grouped(service.spans)));
  const rest = list.length - SERVICES;
  return h("ul", { class: "legend", "aria-label": "Services" }, list.slice(0, SERVICES).map(item), rest > 0 ? h("li", { class: "soft" }, `and ${grouped(rest)} more`) : null);
}

function actions(state, resourceSpans, id, logs) {
  const button = (text, title, run, picture) => {
    const element = h("button", { type: "button", title }, picture ? icon(picture) : null, text);
    element.addEventListener("click", run);
    return element;
  };
  const critical = button("Critical path", "Show what the trace was waiting for (c)", state.toggleCritical);
  const reset = button("Reset zoom", "Show the whole trace (z)", state.resetZoom);
  const show = () => {
    critical.setAttribute("aria-pressed", String(state.get().critical));
    reset.disabled = !state.isZoomed();
  };
  state.on(show);
  show();
  return h(
    "div",
    { class: "actions" },
    critical,
    button("Collapse all", "Collapse all (Shift+C)", state.collapseAll),
    button("Expand all", "Expand all (Shift+X)", state.expandAll),
    reset,
    h("a", { class: "button", href: comparePath(id) }, icon("compare"), "Compare with…"),
    logs,
    button("JSON", "Download this trace as OTLP JSON", () => download(JSON.stringify({ resourceSpans }), `trace-${id}.json`), "download"),
    linkButton(id),
  );
}

function linkButton(id) {
  const command = () => `curl ${new URL(`${document.body.dataset.base}/api/v3/traces/${id}`, location.href)}`;
  return copyButton(command, "curl command for this trace");
}
