// A span's events and links: each with its attributes; a link leads to its trace.

import { spanId, traceId } from "../model/id.js";
import { eventTime } from "../model/otlp.js";
import { tracePath } from "../shared/base.js";
import { copyButton } from "../shared/copy.js";
import { h } from "../shared/dom.js";
import { count, exactTime, grouped, NOT_SET, signed } from "../shared/format.js";
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
      when(span, eventTime(span, event)),
      attributes(null, event.attributes),
      dropped(event),
    );
  return section("Events", span.events, item, span.raw.droppedEventsCount);
}

/** How long after the start of its span; the time of the clock where that is not set. */
function when({ hasStart, startNano }, time) {
  if (time === null) {
    return h("span", { class: "soft" }, `time ${NOT_SET}`);
  }
  return h("span", { class: "soft", title: exactTime(time) }, hasStart ? signed(time - startNano) : exactTime(time));
}

const dropped = ({ droppedAttributesCount: number }) => (number > 0 ? h("p", { class: "soft" }, `${count(number, "attribute")} dropped by the sender`) : null);

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
      dropped(link),
    );
  }, span.raw.droppedLinksCount);
}

function section(title, list, item, lost) {
  if (list.length === 0) {
    return null;
  }
  const body = h("ul", { class: "entries" });
  const more = portion(body, list, item, ENTRIES);
  return h("section", {}, h("h3", {}, `${title} (${grouped(list.length)}${lost > 0 ? `, ${grouped(lost)} dropped` : ""})`), body, more);
}
