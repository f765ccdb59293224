// The text of a file in; out what it holds for /v1/traces, { resources, spans, traceIds }, or an Error that says why it has none.
//
// Taken are OTLP JSON documents ({"resourceSpans":[…]}), one or several in a file as the Collector's file exporter writes them,
// and the answers of version 3 of Jaeger's API ({"result":{"resourceSpans":[…]}}).

import { documents, elements, members } from "./json-text.js";

/** Reads a file. Each of `resources` is the text of one element of resourceSpans, exactly as it was written. */
export function readFile(text) {
  refuseOtherFormats(text);
  const file = { resources: [], spans: 0, traceIds: new Set() };
  let others = null;
  let count = 0;
  for (const document of documents(text)) {
    count += 1;
    const resourceSpans = findResourceSpans(parse(document, text), document.text);
    if (resourceSpans.text) {
      elements(resourceSpans.text).forEach((resource) => file.resources.push(resource));
      countSpans(resourceSpans.value, file);
    } else {
      others = resourceSpans.reason;
    }
  }
  if (count === 0) {
    throw new Error("it is empty");
  }
  if (file.resources.length === 0) {
    throw new Error(others ?? "it has no resourceSpans in it");
  }
  return file;
}

function refuseOtherFormats(text) {
  if (text.startsWith("\x1f")) {
    throw new Error("it is compressed; unpack it first");
  }
  if (text.slice(0, 4096).includes("\0")) {
    throw new Error("it is no text; traces are uploaded as OTLP JSON, not as protobuf");
  }
}

function parse(document, whole) {
  try {
    return JSON.parse(document.text);
  } catch (error) {
    const where = document.line > 1 || document.text.length < whole.trim().length ? `line ${document.line}: ` : "";
    throw new Error(`${where}it is no JSON (${error.message})`);
  }
}

function findResourceSpans(value, text) {
  if (Array.isArray(value?.resourceSpans)) {
    return { value: value.resourceSpans, text: members(text).get("resourceSpans") };
  }
  if (Array.isArray(value?.result?.resourceSpans)) {
    const result = members(text).get("result");
    return { value: value.result.resourceSpans, text: members(result).get("resourceSpans") };
  }
  return { reason: reason(value) };
}

function reason(value) {
  if (Array.isArray(value?.data)) {
    return "it is JSON of version 1 of Jaeger's API; only OTLP JSON is taken, which /api/v3/traces of the same Jaeger gives";
  }
  if (value?.resourceMetrics || value?.resourceLogs) {
    return "it has metrics or logs in it, not spans";
  }
  if (Array.isArray(value)) {
    return 'it is a list; OTLP JSON begins with {"resourceSpans":[';
  }
  return 'it has no resourceSpans in it; OTLP JSON begins with {"resourceSpans":[';
}

// What is not as it should be is left to the collector, which says what it is.
function countSpans(resourceSpans, file) {
  for (const span of resourceSpans.flatMap(scopes).flatMap((scope) => list(scope?.spans))) {
    file.spans += 1;
    const id = String(span?.traceId).toLowerCase();
    if (/^[0-9a-f]{32}$/.test(id)) {
      file.traceIds.add(id);
    }
  }
}

function scopes(resource) {
  return list(resource?.scopeSpans);
}

function list(value) {
  return Array.isArray(value) ? value : [];
}
