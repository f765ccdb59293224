// The log records of a trace: fetched beside its spans, and shown at the span that each is of.

import { bySpan, readLogs } from "../model/logs.js";
import { getJson } from "../shared/api.js";
import { logsPath } from "../shared/base.js";
import { fill, h } from "../shared/dom.js";
import { count, exactTime, grouped, signed } from "../shared/format.js";
import { portion } from "../shared/portion.js";
import { recordRow } from "../logs/record.js";

/** So many of a trace are fetched, and so many of a span shown at first. */
const FETCHED = 5_000;
const ENTRIES = 50;

/**
 * { link, of(span), ready }: a link to all of them for the header, and the section of a span. There are none until they are `ready`, and
 * none without an answer: the trace is as good as it was.
 */
export function traceLogs(id, trace) {
  const link = h("a", { class: "button", id: "trace-logs", href: logsPath({ traceId: id }), hidden: true });
  let known = { of: new Map(), others: [] };
  const ready = getJson(`/api/logs?${new URLSearchParams({ traceId: id, limit: FETCHED })}`).then(({ resourceLogs }) => {
    const records = readLogs(resourceLogs);
    // As they happened: the answer has the newest first.
    known = bySpan(records.reverse(), trace.spans);
    fill(link, count(records.length, "log record"), known.others.length > 0 ? h("span", { class: "soft" }, `${grouped(known.others.length)} at no span`) : null);
    link.hidden = records.length === 0;
  }, () => {});
  return { link, of: (span) => section(span, known.of.get(span.id) ?? []), ready };
}

function section(span, records) {
  if (records.length === 0) {
    return null;
  }
  // How long after the start of the span, as its events have it.
  const when = (time) => (span.hasStart ? signed(time - span.startNano) : exactTime(time));
  const body = h("div", {});
  const more = portion(body, records, (record) => recordRow(record, { withTrace: false, when }), ENTRIES);
  return h("section", { class: "span-logs" }, h("h3", {}, `Logs (${grouped(records.length)})`), body, more);
}
