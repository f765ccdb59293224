// Why the list is empty in, what to do about it out.

import { h } from "../shared/dom.js";

/** When there is no trace at all. Where to send them stands on the body: the server knows. */
export function noTraces() {
  const { pageUrl, otlpUrl } = document.body.dataset;
  return h("section", { class: "empty", id: "empty" },
    h("h1", {}, "No traces yet"),
    h("p", {}, "They appear here by themselves, as soon as there are some. Any of these makes some:"),
    h("ul", {},
      pageUrl ? h("li", {}, "Open ", h("a", { href: pageUrl }, "the page"), " and look up a user.") : null,
      h("li", {}, "Send spans from any program to ", h("code", {}, otlpUrl ?? "/v1/traces"), " (OTLP/HTTP, JSON or protobuf)."),
      h("li", {}, "Drop a file of OTLP JSON on this page, or press Upload.")));
}

/** When there are traces, but none that fits. */
export function noneFits(onClear) {
  return h("section", { class: "empty", id: "empty" },
    h("h1", {}, "No trace fits"),
    h("p", {}, "Traces that do will appear here by themselves."),
    h("button", { type: "button", id: "clear-filters", on: { click: () => onClear() } }, "Clear the filters"));
}
