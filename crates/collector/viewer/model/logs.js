// OTLP JSON in, log records as the viewer reads them out, newest first.

import { nanos, serviceOf } from "./otlp.js";
import { typed } from "./value.js";

/** The names of severities, each for four numbers from the one it stands at. */
const NAMES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** The least number of each, for those who choose one. */
export const SEVERITIES = NAMES.map((name, at) => [name, at * 4 + 1]);

/** How many attributes say what a record is about that has no body. */
const TOLD = 4;

/** Records in the order of the answer. */
export function readLogs(resourceLogs) {
  const records = [];
  for (const { resource = {}, scopeLogs = [] } of resourceLogs) {
    const service = serviceOf(resource);
    for (const { scope = {}, logRecords = [] } of scopeLogs) {
      logRecords.forEach((raw) => records.push(readRecord(raw, resource, scope, service)));
    }
  }
  return records;
}

function readRecord(raw, resource, scope, service) {
  const time = nanos(raw.timeUnixNano);
  const observed = nanos(raw.observedTimeUnixNano);
  const attributes = raw.attributes ?? [];
  return {
    raw,
    resource,
    scope,
    service,
    attributes,
    /** When it happened, or was seen; null if nobody knows. */
    time: time !== 0n ? time : observed !== 0n ? observed : null,
    severity: severity(raw),
    event: text(raw.eventName) || text(attributes.find(({ key }) => key === "event.name")?.value?.stringValue),
    words: words(raw.body, attributes),
    traceId: text(raw.traceId),
    spanId: text(raw.spanId),
  };
}

/** { name, level }: what the sender calls it, and "error", "warn" or "" for how it is shown. */
function severity({ severityNumber, severityText }) {
  const number = Number(severityNumber ?? 0);
  const known = number >= 1 && number <= 24;
  const name = NAMES[Math.floor((number - 1) / 4)];
  const further = (number - 1) % 4;
  const level = number >= 17 ? "error" : number >= 13 ? "warn" : "";
  return { name: text(severityText) || (known ? name + (further > 0 ? further + 1 : "") : ""), level };
}

/** The body; of a record without one, its first attributes. */
function words(body, attributes) {
  if (body !== undefined) {
    return typed(body).text;
  }
  const told = attributes.filter(({ key }) => key !== "event.name").slice(0, TOLD);
  return told.map(({ key, value }) => `${key}=${typed(value).text}`).join(" ");
}

/** What has come since before what was there, at most so many. Those of one time stay in the order in which they came. */
export function mergeLogs(known, more, limit) {
  const all = [...more, ...known].map((record, at) => [record, at]);
  const order = ([a, atA], [b, atB]) => (a.time === b.time ? atA - atB : (b.time ?? 0n) > (a.time ?? 0n) ? 1 : -1);
  return all.sort(order).slice(0, limit).map(([record]) => record);
}

/** Of a trace's records, those of each span by its id, and those of none of these spans. */
export function bySpan(records, spans) {
  const ids = new Set(spans.map(({ id }) => id));
  const of = new Map();
  const others = [];
  for (const record of records) {
    if (!ids.has(record.spanId)) {
      others.push(record);
    } else if (of.has(record.spanId)) {
      of.get(record.spanId).push(record);
    } else {
      of.set(record.spanId, [record]);
    }
  }
  return { of, others };
}

const text = (value) => (typeof value === "string" ? value : "");
