// OTLP JSON in, spans as the viewer reads them out. Times are numbers of nanoseconds since the trace's first start, exact up to 104
// days; the times of the clock stay text.
//
// What only the detail of one span shows stays as it came, in `raw`, `resource` and `scope`: a trace opens faster that way.

import { byCodePoints } from "./order.js";

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const ERROR = 2;

/** { traceId, spans, start, duration, services }; `start` is a BigInt, services are { name, spans, errors } by name. */
export function readTrace(resourceSpans) {
  const spans = [];
  for (const { resource = {}, scopeSpans = [] } of resourceSpans) {
    const service = serviceOf(resource);
    for (const { scope = {}, spans: those = [] } of scopeSpans) {
      those.forEach((raw) => spans.push(readSpan(raw, resource, scope, service)));
    }
  }
  const start = spans.reduce((first, span) => (span.startNano < first ? span.startNano : first), spans[0]?.startNano ?? 0n);
  let duration = 0;
  spans.forEach((span, index) => {
    span.index = index;
    span.start = Number(span.startNano - start);
    // What ends before it starts has no length.
    span.end = Math.max(Number(span.endNano - start), span.start);
    span.duration = span.end - span.start;
    duration = Math.max(duration, span.end);
  });
  return { traceId: spans[0]?.traceId ?? "", spans, start, duration, services: countServices(spans) };
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
    isError: code === ERROR,
    status: ["unset", "ok", "error"][code] ?? "unset",
    statusMessage: text(raw.status?.message),
    events: raw.events ?? [],
    links: raw.links ?? [],
  };
}

/** As the collector's model/mod.rs has it; tests/vectors/traces.json holds both to it. */
function serviceOf({ attributes = [] }) {
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

export function nanos(value) {
  try {
    return BigInt(value ?? 0);
  } catch {
    return 0n;
  }
}

const text = (value) => (typeof value === "string" ? value : "");

/** One span as the text of a document of its own, which any OTLP receiver takes. */
export function asOtlp({ raw, resource, scope }) {
  const document = { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [raw] }] }] };
  // As a number, JSON.stringify would write -0 without its sign.
  return JSON.stringify(document, (_, value) => (Object.is(value, -0) ? "-0" : value), 2);
}
