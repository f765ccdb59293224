// The API beyond the example's: what is called here arrives as OTLP.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { runInNewContext } from "node:vm";

import { trace } from "@opentelemetry/api";
import { trace as latestTrace } from "opentelemetry-api-latest";
import * as copy from "opentelemetry-browser-js";

import load, {
  type Attributes,
  type Context,
  type Span,
  consent,
  extract,
  flush,
  inSpan,
  inject,
  log,
  shutdown,
  start,
  startSpan,
  stats,
  tracerProvider,
} from "./pkg/opentelemetry_browser_js.js";
import { type OtlpSpan, Receiver, plain, value } from "./receiver.js";

let receiver: Receiver;

before(async () => {
  const early = startSpan("before the module is loaded");
  assert.equal(early.isRecording(), false);
  // What cannot do without the module says what is missing.
  assert.throws(() => start(), /not loaded.*await load\(\)/);
  assert.throws(() => stats(), /await load\(\)/);
  assert.throws(() => consent(true), /await load\(\)/);
  await assert.rejects(flush(), /await load\(\)/);
  await assert.rejects(shutdown(), /await load\(\)/);
  await load({ module_or_path: await readFile(new URL("./pkg/opentelemetry_browser_js_bg.wasm", import.meta.url)) });
  receiver = await Receiver.listen();
});
beforeEach(() => start({ endpoint: receiver.endpoint, serviceName: "shop", spool: false }));
afterEach(async () => {
  await shutdown();
  receiver.take();
  receiver.takeLogs();
});
after(() => receiver.close());

async function arrived(): Promise<OtlpSpan[]> {
  await flush();
  return receiver.take();
}

async function only(): Promise<OtlpSpan> {
  const spans = await arrived();
  assert.equal(spans.length, 1);
  return spans[0] as OtlpSpan;
}

test("a span has all that it was given", async () => {
  const linked = { traceId: "5".repeat(32), spanId: "6".repeat(16), traceFlags: 1 };
  const span = startSpan("GET /cart", {
    kind: "client",
    attributes: { text: "ä", int: 7, double: 0.5, truth: true, list: ["a", "b"], ints: [1, 2], doubles: [1, 2.5] },
    links: [{ context: linked, attributes: { why: "retry" } }],
    startTime: [1_700_000_000, 123_456_789],
  });
  assert.equal(span.isRecording(), true);
  const chained: Span = span
    .setAttribute("later", 1)
    .setAttributes({ int: 8, truths: [true, false] })
    .addEvent("named", { n: 1 }, [1_700_000_000, 200_000_000])
    .addEvent("at", new Date(1_700_000_000_300))
    .setStatus({ code: "error", message: "first" })
    .setStatus({ code: 2, message: "second" })
    .updateName("GET /cart/{id}");
  assert.equal(chained, span);
  span.end(new Date(1_700_000_001_000));
  span.end();
  span.setAttribute("too", "late");
  assert.equal(span.isRecording(), false);

  const sent = await only();
  assert.deepEqual([sent.name, sent.kind, sent.status], ["GET /cart/{id}", 3, { code: 2, message: "second" }]);
  assert.deepEqual([sent.startTimeUnixNano, sent.endTimeUnixNano], ["1700000000123456789", "1700000001000000000"]);
  assert.deepEqual(plain(sent.attributes), {
    text: "ä", int: 8, double: 0.5, truth: true, list: ["a", "b"], ints: [1, 2], doubles: [1, 2.5], later: 1, truths: [true, false],
  });
  assert.deepEqual(
    sent.events?.map(({ name, timeUnixNano, attributes }) => [name, timeUnixNano, plain(attributes)]),
    [["named", "1700000000200000000", { n: 1 }], ["at", "1700000000300000000", {}]],
  );
  assert.deepEqual(sent.links?.map((link) => [link.traceId, link.spanId, plain(link.attributes)]), [
    [linked.traceId, linked.spanId, { why: "retry" }],
  ]);
  assert.deepEqual([sent.traceId, sent.spanId], [span.spanContext().traceId, span.spanContext().spanId]);
});

test("children are those of a context or of a span that they are given, and of nothing else", async () => {
  const root = startSpan("root");
  const child = startSpan("child", { parent: root.context() });
  startSpan("grandchild", { parent: child }).end();
  startSpan("of its own", { parent: null }).end();
  child.end();
  root.end();
  // After their end they still are parents.
  startSpan("late", { parent: root }).end();
  const spans = new Map((await arrived()).map((span) => [span.name, span]));
  const parent = (name: string) => spans.get(name)?.parentSpanId || undefined;
  assert.equal(parent("child"), root.spanContext().spanId);
  assert.equal(parent("grandchild"), child.spanContext().spanId);
  assert.equal(parent("late"), root.spanContext().spanId);
  assert.equal(parent("of its own"), undefined);
  assert.equal(spans.get("late")?.traceId, root.spanContext().traceId);
});

test("inSpan ends with its function, be it sync or async, and gives what that gives", async () => {
  const answer: number = inSpan("sync", (context) => {
    startSpan("below", { parent: context }).end();
    return 7;
  });
  assert.equal(answer, 7);
  let open = 0;
  const promise: Promise<string> = inSpan("async", { attributes: { n: 1 } }, async (context, span) => {
    await new Promise((done) => setTimeout(done, 5));
    open = stats().open;
    await inSpan("inner", { parent: context }, async () => span.addEvent("inside"));
    return "done";
  });
  assert.equal(await promise, "done");
  assert.equal(open, 1);
  const spans = await arrived();
  assert.deepEqual(spans.map((span) => span.name), ["below", "sync", "inner", "async"]);
  const [below, sync, inner, outer] = spans as [OtlpSpan, OtlpSpan, OtlpSpan, OtlpSpan];
  assert.deepEqual([below.parentSpanId, inner.parentSpanId], [sync.spanId, outer.spanId]);
  assert.deepEqual(outer.events?.map((event) => event.name), ["inside"]);
  assert.deepEqual(sync.status ?? {}, {});
});

test("whatever can be awaited ends its span, and what cannot does too", async () => {
  const thenable = { then: (done: (value: number) => void) => done(7) };
  assert.equal(await inSpan("thenable", () => thenable), 7);
  const refusing = { then: (_: unknown, failed: (error: Error) => void) => failed(new Error("refused")) };
  await assert.rejects(inSpan("refusing", () => refusing as unknown as Promise<never>), /refused/);
  const throwing = { then: () => { throw new Error("then throws"); } };
  await assert.rejects(inSpan("throwing", () => throwing as unknown as Promise<never>), /then throws/);
  const odd = { get then(): never { throw new Error("a getter"); } };
  assert.equal(inSpan("odd", () => odd), odd);
  const text = { then: "next" };
  assert.equal(inSpan("text", () => text), text);
  assert.equal(stats().open, 0);
  const statuses = Object.fromEntries((await arrived()).map((span) => [span.name, span.status?.code ?? 0]));
  assert.deepEqual(statuses, { thenable: 0, refusing: 2, throwing: 2, odd: 0, text: 0 });
});

test("what a function throws is recorded and goes on", async () => {
  const error = new RangeError("out of stock");
  assert.throws(() => inSpan("throws", () => { throw error; }), (thrown) => thrown === error);
  await assert.rejects(inSpan("rejects", async () => { throw error; }), (thrown) => thrown === error);
  assert.throws(() => inSpan("throws a string", () => { throw "no"; }), (thrown) => thrown === "no");
  assert.throws(() => inSpan("throws nothing", () => { throw undefined; }), (thrown) => thrown === undefined);
  const spans = await arrived();
  for (const span of spans.slice(0, 2)) {
    assert.deepEqual(span.status, { code: 2, message: "out of stock" });
    const exception = plain(span.events?.[0]?.attributes);
    assert.equal(span.events?.[0]?.name, "exception");
    assert.deepEqual([exception["exception.type"], exception["exception.message"]], ["RangeError", "out of stock"]);
    assert.match(String(exception["exception.stacktrace"]), /out of stock/);
  }
  assert.deepEqual(plain(spans[2]?.events?.[0]?.attributes), { "exception.message": "no" });
  assert.deepEqual(spans.map((span) => span.status?.code), [2, 2, 2, 2]);
});

test("a trace goes on by headers", async () => {
  const incoming = { Traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`, tracestate: "vendor=1", baggage: "tier=gold" };
  const context: Context = extract(incoming);
  assert.deepEqual([context.spanContext?.traceId, context.spanContext?.isRemote], ["1".repeat(32), true]);
  const span = startSpan("server", { kind: "server", parent: context });
  const headers = inject(new Headers({ accept: "*/*" }), span);
  const { traceId, spanId } = span.spanContext();
  assert.equal(traceId, "1".repeat(32));
  assert.equal(headers.get("traceparent"), `00-${traceId}-${spanId}-01`);
  assert.deepEqual([headers.get("tracestate"), headers.get("baggage"), headers.get("accept")], ["vendor=1", "tier=gold", "*/*"]);
  const plainObject = inject({ accept: "*/*" }, context);
  assert.deepEqual(plainObject, { accept: "*/*", traceparent: incoming.Traceparent, tracestate: "vendor=1", baggage: "tier=gold" });
  assert.deepEqual([...inject(new Map(), span).keys()], ["traceparent", "tracestate", "baggage"]);
  span.end();
  const sent = await only();
  assert.deepEqual([sent.parentSpanId, sent.traceState, sent.kind], ["2".repeat(16), "vendor=1", 2]);

  for (const malformed of [{}, { traceparent: "00-xyz" }, { traceparent: `00-${"0".repeat(32)}-${"0".repeat(16)}-01` }]) {
    assert.equal(extract(malformed).spanContext, undefined);
    assert.deepEqual(inject({}, extract(malformed)), {});
  }
  assert.deepEqual(inject({}, undefined), {});
  assert.deepEqual(inject({}, extract(new Headers({ baggage: "a=1" }))), { baggage: "a=1" });
});

test("a span or tracer that a framework hands out as a proxy is as good", async () => {
  // As the state of Vue and Alpine does, which looks at the tag first: what is no plain object is left alone.
  const isWrapped = (value: unknown) => ["Object", "Array", "Map", "Set"].includes(Object.prototype.toString.call(value).slice(8, -1));
  const root = startSpan("root");
  const tracer = tracerProvider().getTracer("t");
  assert.deepEqual([root, tracer].map(isWrapped), [false, false]);
  const span = new Proxy(root, {});
  span.setAttribute("a", 1).setAttributes({ b: 2 }).addEvent("e").setStatus({ code: "ok" }).updateName("renamed");
  span.recordException(new Error("x"));
  startSpan("child", { parent: span }).end();
  startSpan("below its context", { parent: new Proxy(span.context(), {}) }).end();
  assert.equal(inject({} as Record<string, string>, span)["traceparent"]?.split("-")[2], root.spanContext().spanId);
  assert.equal(span.isRecording(), true);
  span.end();
  assert.equal(root.isRecording(), false);
  new Proxy(tracer, {}).startSpan("by a proxy").end();
  const spans = new Map((await arrived()).map((span) => [span.name, span]));
  assert.deepEqual([...spans.keys()], ["child", "below its context", "renamed", "by a proxy"]);
  assert.equal(spans.get("child")?.parentSpanId, spans.get("renamed")?.spanId);
  assert.equal(spans.get("below its context")?.parentSpanId, spans.get("renamed")?.spanId);
  assert.deepEqual([plain(spans.get("renamed")?.attributes), spans.get("renamed")?.events?.length], [{ a: 1, b: 2 }, 2]);
});

test("a span of another SDK, or of another copy of this one, is a parent too", async () => {
  const spanContext = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
  startSpan("below the API's", { parent: trace.wrapSpanContext(spanContext) }).end();
  // Not loaded yet, it has no spans.
  startSpan("of its own", { parent: copy.startSpan("none") }).end();
  await copy.default({ module_or_path: await readFile(new URL("./pkg/opentelemetry_browser_js_bg.wasm", import.meta.url)) });
  const incoming = copy.extract({ traceparent: `00-${"3".repeat(32)}-${"4".repeat(16)}-01`, baggage: "tier=gold" });
  startSpan("below the copy's", { parent: incoming }).end();
  const headers: Record<string, string> = inject({}, incoming);
  assert.deepEqual(headers, { traceparent: `00-${"3".repeat(32)}-${"4".repeat(16)}-01`, baggage: "tier=gold" });
  const passedOn: Record<string, string> = inject({}, trace.wrapSpanContext(spanContext));
  assert.equal(passedOn["traceparent"], `00-${"1".repeat(32)}-${"2".repeat(16)}-01`);
  const spans = await arrived();
  assert.deepEqual(spans.map((span) => span.parentSpanId || undefined), ["2".repeat(16), undefined, "4".repeat(16)]);
});

test("the bridge is one for the newest @opentelemetry/api too, whose attributes may be anything", async () => {
  assert.ok(latestTrace.setGlobalTracerProvider(tracerProvider()));
  const odd = { text: "a", object: { a: 1 }, bytes: new Uint8Array([1]), nothing: null };
  const link = { context: { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 }, attributes: odd };
  latestTrace.getTracer("app").startSpan("span", { attributes: odd, links: [link] }).setAttribute("later", { b: 1 }).end();
  latestTrace.disable();
  const sent = await only();
  assert.deepEqual([plain(sent.attributes), plain(sent.links?.[0]?.attributes)], [{ text: "a" }, { text: "a" }]);
});

test("what comes from another frame is what it is", async () => {
  const other = (code: string) => runInNewContext(code);
  await shutdown();
  // Without a prototype of this frame's, as a module's namespace has none.
  const options = Object.assign(Object.create(null), { endpoint: receiver.endpoint, spool: false });
  start({ ...options, resourceAttributes: other(`({ a: ["x"] })`), headers: other(`new Map([["x-a", "b"]])`) });
  await shutdown();
  start(options);
  startSpan("span", { startTime: other("new Date(1_700_000_000_000)"), attributes: other(`({ list: ["a"] })`) }).end();
  const parent = extract(other(`new Map([["traceparent", "00-${"1".repeat(32)}-${"2".repeat(16)}-01"]])`));
  assert.equal(parent.spanContext?.spanId, "2".repeat(16));
  log("error", other(`new RangeError("out of stock")`));
  log("info", other(`new Map([["a", new Set([1])]])`));
  const sent = await only();
  assert.deepEqual([sent.startTimeUnixNano, plain(sent.attributes)], ["1700000000000000000", { list: ["a"] }]);
  const [error, map] = receiver.takeLogs();
  assert.deepEqual([value(error?.body), plain(error?.attributes)["exception.type"]], ["RangeError: out of stock", "RangeError"]);
  assert.deepEqual(value(map?.body), { a: [1] });
});

test("headers may be a list of pairs", () => {
  const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
  const context = extract([["accept", "*/*"], ["Traceparent", traceparent]]);
  assert.equal(context.spanContext?.spanId, "2".repeat(16));
  const headers: [string, string][] = [["accept", "*/*"], ["TraceParent", "old"]];
  assert.equal(new Headers(inject(headers, context)).get("traceparent"), traceparent);
  assert.deepEqual(inject([] as [string, string][], context), [["traceparent", traceparent]]);
});

test("what a getter does to the span that reads it throws nothing into the page", async () => {
  const ending = (span: Span) => ({ get a() { span.end(); return 1; } });
  for (const use of [
    (span: Span) => span.setAttributes(ending(span)),
    (span: Span) => span.addEvent("e", ending(span)),
    (span: Span) => span.updateName({ toString() { span.end(); return "later"; } } as never),
    (span: Span) => span.addLink({ context: span.spanContext(), attributes: ending(span) }),
    (span: Span) => span.end(new Proxy(new Date(), {})),
    (span: Span) => span.addEvent("e", new Proxy(new Date(), {})).end(),
  ]) {
    use(startSpan("ends while it is used"));
  }
  assert.equal((await arrived()).length, 6);
  assert.equal(stats().open, 0);
});

test("a callback that records what is lost in its turn does not hold the page", async () => {
  let calls = 0;
  await shutdown();
  const onDiagnostics = () => {
    calls += 1;
    assert.ok(calls < 1000, "the event loop never gets on");
    log("error", "it went wrong");
    startSpan("it went wrong").end();
  };
  start({ endpoint: receiver.endpoint, spool: false, maxQueueSize: 2, consoleWarnings: false, onDiagnostics });
  for (let index = 0; index < 5; index++) log("info", index);
  await assert.rejects(shutdown(), /dropped/);
  startSpan("after the end").end();
  // The timer fires only if the event loop gets on.
  await new Promise((done) => setTimeout(done, 0));
  assert.ok(calls > 0 && calls < 20, `${calls} calls`);
  start({ endpoint: receiver.endpoint, spool: false });
  receiver.takeLogs();
});

test("what is logged belongs to its span, with a body of any type", async () => {
  const span = startSpan("span");
  log("info", "looked up", { "user.id": 100 }, { context: span });
  log("warn", { user: { id: 100, tags: ["a", 1, null] }, share: 0.5 }, null, { eventName: "cart.odd", time: [1_700_000_000, 5] });
  log(12, ["a", 2, true]);
  log("error", new RangeError("out of stock"), { "exception.message": "own words" }, { context: span.context() });
  span.end();
  log("odd" as "info", undefined);
  await flush();
  const logs = receiver.takeLogs();
  assert.deepEqual(
    logs.map((record) => [record.severityNumber ?? 0, record.severityText ?? "", record.eventName ?? "", value(record.body)]),
    [
      [9, "INFO", "", "looked up"],
      [13, "WARN", "cart.odd", { user: { id: 100, tags: ["a", 1, ""] }, share: 0.5 }],
      [12, "", "", ["a", 2, true]],
      [17, "ERROR", "", "RangeError: out of stock"],
      [0, "ODD", "", undefined],
    ],
  );
  const { traceId, spanId } = span.spanContext();
  assert.deepEqual(logs.map((record) => record.spanId || undefined), [spanId, undefined, undefined, spanId, undefined]);
  assert.equal(logs[0]?.traceId, traceId);
  assert.deepEqual(plain(logs[0]?.attributes), { "user.id": 100 });
  assert.equal(logs[1]?.timeUnixNano, "1700000000000000005");
  const exception = plain(logs[3]?.attributes);
  assert.deepEqual([exception["exception.type"], exception["exception.message"]], ["RangeError", "own words"]);
  assert.equal(stats().logs?.exported, 5);
});

test("a body has bounds, and one that contains itself ends", async () => {
  const self: Record<string, unknown> = { n: 1 };
  self["self"] = self;
  log("info", self);
  log("info", Array.from({ length: 5000 }, (_, index) => index));
  log("info", { get broken(): never { throw new Error("a getter"); }, fine: 1, fn: () => 1, big: 10n, date: new Date(0) });
  await flush();
  const [first, second, third] = receiver.takeLogs().map((record) => value(record.body));
  assert.ok(JSON.stringify(first).length < 200);
  assert.ok((second as unknown[]).length <= 1000);
  assert.deepEqual(Object.keys(third as object).sort(), ["big", "date", "fine", "fn"]);
});

test("maps, sets and typed arrays are bodies, and a DOMException has its name", async () => {
  const bodies = [new Map<unknown, unknown>([["a", 1], [2, ["b"]]]), new Set(["a", 1]), new Uint8Array([1, 2]), new Float32Array([0.5])];
  for (const body of bodies) log("info", body);
  log("error", new DOMException("it was aborted", "AbortError"));
  await flush();
  const logs = receiver.takeLogs();
  assert.deepEqual(logs.slice(0, 4).map((record) => value(record.body)), [{ a: 1, 2: ["b"] }, ["a", 1], [1, 2], [0.5]]);
  assert.equal(plain(logs[4]?.attributes)["exception.type"], "AbortError");
});

test("without logs nothing is logged", async () => {
  await shutdown();
  log("info", "while nothing runs");
  start({ endpoint: receiver.endpoint, spool: false, logs: false });
  log("info", "not asked for");
  await flush();
  assert.deepEqual(receiver.takeLogs(), []);
});

test("an unsampled span records nothing and passes its decision on", async () => {
  const context = extract({ traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-00` });
  const span = startSpan("unsampled", { parent: context });
  assert.equal(span.isRecording(), false);
  assert.equal(inject({} as Record<string, string>, span)["traceparent"], `00-${"1".repeat(32)}-${span.spanContext().spanId}-00`);
  span.setAttribute("a", 1).end();
  assert.deepEqual(await arrived(), []);
  assert.equal(stats().sampledOut, 1);
});

test("nothing that records throws, whatever it is given", async () => {
  const hostile: unknown[] = [
    undefined, null, 0, NaN, Infinity, -1, "", "text", true, Symbol("s"), 10n, () => 1, [], [[]], [1, "a"], {}, new Date(NaN),
    Object.create(null), { get a(): never { throw new Error("a getter"); } },
    new Proxy({}, { ownKeys() { throw new Error("a proxy"); }, get() { throw new Error("a proxy"); } }),
    { toString() { throw new Error("no text"); } }, { traceId: "x", spanId: 1, traceFlags: {} },
  ];
  for (const value of hostile) {
    // Its types forbid most of these; JavaScript has none.
    const any = value as never;
    const span = startSpan(any, any);
    startSpan("a", { parent: any, kind: any, attributes: any, links: any, startTime: any }).end(any);
    startSpan("b", { attributes: { value: any } }).end();
    span.setAttribute(any, any).setAttributes(any).addEvent(any, any, any).addLink(any).addLinks(any).setStatus(any).updateName(any);
    span.addLink({ context: any, attributes: any }).setStatus({ code: any, message: any }).recordException(any, any);
    log(any, any, any, any);
    log("info", { value }, { value: any }, { context: any, eventName: any, time: any });
    inject({}, any);
    inject(any, span);
    extract(any);
    span.end(any);
  }
  const spans = await arrived();
  assert.equal(spans.length, hostile.length * 3);
  assert.equal(stats().open, 0);
});

test("values that are none are left out, and integers are integers", async () => {
  const odd = {
    none: undefined, nothing: null, object: {}, mixed: [1, "a"], nested: [[1]], big: 1e21, negative: -0.5, zero: -0,
    gaps: ["a", null, undefined], unset: [null], empty: [], nan: NaN, "": 1, fn: () => 1, max: Number.MAX_SAFE_INTEGER,
  } as unknown as Attributes;
  startSpan("values", { attributes: odd }).end();
  const sent = await only();
  const values = Object.fromEntries((sent.attributes ?? []).map(({ key, value }) => [key, value]));
  assert.deepEqual(Object.keys(values), ["big", "negative", "zero", "gaps", "unset", "empty", "nan", "max"]);
  assert.deepEqual(values["max"], { intValue: "9007199254740991" });
  assert.deepEqual(values["zero"], { intValue: "0" });
  assert.deepEqual(values["big"], { doubleValue: 1e21 });
  assert.deepEqual(values["nan"], { doubleValue: "NaN" });
  assert.deepEqual(plain(sent.attributes)["gaps"], ["a", "", ""]);
});

test("a span that is not ended is open and not sent", async () => {
  const span = startSpan("open");
  assert.deepEqual([stats().open, stats().recorded], [1, 0]);
  assert.deepEqual(await arrived(), []);
  span.end();
  assert.deepEqual([stats().open, stats().recorded], [0, 1]);
});

test("start and end say what is wrong, and can follow each other", async () => {
  assert.throws(() => start(), /call shutdown\(\) before start\(\)/);
  const kept = startSpan("across the end");
  await shutdown();
  await assert.rejects(flush(), /call start\(\) first/);
  await assert.rejects(shutdown(), /call start\(\) first/);
  kept.end();
  assert.equal(startSpan("while nothing runs").isRecording(), false);
  assert.throws(() => start({ endpoint: "localhost" }), /http:\/\/localhost:4318/);
  // @ts-expect-error: there is no such option
  assert.throws(() => start({ sampleRate: 1 }), /unknown option "sampleRate"/);
  start({ endpoint: receiver.endpoint, spool: false });
  startSpan("again").end();
  assert.deepEqual((await arrived()).map((span) => span.name), ["again"]);
});

test("the types are strict", () => {
  const span = startSpan("types");
  // @ts-expect-error: an object is no attribute value
  span.setAttribute("a", {});
  // @ts-expect-error: neither is a list of several types
  span.setAttributes({ a: [1, "b"] });
  // @ts-expect-error: there are five kinds
  startSpan("b", { kind: "sideways" }).end();
  // @ts-expect-error: a name is needed
  startSpan().end();
  // @ts-expect-error: the context does not change
  assert.throws(() => (span.context().spanContext = undefined as never));
  span.end();
});
