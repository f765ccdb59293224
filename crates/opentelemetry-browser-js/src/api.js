// The API's face: JavaScript's values come in, checked and flattened they go to WebAssembly. Nothing that records throws into the page:
// what cannot be recorded is left out, as in OpenTelemetry JS.

const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);
const KINDS = ["internal", "server", "client", "producer", "consumer"];
const STATUS_CODES = ["unset", "ok", "error"];
/** The first of the four numbers that each has. */
const SEVERITIES = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

/** How deep a log's body is looked into, and at how many values: one that contains itself has an end, too. */
const DEEPEST = 8;
const MOST_VALUES = 1000;

// By these names every copy of @opentelemetry/api knows its own things.
const API = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");
const SUPPRESSED_KEY = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

// A context's baggage, where another copy of this module finds it, too.
const BAGGAGE = Symbol.for("opentelemetry-browser-js baggage");
// Frameworks hand out proxies of what a page keeps in their state, and a proxy has no private parts: each object knows itself.
const SELF = Symbol();

/** The part in WebAssembly. */
let native;
let ownTracer;

/** Is called when the module has been loaded. */
export function connect(part) {
  native = part;
  ownTracer = new Tracer("opentelemetry-browser-js");
}

/** The part in WebAssembly, for what cannot do without. */
function loaded() {
  if (!native) throw new Error("opentelemetry-browser-js is not loaded; call its default export and await that first: await load()");
  return native;
}

export const start = (options) => loaded().startPipeline(options);
export const flush = async () => loaded().flush();
export const shutdown = async () => loaded().shutdown();
export const consent = (isGiven) => loaded().consent(isGiven);
export const stats = () => loaded().stats();

/** What `read` gives; `otherwise` if a getter, a proxy or a conversion throws. */
function safely(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Whether a value is of this class, be it that of another frame's. */
function isA(name, value) {
  if (value === null || typeof value !== "object") return false;
  try {
    return value instanceof globalThis[name] || Object.prototype.toString.call(value) === `[object ${name}]`;
  } catch {
    return false;
  }
}

const textOf = (value) => (typeof value === "string" ? value : safely(() => String(value), ""));
const indexIn = (names, value) => (typeof value === "number" ? value : Math.max(names.indexOf(value), 0));

const isPrimitive = (value) => ["string", "number", "boolean"].includes(typeof value);
const EMPTY = { string: "", number: 0, boolean: false };

/** A list of one type; `null`s in it become that type's empty value, since OTLP's lists here have one type. `undefined` for any other. */
function listOf(values) {
  const first = values.find((value) => value != null) ?? "";
  const isOne = isPrimitive(first) && values.every((value) => value == null || typeof value === typeof first);
  return isOne ? Array.from(values, (value) => value ?? EMPTY[typeof first]) : undefined;
}

/** Keys and values in turn; `undefined` if there are none. */
function flatten(attributes) {
  if (attributes === null || typeof attributes !== "object") return undefined;
  const flat = safely(() => {
    const flat = [];
    for (const key of Object.keys(attributes)) {
      const checked = safely(() => {
        const value = attributes[key];
        return Array.isArray(value) ? listOf(value) : isPrimitive(value) ? value : undefined;
      });
      if (key !== "" && checked !== undefined) flat.push(key, checked);
    }
    return flat;
  }, []);
  return flat.length > 0 ? flat : undefined;
}

/** The first of what can be iterated over. */
function firstOf(iterable) {
  const first = [];
  for (const item of iterable) {
    if (first.length === MOST_VALUES) break;
    first.push(item);
  }
  return first;
}

/** A copy of a log's body with nothing in it but primitives, lists and plain objects. */
function bodyOf(value, depth = 0, budget = { left: MOST_VALUES }) {
  if (isPrimitive(value) || value == null) return value ?? undefined;
  if (typeof value !== "object") return textOf(value);
  return safely(() => {
    if (isError(value) || isA("Date", value)) return textOf(value);
    if (depth >= DEEPEST) return undefined;
    const inner = (item) => (budget.left-- > 0 ? bodyOf(item, depth + 1, budget) : undefined);
    if (isA("Map", value)) return Object.fromEntries(firstOf(value).map(([key, item]) => [textOf(key), inner(item)]));
    if (Array.isArray(value) || isA("Set", value) || ArrayBuffer.isView(value)) return firstOf(value).map(inner);
    return Object.fromEntries(Object.keys(value).slice(0, MOST_VALUES).map((key) => [key, inner(safely(() => value[key]))]));
  });
}

const isError = (value) => isA("Error", value) || isA("DOMException", value);

/** What the conventions call the parts of an exception; nothing, if it is none. */
function exceptionAttributes(exception) {
  if (typeof exception === "string") return { "exception.message": exception };
  const read = (key) => safely(() => exception[key]);
  // The code of a DOMException is a number of old: that of an AbortError is 20.
  const code = isA("DOMException", exception) ? undefined : read("code");
  const parts = { type: exception && (code || read("name")), message: read("message"), stacktrace: read("stack") };
  const given = Object.entries(parts).filter(([, value]) => value);
  return Object.fromEntries(given.map(([key, value]) => [`exception.${key}`, textOf(value)]));
}

const isHrTime = (time) => Array.isArray(time) && time.length === 2 && time.every((part) => typeof part === "number");
const isTime = (time) => typeof time === "number" || isA("Date", time) || safely(() => isHrTime(time), false);

const NOW = [NaN, 0];

/** Seconds and nanoseconds since the Unix epoch, or those of `NOW`. */
function timeOf(time) {
  if (time == null) return NOW;
  if (safely(() => isHrTime(time))) return time;
  const millis = typeof time === "number" ? time : isA("Date", time) && safely(() => time.getTime());
  if (typeof millis !== "number" || !(millis >= 0)) return NOW;
  // Small ones are readings of performance.now(). The parts are scaled apart: their sum has no room for nanoseconds.
  const origin = time === millis && millis <= performance.now() ? performance.timeOrigin : 0;
  const seconds = Math.floor((origin + millis) / 1000);
  const nanos = Math.round((origin - seconds * 1000 + millis) * 1e6);
  return nanos < 1e9 ? [seconds, Math.max(nanos, 0)] : [seconds + 1, 0];
}

/** When a span ends that was given this end: not before its start, which is a time or, for one that began now, a reading of the clock. */
function endOf(time, start) {
  const end = timeOf(time);
  const [seconds, nanos] = timeOf(start);
  // The end may come from a clock of whole milliseconds, the reading does not. Nothing is before a start if the end is now.
  const least = typeof start === "number" ? 1e6 : 0;
  return (seconds - end[0]) * 1e9 + nanos - end[1] > least ? [seconds, nanos] : end;
}

/** The parts of a span context, copied, and its trace state as text; `undefined` if it is none, or an invalid one. */
function partsOf(spanContext) {
  // Most spans are given no parent: an error that is thrown and caught costs more than all the rest.
  if (spanContext == null) return undefined;
  return safely(() => {
    const { traceId, spanId, traceFlags, isRemote, traceState } = spanContext;
    const isId = (id, digits, none) => typeof id === "string" && id.length === digits && /^[0-9a-f]+$/i.test(id) && id !== none;
    if (!isId(traceId, 32, NO_TRACE) || !isId(spanId, 16, NO_SPAN) || typeof traceFlags !== "number") return undefined;
    const state = safely(() => traceState?.serialize());
    return [traceId, spanId, traceFlags & 255, isRemote === true, typeof state === "string" ? state : undefined];
  });
}

/** A trace state as @opentelemetry/api has it. It cannot be changed. */
class TraceState {
  #text;
  constructor(text) {
    this.#text = text;
  }
  #list() {
    return this.#text.split(",").map((member) => member.trim());
  }
  get(key) {
    return this.#list().find((member) => member.startsWith(`${key}=`))?.slice(key.length + 1);
  }
  set(key, value) {
    const rest = this.unset(key).serialize();
    return new TraceState(rest === "" ? `${key}=${value}` : `${key}=${value},${rest}`);
  }
  unset(key) {
    return new TraceState(this.#list().filter((member) => !member.startsWith(`${key}=`)).join(","));
  }
  serialize() {
    return this.#text;
  }
}

/** A span context of such parts. */
function spanContextOf([traceId, spanId, traceFlags, isRemote, state]) {
  const spanContext = { traceId, spanId, traceFlags };
  if (isRemote) spanContext.isRemote = true;
  if (state) spanContext.traceState = new TraceState(state);
  return Object.freeze(spanContext);
}

/** Where a span is in its trace, to be handed to what it starts. */
class Context {
  constructor(spanContext, baggage) {
    this.spanContext = spanContext;
    if (baggage) Object.defineProperty(this, BAGGAGE, { value: baggage });
    Object.freeze(this);
  }
}

/** The context that was given: one, or a span's. Those of another copy of this module, and spans of another SDK, are as good. */
function contextOf(given) {
  if (given == null) return undefined;
  if (given instanceof Context) return given;
  if (given instanceof Span) return given.context();
  return safely(() => {
    const parts = partsOf(typeof given.spanContext === "function" ? given.spanContext() : given.spanContext);
    const baggage = (typeof given.context === "function" ? given.context() : given)[BAGGAGE];
    return parts && new Context(spanContextOf(parts), typeof baggage === "string" ? baggage : undefined);
  });
}

class Span {
  #handle;
  #context;
  #start;

  // By it Vue, and what is built on it, knows that there is nothing to make a proxy of.
  get [Symbol.toStringTag]() {
    return "Span";
  }

  constructor(handle, parent, start) {
    this.#handle = handle;
    this.#start = start;
    const parts = handle
      ? [handle.traceId(), handle.spanId(), handle.flags(), false, handle.state()]
      : (partsOf(parent.spanContext) ?? [NO_TRACE, NO_SPAN, 0]);
    this.#context = new Context(spanContextOf(parts), parent[BAGGAGE]);
    this[SELF] = this;
    if (handle && !handle.isRecording()) this.#release();
  }

  /** Nothing is recorded any more. */
  #release() {
    this.#handle?.free();
    this.#handle = undefined;
  }

  spanContext() {
    return this[SELF].#context.spanContext;
  }
  context() {
    return this[SELF].#context;
  }
  isRecording() {
    return this[SELF].#handle !== undefined;
  }
  setAttribute(key, value) {
    return this.setAttributes({ [textOf(key)]: value });
  }
  setAttributes(attributes) {
    const flat = this.isRecording() && flatten(attributes);
    if (flat) this[SELF].#handle?.setAttributes(flat);
    return this;
  }
  // What it is given is read before the handle is asked for: a getter may end the span.
  addEvent(name, attributesOrTime, time) {
    if (!this.isRecording()) return this;
    const isTimeSecond = isTime(attributesOrTime);
    const [seconds, nanos] = timeOf(isTimeSecond && !isTime(time) ? attributesOrTime : time);
    const [text, flat] = [textOf(name), isTimeSecond ? undefined : flatten(attributesOrTime)];
    this[SELF].#handle?.addEvent(text, flat, seconds, nanos);
    return this;
  }
  addLink(link) {
    if (!this.isRecording()) return this;
    const parts = partsOf(safely(() => link.context));
    const flat = parts && flatten(safely(() => link.attributes));
    if (parts) this[SELF].#handle?.addLink(...parts, flat);
    return this;
  }
  addLinks(links) {
    safely(() => Array.from(links), []).forEach((link) => this.addLink(link));
    return this;
  }
  setStatus(status) {
    const message = safely(() => status.message);
    const code = indexIn(STATUS_CODES, safely(() => status.code));
    this[SELF].#handle?.setStatus(code, code === 2 && typeof message === "string" ? message : undefined);
    return this;
  }
  updateName(name) {
    const text = textOf(name);
    this[SELF].#handle?.updateName(text);
    return this;
  }
  recordException(exception, time) {
    const attributes = exceptionAttributes(exception);
    if (attributes["exception.type"] || attributes["exception.message"]) this.addEvent("exception", attributes, time);
  }
  end(time) {
    const self = this[SELF];
    const [seconds, nanos] = time == null ? NOW : endOf(time, self.#start);
    self.#handle?.end(seconds, nanos);
    self.#release();
  }
}

function begin(handle, name, options, parent) {
  const read = (key) => safely(() => options?.[key]);
  const [seconds, nanos] = timeOf(read("startTime"));
  const [traceId, spanId, traceFlags, isRemote, state] = partsOf(parent.spanContext) ?? [];
  const begun = handle()?.start(
    textOf(name),
    indexIn(KINDS, read("kind")),
    traceId,
    spanId,
    traceFlags,
    isRemote === true,
    state,
    flatten(read("attributes")),
    seconds,
    nanos,
  );
  const span = new Span(begun, parent, Number.isNaN(seconds) ? performance.now() : [seconds, nanos]);
  const links = read("links");
  return links ? span.addLinks(links) : span;
}

/** The context of @opentelemetry/api's that is active; `undefined` if the page has none. */
const activeContext = () => safely(() => globalThis[API]?.context?.active());

/** A tracer as @opentelemetry/api has it. */
class Tracer {
  #handle;
  get [Symbol.toStringTag]() {
    return "Tracer";
  }

  constructor(name, version, schemaUrl) {
    this[SELF] = this;
    const optional = (value) => (value == null ? undefined : textOf(value));
    let handle;
    // Not before it is used: a provider may be registered before the module has been loaded.
    this.#handle = () => (handle ??= native?.tracer(textOf(name), optional(version), optional(schemaUrl)));
  }

  /** Below a context of this API's. */
  startBelow(name, options, parent) {
    return begin(this[SELF].#handle, name, options, parent);
  }

  startSpan(name, options, context = activeContext()) {
    const value = (key) => safely(() => context?.getValue(key));
    if (value(SUPPRESSED_KEY) === true) return new Span(undefined, new Context());
    const parent = safely(() => options?.root) ? undefined : value(SPAN_KEY);
    const below = parent instanceof Span ? parent.context() : new Context(safely(() => parent?.spanContext()));
    return this.startBelow(name, options, below);
  }

  startActiveSpan(name, ...rest) {
    const fn = rest.pop();
    if (typeof fn !== "function") return undefined;
    const [options, given] = rest;
    const parent = given ?? activeContext();
    const span = this.startSpan(name, options, parent);
    const manager = globalThis[API]?.context;
    return manager && parent ? manager.with(parent.setValue(SPAN_KEY, span), fn, undefined, span) : fn(span);
  }
}

const provider = Object.freeze({
  getTracer: (name, version, options) => new Tracer(name, version, safely(() => options?.schemaUrl)),
});

export const tracerProvider = () => provider;

export function startSpan(name, options) {
  const parent = contextOf(safely(() => options?.parent)) ?? new Context();
  return ownTracer ? ownTracer.startBelow(name, options, parent) : new Span(undefined, parent);
}

export function inSpan(name, ...rest) {
  const work = rest.pop();
  if (typeof work !== "function") throw new TypeError("inSpan(name, options?, work): the last argument must be a function");
  const span = startSpan(name, rest[0]);
  const failed = (error) => {
    span.recordException(error);
    span.setStatus({ code: 2, message: textOf(safely(() => error?.message) ?? error) });
    span.end();
    throw error;
  };
  let result;
  try {
    result = work(span.context(), span);
  } catch (error) {
    return failed(error);
  }
  if (typeof safely(() => result?.then) === "function") {
    // What a thenable's own `then` gives, if anything, need not be a promise.
    const promise = result instanceof Promise ? result : Promise.resolve(result);
    return promise.then((value) => {
      span.end();
      return value;
    }, failed);
  }
  span.end();
  return result;
}

export function log(severity, body, attributes, options) {
  const read = (key) => safely(() => options?.[key]);
  const name = typeof severity === "string" ? severity.toLowerCase() : undefined;
  const number = typeof severity === "number" ? severity : (Object.hasOwn(SEVERITIES, name ?? "") && SEVERITIES[name]) || 0;
  const own = safely(() => ({ ...attributes }), {});
  const eventName = read("eventName");
  const [traceId, spanId, traceFlags] = partsOf(contextOf(read("context"))?.spanContext) ?? [];
  native?.log(
    number >= 1 && number <= 24 ? Math.floor(number) : 0,
    name?.toUpperCase(),
    bodyOf(body),
    flatten(isError(body) ? { ...exceptionAttributes(body), ...own } : own),
    eventName == null ? undefined : textOf(eventName),
    traceId,
    spanId,
    traceFlags,
    ...timeOf(read("time")),
  );
}

/** Sets one header of a `Headers`, a `Map`, a list of pairs or an object. */
function setHeader(headers, name, value) {
  if (typeof headers.set === "function") {
    headers.set(name, value);
  } else if (Array.isArray(headers)) {
    const pair = headers.find(([key]) => textOf(key).toLowerCase() === name);
    if (pair) pair[1] = value;
    else headers.push([name, value]);
  } else {
    headers[name] = value;
  }
}

export function inject(headers, given) {
  const context = contextOf(given);
  const parts = partsOf(context?.spanContext);
  const entries = {};
  if (parts) {
    const [traceId, spanId, traceFlags, , state] = parts;
    entries.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
    entries.tracestate = state;
  }
  entries.baggage = context?.[BAGGAGE];
  for (const [name, value] of Object.entries(entries)) {
    if (value) safely(() => setHeader(headers, name, value));
  }
  return headers;
}

/** One header of a `Headers`, a `Map`, a list of pairs or an object, whatever the case of its name. */
function headerOf(headers, name) {
  return safely(() => {
    if (typeof headers?.[Symbol.iterator] === "function") headers = Object.fromEntries(headers);
    if (typeof headers?.get === "function") return headers.get(name) ?? undefined;
    const key = Object.keys(headers ?? {}).find((key) => key.toLowerCase() === name);
    const value = key && headers[key];
    return Array.isArray(value) ? value.join(",") : typeof value === "string" ? value : undefined;
  });
}

export function extract(headers) {
  const [parent, state, baggage] = ["traceparent", "tracestate", "baggage"].map((name) => headerOf(headers, name));
  const parts = native?.extract(parent ?? "", state ?? "", baggage ?? "");
  if (!parts) return new Context();
  const [traceId, spanId, flags, traceState, checkedBaggage] = parts;
  const spanContext = traceId ? spanContextOf([traceId, spanId, Number(flags), true, traceState]) : undefined;
  return new Context(spanContext, checkedBaggage || undefined);
}
