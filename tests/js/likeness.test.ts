// The bridge to @opentelemetry/api beside OpenTelemetry JS's own SDK: the same calls make the same spans.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import {
  type Attributes,
  type HrTime,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  ROOT_CONTEXT,
  context,
  createContextKey,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

import load, { extract, flush, inject, shutdown, start, startSpan, tracerProvider } from "./pkg/opentelemetry_browser_js.js";
import { Receiver, plain } from "./receiver.js";

/** What of a span is the same in both. Ids and the clock's times are not: parents are told by name. */
interface Seen {
  name: string;
  kind: number;
  parent: string | undefined;
  scope: [string | undefined, string | undefined];
  start: string | undefined;
  end: string | undefined;
  attributes: Record<string, unknown>;
  events: [string, Record<string, unknown>, string | undefined][];
  links: [string, string, Record<string, unknown>][];
  status: { code: number; message: string | undefined };
  traceState: string | undefined;
}

let receiver: Receiver;
const exporter = new InMemorySpanExporter();
const peer: TracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
// It is one as the API's types have it.
let ours: TracerProvider;

before(async () => {
  // Before the module is loaded, as the first lines of an app may be.
  ours = tracerProvider();
  const early: Tracer = ours.getTracer("early");
  assert.equal(early.startSpan("early").isRecording(), false);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await load({ module_or_path: await readFile(new URL("./pkg/opentelemetry_browser_js_bg.wasm", import.meta.url)) });
  receiver = await Receiver.listen();
  start({ endpoint: receiver.endpoint, spool: false });
  // The tracer that was got before is one now.
  const span = early.startSpan("not early any more");
  assert.equal(span.isRecording(), true);
  span.end();
  await flush();
  receiver.take();
});
after(async () => {
  await shutdown();
  receiver.close();
  context.disable();
});

/** Times of this year and later are the clock's; those that a caller gave are compared. */
function given(nanos: bigint): string | undefined {
  return nanos < 1_700_000_002_000_000_000n ? String(nanos) : undefined;
}

async function byOurs(calls: (tracer: Tracer) => unknown): Promise<Seen[]> {
  await calls(ours.getTracer("lib", "1.2.3"));
  await flush();
  const spans = receiver.take();
  const names = new Map(spans.map((span) => [span.spanId, span.name]));
  return spans.map((span) => ({
    name: span.name,
    kind: span.kind - 1,
    parent: span.parentSpanId ? (names.get(span.parentSpanId) ?? span.parentSpanId) : undefined,
    scope: [span.scope.name, span.scope.version],
    start: given(BigInt(span.startTimeUnixNano)),
    end: given(BigInt(span.endTimeUnixNano)),
    attributes: plain(span.attributes),
    events: (span.events ?? []).map((event) => [event.name, plain(event.attributes), given(BigInt(event.timeUnixNano))]),
    links: (span.links ?? []).map((link) => [link.traceId, link.spanId, plain(link.attributes)]),
    status: { code: [0, 1, 2][span.status?.code ?? 0] ?? 0, message: span.status?.message || undefined },
    traceState: span.traceState || undefined,
  }));
}

async function byPeer(calls: (tracer: Tracer) => unknown): Promise<Seen[]> {
  exporter.reset();
  await calls(peer.getTracer("lib", "1.2.3"));
  const spans = exporter.getFinishedSpans();
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const nanos = ([seconds, rest]: HrTime) => given(BigInt(seconds) * 1_000_000_000n + BigInt(rest));
  return spans.map((span) => ({
    name: span.name,
    kind: span.kind,
    parent: span.parentSpanContext && (names.get(span.parentSpanContext.spanId) ?? span.parentSpanContext.spanId),
    scope: [span.instrumentationScope.name, span.instrumentationScope.version],
    start: nanos(span.startTime),
    end: nanos(span.endTime),
    attributes: span.attributes,
    events: span.events.map((event) => [event.name, event.attributes ?? {}, nanos(event.time)]),
    links: span.links.map((link) => [link.context.traceId, link.context.spanId, link.attributes ?? {}]),
    status: { code: span.status.code, message: span.status.message },
    traceState: span.spanContext().traceState?.serialize(),
  }));
}

function same(name: string, calls: (tracer: Tracer) => unknown): void {
  test(name, async () => {
    const [seen, expected] = [await byOurs(calls), await byPeer(calls)];
    assert.ok(expected.length > 0);
    assert.deepEqual(seen, expected);
  });
}

same("names, kinds and attributes", (tracer) => {
  for (const kind of [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER]) {
    tracer.startSpan(`kind ${kind}`, { kind, attributes: { kind, text: "ä", truth: false, list: [1, 2], doubles: [0.5] } }).end();
  }
  const span = tracer.startSpan("before");
  span.setAttribute("a", 1).setAttribute("a", 2).setAttributes({ b: ["x"], c: "" }).updateName("after").end();
  span.setAttribute("late", 1).updateName("later").addEvent("late").setStatus({ code: SpanStatusCode.ERROR });
  span.end();
});

same("values that are none", (tracer) => {
  const odd = { object: {}, mixed: [1, "a"], nested: [["a"]], "": 1, symbol: Symbol("s"), fn: () => 1, right: true };
  const attributes = odd as unknown as Attributes;
  const span = tracer.startSpan("odd", { attributes });
  span.setAttributes({ ...attributes, none: undefined, nothing: null as never });
  span.addEvent("odd", attributes);
  span.addLink({ context: { traceId: "5".repeat(32), spanId: "6".repeat(16), traceFlags: 1 }, attributes });
  span.end();
});

same("events, and the forms of their times", (tracer) => {
  const span = tracer.startSpan("events", { startTime: [1_700_000_000, 1] });
  span.addEvent("now").addEvent("with", { n: 1 }).addEvent("hr", [1_700_000_000, 123_456_789]);
  span.addEvent("date", new Date(1_700_000_000_100)).addEvent("ms", 1_700_000_000_200);
  span.addEvent("both", { n: 2 }, 1_700_000_000_300).addEvent("two times", 1_700_000_000_400, 1_700_000_000_500);
  span.end(new Date(1_700_000_001_000));
});

same("no span ends before it began", (tracer) => {
  tracer.startSpan("ended too early", { startTime: [1_700_000_001, 5] }).end([1_700_000_000, 0]);
  tracer.startSpan("by a nanosecond", { startTime: [1_700_000_001, 5] }).end([1_700_000_001, 4]);
  tracer.startSpan("began now").end([1_700_000_000, 0]);
  tracer.startSpan("by its clock").end(new Date());
});

same("a reading of performance.now() is a time", (tracer) => {
  const span = tracer.startSpan("performance", { startTime: performance.now() });
  span.addEvent("event", performance.now()).end(performance.now());
});

same("exceptions", (tracer) => {
  const span = tracer.startSpan("exceptions");
  span.recordException("text");
  span.recordException({ name: "Named", message: "m", stack: "s" });
  span.recordException({ code: 42, message: "coded" });
  span.recordException({ code: "E", name: "N" });
  span.recordException({ message: "at" }, [1_700_000_000, 5]);
  span.recordException({} as Error);
  span.end();
});

same("of statuses ok is final, unset is nothing, and the later error holds", (tracer) => {
  const { UNSET, OK, ERROR } = SpanStatusCode;
  const sequences = [[], [UNSET], [OK], [ERROR], [ERROR, UNSET], [OK, ERROR], [ERROR, OK], [ERROR, ERROR]];
  sequences.forEach((codes, index) => {
    const span = tracer.startSpan(`sequence ${index}`);
    codes.forEach((code, at) => span.setStatus({ code, message: `message ${at}` }));
    span.end();
  });
  tracer.startSpan("odd message").setStatus({ code: ERROR, message: new Error("e") as unknown as string }).end();
});

same("links", (tracer) => {
  const linked = (digit: string): SpanContext => ({ traceId: digit.repeat(32), spanId: digit.repeat(16), traceFlags: 1 });
  const span = tracer.startSpan("links", { links: [{ context: linked("1"), attributes: { n: 1 } }, { context: linked("2") }] });
  span.addLink({ context: linked("3") }).addLinks([{ context: linked("4"), attributes: { n: 4 } }, { context: linked("5") }]);
  span.end();
});

same("active spans are parents, across await too", async (tracer) => {
  const answer = tracer.startActiveSpan("outer", (outer) => {
    tracer.startSpan("child").end();
    tracer.startSpan("root", { root: true }).end();
    assert.equal(trace.getActiveSpan(), outer);
    outer.end();
    return 7;
  });
  assert.equal(answer, 7);
  await tracer.startActiveSpan("async", { kind: SpanKind.CLIENT }, async (span) => {
    await new Promise((done) => setTimeout(done, 1));
    await tracer.startActiveSpan("inner", async (inner) => {
      await Promise.resolve();
      tracer.startSpan("innermost").end();
      inner.end();
    });
    span.end();
  });
  assert.throws(() => tracer.startActiveSpan("throws", (span) => { span.end(); throw new Error("it goes on"); }), /it goes on/);
});

same("a context that is given is the parent, with its other values", (tracer) => {
  const key = createContextKey("other");
  const parent = tracer.startSpan("parent");
  const given = trace.setSpan(context.active().setValue(key, "kept"), parent);
  tracer.startSpan("below", {}, given).end();
  tracer.startActiveSpan("active", {}, given, (span) => {
    assert.equal(context.active().getValue(key), "kept");
    span.end();
  });
  parent.end();
  tracer.startSpan("without", {}, trace.deleteSpan(given)).end();
});

same("a remote parent, and one that is none", (tracer) => {
  const remote = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1, isRemote: true };
  const span = tracer.startSpan("remote child", {}, trace.setSpanContext(context.active(), remote));
  assert.equal(span.spanContext().traceId, remote.traceId);
  span.end();
  const invalid = { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 1 };
  tracer.startSpan("of its own", {}, trace.setSpanContext(context.active(), invalid)).end();
});

test("a span says of itself what OpenTelemetry JS's says", async () => {
  const facts = (tracer: Tracer) => {
    const span: Span = tracer.startSpan("facts");
    const { traceId, spanId, traceFlags } = span.spanContext();
    const before = [span.isRecording(), trace.isSpanContextValid(span.spanContext()), traceFlags, traceId.length, spanId.length];
    const isSame = span.spanContext() === span.spanContext();
    span.end();
    return [...before, isSame, span.isRecording(), span.spanContext().spanId === spanId];
  };
  assert.deepEqual(facts(ours.getTracer("lib")), facts(peer.getTracer("lib")));
  await flush();
  receiver.take();
});

test("headers are read and written as OpenTelemetry JS does", () => {
  const [trace1, span1] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
  const parents = [
    `00-${trace1}-${span1}-01`, `00-${trace1}-${span1}-00`, `cc-${trace1}-${span1}-01-later`, `cc-${trace1}-${span1}-01`, "", "00",
    `ff-${trace1}-${span1}-01`, `00-${trace1}-${span1}-01-more`, `00-${trace1.toUpperCase()}-${span1}-01`, `00-${trace1}-${span1}-1`,
    `00-${"0".repeat(32)}-${span1}-01`, `00-${trace1}-${"0".repeat(16)}-01`, `00-${trace1}${span1}-01`, `00_${trace1}_${span1}_01`,
    `00-${trace1}-${span1}-zz`, `-${trace1}-${span1}-01`, `00-${trace1}-${span1}-01, 00-${trace1}-${span1}-01`,
  ];
  const others = [{}, { tracestate: "a=1,b=2" }, { baggage: "tier=gold,n=%C3%A4" }, { tracestate: "a=1", baggage: "k=v;meta=1" }];
  const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()];
  for (const traceparent of parents) {
    for (const other of others) {
      const headers: Record<string, string> = { traceparent, ...other };
      const ours = extract(headers);
      const theirs = propagators.reduce((cx, one) => one.extract(cx, headers, defaultTextMapGetter), ROOT_CONTEXT);
      const facts = (seen: SpanContext | undefined) =>
        seen && [seen.traceId, seen.spanId, seen.traceFlags, seen.isRemote, seen.traceState?.serialize() ?? ""];
      assert.deepEqual(facts(ours.spanContext), facts(trace.getSpanContext(theirs)), JSON.stringify(headers));
      const written: Record<string, string> = {};
      propagators.forEach((one) => one.inject(theirs, written, defaultTextMapSetter));
      // The entries of baggage have no order.
      const sorted = ({ baggage, ...rest }: Record<string, string>) => ({ ...rest, baggage: baggage?.split(",").sort() });
      const same = (headers: Record<string, string>) => assert.deepEqual(sorted(headers), sorted(written), JSON.stringify(headers));
      same(inject({} as Record<string, string>, ours));
      // Whatever holds them.
      same(Object.fromEntries(inject(new Headers(), ours)));
      same(Object.fromEntries(inject(new Map<string, string>(), ours)));
      for (const form of [new Headers(headers), new Map(Object.entries(headers))]) {
        same(inject({} as Record<string, string>, extract(form)));
      }
    }
  }
});

test("suppressed instrumentation records nothing", async () => {
  const suppressed = context.active().setValue(createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING"), true);
  const span = context.with(suppressed, () => ours.getTracer("lib").startSpan("suppressed"));
  assert.deepEqual([span.isRecording(), trace.isSpanContextValid(span.spanContext())], [false, false]);
  await flush();
  assert.deepEqual(receiver.take(), []);
});

test("registered, it is what the API's users get, and spans of both APIs go together", async () => {
  assert.ok(trace.setGlobalTracerProvider(tracerProvider()));
  const own = startSpan("this API's");
  await context.with(trace.setSpan(context.active(), own), async () => {
    await trace.getTracer("app").startActiveSpan("the other API's", async (span) => {
      const headers: Record<string, string> = {};
      propagation.inject(context.active(), headers);
      span.end();
    });
  });
  own.end();
  trace.disable();
  await flush();
  const [child, parent] = receiver.take();
  assert.deepEqual([child?.name, parent?.name], ["the other API's", "this API's"]);
  assert.deepEqual([child?.parentSpanId, child?.traceId], [parent?.spanId, parent?.traceId]);
});
