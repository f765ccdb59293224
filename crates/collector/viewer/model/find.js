// What was typed in, a test for spans out.
//
// Any text is looked for in everything a span has, in any case of letters; `key=value` in its attributes, those of its resource
// and its scope, where a value that is quoted must be the whole one.

import { someText } from "./value.js";

/** null if nothing is looked for. */
export function matcher(query) {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") {
    return null;
  }
  const pair = /^([^\s=]+)=(.*)$/s.exec(wanted);
  const has = (text) => text.toLowerCase().includes(wanted);
  if (!pair) {
    return (span) => anywhere(span, has);
  }
  const [, key, value] = pair;
  const whole = /^"(.*)"$/s.exec(value)?.[1];
  const fits = (text) => (whole === undefined ? text.toLowerCase().includes(value) : text.toLowerCase() === whole);
  const inPair = (attribute) => String(attribute.key).toLowerCase() === key && (value === "" || someText(attribute.value, fits));
  // A text with a = in it may also be meant as it is.
  return (span) => lists(span).some((list) => list.some(inPair)) || anywhere(span, has);
}

/**
 * The same for what a link of Jaeger's UI looks for: any of its words, of which those in quotation marks are one. A word with a
 * minus in front is about what Jaeger leaves out of the search, and is none.
 */
export function linkMatcher(query) {
  const words = [...query.matchAll(/"([^"]*)"|[^\s"]+/g)].map(([word, quoted]) => quoted ?? word);
  const tests = words.filter((word) => !word.startsWith("-")).map(matcher).filter(Boolean);
  return tests.length > 0 ? (span) => tests.some((test) => test(span)) : null;
}

function lists({ raw, resource, scope, events, links }) {
  const own = [raw.attributes, resource.attributes, scope.attributes];
  return [...own, ...events.map((event) => event.attributes), ...links.map((link) => link.attributes)].filter(Boolean);
}

function anywhere(span, has) {
  const { raw, scope, events, links } = span;
  const texts = [span.name, span.service, span.id, span.parentId, span.kind, span.status, span.statusMessage, raw.traceState, scope.name, scope.version];
  return (
    texts.some((text) => typeof text === "string" && has(text)) ||
    events.some((event) => has(String(event.name ?? ""))) ||
    links.some((link) => has(String(link.traceId ?? "")) || has(String(link.spanId ?? ""))) ||
    lists(span).some((list) => list.some((attribute) => has(String(attribute.key)) || someText(attribute.value, has)))
  );
}
