// The page's own lookups, and the spans of their traces as they end: bounded, whatever comes. No DOM here.

const MOST_LOOKUPS = 6;
const MOST_TRACES = 24;
const MOST_SPANS = 40;
const MOST_DEPTH = 8;

/** What is kept of the spans of each trace; of traces, and of lookups, the latest. */
export class Lookups {
  #traces = new Map();
  #lookups = [];

  /** Takes a span in; tells whether it belongs to a lookup that is shown. Over HTTP spans come before the answer does. */
  add(span) {
    const shown = this.#lookups.find(({ traceId }) => traceId === span.traceId);
    // That of a lookup may not be among the latest any more.
    const trace = shown?.trace ?? this.#trace(span.traceId);
    if (trace.spans.length < MOST_SPANS) {
      trace.spans.push(span);
    } else {
      trace.more += 1;
    }
    return shown !== undefined;
  }

  /** A lookup has its answer. */
  answered({ asked, traceId, sampled }) {
    const trace = sampled ? this.#trace(traceId) : { spans: [], more: 0 };
    this.#lookups.unshift({ asked, traceId, sampled, trace });
    this.#lookups.length = Math.min(this.#lookups.length, MOST_LOOKUPS);
  }

  /** The lookups, the latest one first, each with its `rows`, how many spans have `more`, and the `total` in milliseconds. */
  list() {
    return this.#lookups.map(({ trace, ...lookup }) => ({ ...lookup, ...waterfall(trace.spans), more: trace.more }));
  }

  #trace(traceId) {
    const trace = this.#traces.get(traceId) ?? { spans: [], more: 0 };
    // The latest one stands last, and the first goes.
    this.#traces.delete(traceId);
    this.#traces.set(traceId, trace);
    if (this.#traces.size > MOST_TRACES) {
      this.#traces.delete(this.#traces.keys().next().value);
    }
    return trace;
  }
}

/** Spans in the order of a tree: each as { span, depth, start, length }, the last two as parts of the whole, which is `total`. */
export function waterfall(spans) {
  const first = Math.min(...spans.map(({ startTime }) => startTime));
  const total = Math.max(0, ...spans.map(({ startTime, duration }) => startTime + duration - first));
  const part = (time) => (total > 0 ? Math.min(Math.max(time / total, 0), 1) : 0);
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map();
  for (const span of spans) {
    const parent = known.has(span.parentSpanId) ? span.parentSpanId : null;
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const rows = [];
  const visit = (parent, depth) => {
    const below = (children.get(parent) ?? []).sort((a, b) => a.startTime - b.startTime);
    for (const span of below) {
      const [start, length] = [part(span.startTime - first), part(span.duration)];
      rows.push({ span, depth, offset: span.startTime - first, start, length });
      visit(span.spanId, Math.min(depth + 1, MOST_DEPTH));
    }
  };
  visit(null, 0);
  return { rows, total };
}
