// OTLP JSON in, spans as the viewer reads them out; their times are those of span-times.js.
//
// What only the detail of one span shows stays as it came, in `raw`, `resource` and `scope`: a trace opens faster that way.

import { byCodePoints } from "./order.js";
import { placeInTime } from "./span-times.js";

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const ERROR = 2;

/** { traceId, spans, services } and the times of the trace; services are { name, spans, errors } by name. */
export function readTrace(resourceSpans) {
  const spans = [];
  for (const { resource = {}, scopeSpans = [] } of resourceSpans) {
    const service = serviceOf(resource);
    for (const { scope = {}, spans: those = [] } of scopeSpans) {
      those.forEach((raw) => spans.push(readSpan(raw, resource, scope, service)));
    }
  }
  return { traceId: spans[0]?.traceId ?? "", spans, services: countServices(spans), ...placeInTime(spans) };
}

function readSpan(raw, resource, scope, service) {
  const code = Number(raw.status?.code ?? 0);
  return {
    raw,
    resource,
    scope,
    service,
    traceId: text(raw.traceId),
    id: text(raw.spanId),
    parentId: text(raw.parentSpanId) || null,
    name: text(raw.name),
    kind: KINDS[raw.kind] ?? KINDS[0],
    startNano: nanos(raw.startTimeUnixNano),
    endNano: nanos(raw.endTimeUnixNano),
    // Until all of the trace is known.
    hasStart: false,
    hasEnd: false,
    start: 0,
    end: 0,
    duration: null,
    isError: code === ERROR,
    status: ["unset", "ok", "error"][code] ?? "unset",
    statusMessage: text(raw.status?.message),
    events: raw.events ?? [],
    links: raw.links ?? [],
  };
}

/** As the collector's model/tags.rs has it; tests/vectors/traces.json holds both to it. */
export function serviceOf({ attributes = [] }) {
  const name = attributes.find(({ key }) => key === "service.name")?.value?.stringValue;
  if (typeof name === "string" && name !== "") {
    return name;
  }
  return attributes.length === 0 ? "OTLPResourceNoServiceName" : "empty-service-name";
}

function countServices(spans) {
  const services = new Map();
  for (const { service, isError } of spans) {
    const known = services.get(service) ?? { name: service, spans: 0, errors: 0 };
    known.spans += 1;
    known.errors += isError ? 1 : 0;
    services.set(service, known);
  }
  return [...services.values()].sort((a, b) => byCodePoints(a.name, b.name));
}

/** 0n for what is no time, or none. */
export function nanos(value) {
  try {
    return BigInt(value ?? 0);
  } catch {
    return 0n;
  }
}

/** When an event of a span was; null if it does not say. */
export function eventTime({ startNano }, { timeUnixNano }) {
  const time = nanos(timeUnixNano);
  // Nothing happens in 1970, but in a trace that counts from 0.
  return time === 0n && startNano !== 0n ? null : time;
}

const text = (value) => (typeof value === "string" ? value : "");

/** One span as the text of a document of its own, which any OTLP receiver takes. */
export function asOtlp({ raw, resource, scope }) {
  const document = { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [raw] }] }] };
  // As a number, JSON.stringify would write -0 without its sign.
  return JSON.stringify(document, (_, value) => (Object.is(value, -0) ? "-0" : value), 2);
}
