// A span's events and links: each with its attributes; a link leads to its trace.

import { spanId, traceId } from "../model/id.js";
import { nanos } from "../model/otlp.js";
import { tracePath } from "../shared/base.js";
import { copyButton } from "../shared/copy.js";
import { h } from "../shared/dom.js";
import { signed } from "../shared/format.js";
import { portion } from "../shared/portion.js";
import { name, value } from "../shared/text.js";
import { attributes } from "./attributes.js";

const ENTRIES = 100;

export function events(span) {
  const item = (event) =>
    h(
      "li",
      {},
      h("b", { class: event.name === "exception" ? "bad" : "" }, name(String(event.name ?? ""))),
      h("span", { class: "soft" }, signed(nanos(event.timeUnixNano) - span.startNano)),
      attributes(null, event.attributes),
    );
  return section("Events", span.events, item);
}

export function links(span) {
  return section("Links", span.links, (link) => {
    const id = traceId(link.traceId);
    const target = spanId(link.spanId);
    return h(
      "li",
      {},
      id ? [h("a", { href: tracePath(id, target) }, "Trace ", h("code", {}, id)), copyButton(id, "trace id of the link")] : "To no valid trace id",
      target ? h("span", { class: "soft" }, "span ", h("code", {}, target)) : null,
      link.traceState ? value(String(link.traceState)) : null,
      attributes(null, link.attributes),
    );
  });
}

function section(title, list, item) {
  if (list.length === 0) {
    return null;
  }
  const body = h("ul", { class: "entries" });
  const more = portion(body, list, item, ENTRIES);
  return h("section", {}, h("h3", {}, `${title} (${list.length})`), body, more);
}
