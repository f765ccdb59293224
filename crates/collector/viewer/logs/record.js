// A log record in, what is shown of it out: a line, and all there is to know below it when it is opened.

import { spanId, traceId } from "../model/id.js";
import { logsPath, tracePath } from "../shared/base.js";
import { copyButton } from "../shared/copy.js";
import { append, h } from "../shared/dom.js";
import { exactTime, NOT_SET, time } from "../shared/format.js";
import { name, value } from "../shared/text.js";
import { line } from "../model/visible.js";
import { attributes } from "../trace/attributes.js";

const WORDS = 400;

/** `withTrace` is for where its trace is not what is looked at anyway; `when` words its time. */
export function recordRow(record, { withTrace = true, when = time } = {}) {
  const body = h("div", { class: "log-detail" });
  const { severity, event, service, words } = record;
  const element = h(
    "details",
    { class: ["log", severity.level].filter(Boolean).join(" ") },
    h(
      "summary",
      {},
      h("time", { class: "log-time", title: record.time === null ? null : exactTime(record.time) }, record.time === null ? NOT_SET : when(record.time)),
      h("span", { class: `log-severity ${severity.level}` }, h("bdi", {}, line(severity.name, 20))),
      h("bdi", { class: "log-service" }, line(service, 80)),
      h("span", { class: "log-words" }, event === "" ? null : h("bdi", { class: "log-event" }, line(event, 80)), " ", h("bdi", {}, line(words, WORDS))),
      withTrace ? traceLink(record) : null,
    ),
    body,
  );
  element.addEventListener("toggle", () => {
    if (element.open && !body.hasChildNodes()) {
      append(body, detail(record));
    }
  });
  return element;
}

function traceLink(record) {
  const id = traceId(record.traceId);
  const label = "Open its trace";
  return id ? h("a", { class: "log-trace", href: tracePath(id, spanId(record.spanId)), title: label }, "trace") : null;
}

function detail(record) {
  const { raw, resource, scope } = record;
  const ids = [["Trace id", traceId(record.traceId)], ["Span id", spanId(record.spanId)]];
  const fact = (key, ...content) => h("div", {}, h("dt", {}, key), h("dd", {}, content));
  const at = (nanos) => h("span", {}, exactTime(nanos));
  return [
    raw.body === undefined || record.words === "" ? null : h("pre", { class: "log-body" }, value(record.words)),
    h("dl", { class: "span-facts" },
      raw.timeUnixNano ? fact("Time", at(raw.timeUnixNano)) : null,
      raw.observedTimeUnixNano ? fact("Observed", at(raw.observedTimeUnixNano)) : null,
      raw.severityNumber ? fact("Severity", String(raw.severityNumber), record.severity.name === "" ? null : name(record.severity.name)) : null,
      record.event === "" ? null : fact("Event", h("a", { href: logsPath({ event: record.event }), title: "Logs of this event" }, name(record.event))),
      fact("Service", h("a", { href: logsPath({ service: record.service }), title: "Logs of this service" }, name(record.service))),
      ids.map(([key, id]) => (id ? fact(key, h("code", {}, id), copyButton(id, key.toLowerCase())) : null)),
      raw.droppedAttributesCount > 0 ? fact("Dropped", `${raw.droppedAttributesCount} attributes, by the sender`) : null),
    attributes("Attributes", raw.attributes),
    attributes("Resource", resource.attributes),
    scopeOf(scope),
  ];
}

function scopeOf({ name: title = "", attributes: list }) {
  if (title === "" && !list) {
    return null;
  }
  const heading = h("h3", {}, "Scope ", h("span", { class: "plain" }, name(String(title))));
  return attributes(heading, list) ?? heading;
}
