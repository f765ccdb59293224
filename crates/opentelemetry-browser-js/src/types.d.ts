/** Starts tracing. Throws if it has been started already, or if an option is wrong. */
export function start(options?: StartOptions): void;

/**
 * Sends everything that has ended, now. The promise settles within the export timeout. It rejects with an Error that has the counts as
 * its `report` if a span was not delivered, and if tracing has not been started.
 */
export function flush(): Promise<DeliveryReport>;

/** Ends tracing: sends everything that has ended, and lets go of timers and listeners. `start` may be called again at once. */
export function shutdown(): Promise<DeliveryReport>;

/** What became of the spans since `start`; after `shutdown` the final counts. Throws if tracing has never been started. */
export function stats(): Stats;

/**
 * The visitor consents to telemetry, or withdraws that, for all open tabs and workers of the origin. `false` drops what waits, counted as `withdrawn`,
 * and removes what telemetry keeps on the device; `true` begins again. It is not kept: tell `start` what was decided before.
 * Throws if tracing has not been started.
 */
export function consent(isGiven: boolean): void;

/**
 * Starts a span, which begins a trace unless it has a parent. Nothing ends it but its `end`. Never throws: before `start`, or if the
 * span is not sampled, it records nothing.
 */
export function startSpan(name: string, options?: SpanOptions): Span;

/**
 * Runs a function in a span, which ends when the function returns or when the promise that it gives settles. What it throws, or rejects
 * with, is recorded, makes the span's status an error, and goes on to the caller. The context is for what the function starts: there
 * is no active span.
 */
export function inSpan<T>(name: string, work: (context: Context, span: Span) => T): T;
export function inSpan<T>(name: string, options: SpanOptions | undefined, work: (context: Context, span: Span) => T): T;

/**
 * Logs, to `/v1/logs` below the endpoint: a body of any type, of an Error also the `exception.*` attributes. With a context the record
 * belongs to that span. Never throws; before `start`, and where `logs` is false, it does nothing.
 */
export function log(severity: Severity, body: unknown, attributes?: Attributes | null, options?: LogOptions): void;

/**
 * Sets `traceparent`, `tracestate` and `baggage` of a request that goes on with a trace, and gives the headers back: those of a `Headers`,
 * a `Map`, a list of pairs or an object. Nothing is set for a context without a span.
 */
export function inject<H extends WritableHeaders>(headers: H, context: Parent | null | undefined): H;

/** Reads the context that headers carry; what is malformed is left out. */
export function extract(headers: ReadableHeaders): Context;

/**
 * A tracer provider for `@opentelemetry/api`: after `trace.setGlobalTracerProvider(tracerProvider())` what is instrumented with that API
 * records here, below the span that is active there. It may be registered before `start`.
 */
export function tracerProvider(): TracerProvider;

/** How traces are recorded and sent. An option that is `undefined` has its default. */
export interface StartOptions extends Omit<PipelineOptions, "headers" | "spool"> {
  /** `service.name` of spans and log records. Default: "unknown_service". */
  serviceName?: string;
  /** `service.version` of spans and log records. Default: none. */
  serviceVersion?: string;
  /** Further attributes of the resource, such as `deployment.environment.name`. They win over those that are detected. */
  resourceAttributes?: Attributes;
  /** Whether `log` sends. Default: true; nothing is sent before it is called. */
  logs?: boolean;
  /** The whole URL of log records, if they go elsewhere than to `/v1/logs` below the endpoint. */
  logsEndpoint?: string;
  /** Path of log records below the endpoint. Default: "/v1/logs". */
  logsPath?: string;
  /**
   * Headers to be sent with each request, which whoever opens the page can read. A function is asked with each request, and once more
   * after an answer of 401: for tokens that expire. If it throws, rejects or does not settle in time, the request is tried again later. A
   * page that is hidden or left does not wait for it: what it gave last is sent then.
   */
  headers?: HeaderRecord | (() => HeaderRecord | Promise<HeaderRecord>);
  /** Whether requests may outlive the page, which the browser bounds to 64 KiB for all requests of a page. Default: true. */
  keepalive?: boolean;
  /** Whether a worker makes the requests of bursts, off the main thread. A Content Security Policy must allow `worker-src blob:`. Default: false. */
  worker?: boolean;
  /** How failed requests are tried again; false for not at all. */
  retry?: boolean | RetryOptions;
  /** Whether what cannot be delivered is kept in the origin's storage for the next page, and how much of it. Default: true. */
  spool?: boolean | SpoolOptions;
  /** Whether spans and log records have the id of the visit, `session.id`, which is kept in the origin's storage. Default: false. */
  session?: boolean | SessionOptions;
  /** Whether spans and log records have the page's URL, `browser.document.url.full`, without its secrets. Default: false. */
  documentUrl?: boolean;
  /** Whether the visitor has consented to telemetry: nothing is recorded, sent or stored without. Default: true, or what `consent` was told last. */
  consent?: boolean;
  /** Whether the secrets of URLs are redacted: user names, passwords, and the values of query strings. Default: false. */
  redactUrls?: boolean | RedactUrlsOptions;
  /**
   * Is shown every text of every span and log record before it leaves the page: attributes with their key, and without one names, bodies
   * and the words of statuses. It returns another text, or nothing for it to stay. If it throws, the text becomes "REDACTED".
   */
  redact?: (text: string, key?: string) => string | undefined | null | void;
  /** Attributes with these keys never leave the page, of spans, events, links and log records. Default: none. */
  removeAttributes?: string[];
  /** The most characters of an attribute's value, 1 to 1,000,000. Default: no limit. */
  attributeValueLengthLimit?: number;
  /** Is called with what `stats` gives when something went wrong, when its cause is known, and when all is well again. */
  onDiagnostics?: (stats: Stats) => void;
  /** Whether errors are shown on the console, at most one of each kind a minute. Default: true. */
  consoleWarnings?: boolean;
}

/** How failed requests are tried again. What is absent has its default. */
export interface RetryOptions {
  /** How often a request is tried in all, 1 to 100. Default: 5. */
  maxAttempts?: number;
  /** The first pause, in milliseconds. Default: 1,000. */
  initialBackoffMillis?: number;
  /** No pause is longer, unless the receiver asks for it. Default: 5,000. */
  maxBackoffMillis?: number;
  /** The longest `Retry-After` that is waited for. Default: 10,000. */
  maxRetryAfterMillis?: number;
}

/** What is kept for the next page. */
export interface SpoolOptions {
  /** The most bytes, 1 to 1,000,000,000. Default: 5 MiB. */
  maxBytes?: number;
  /** For how long, in milliseconds, 1 to 604,800,000 (a week). Default: 24 hours. */
  maxAgeMillis?: number;
}

/** When a visit ends, and who shares it. */
export interface SessionOptions {
  /**
   * All tabs of the origin, by `localStorage`; the pages of one tab, by `sessionStorage`; or one page, with nothing kept on the device.
   * Default: "origin".
   */
  scope?: "origin" | "tab" | "memory";
  /** The part of the visits that is recorded, each whole or not at all, 0 to 1. Default: 1. */
  sampleRatio?: number;
  /** After how long without a span or log record, 1 to 604,800,000. Default: 30 minutes. */
  idleTimeoutMillis?: number;
  /** How long it may be, 1 to 604,800,000. Default: 4 hours. */
  maximumDurationMillis?: number;
}

/** What of URLs is kept. */
export interface RedactUrlsOptions {
  /** Keys of query strings whose values stay. Default: none. */
  keepQueryKeys?: string[];
}

/** Anything else, an object for example, is left out; in a list so is the list. Integers are sent as integers. */
export type AttributeValue =
  | string
  | number
  | boolean
  | Array<null | undefined | string>
  | Array<null | undefined | number>
  | Array<null | undefined | boolean>;

export interface Attributes {
  [key: string]: AttributeValue | undefined;
}

/** Seconds and nanoseconds since the Unix epoch; or milliseconds since then, or a reading of `performance.now()`; or a Date. */
export type TimeInput = [number, number] | number | Date;

/** A string, or the number that `@opentelemetry/api` has for it. */
export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer" | 0 | 1 | 2 | 3 | 4;

/** A string, or the number that `@opentelemetry/api` has for it. */
export type SpanStatusCode = "unset" | "ok" | "error" | 0 | 1 | 2;

/** A name, or a number from 1 to 24 as OpenTelemetry has it. */
export type Severity = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | number;

/** What a span can be below: a context; or a span, also of another SDK, as `@opentelemetry/api` has it. */
export type Parent = Context | { spanContext(): SpanContext };

export interface LogOptions {
  /** The span that the record belongs to. */
  context?: Parent | null;
  /** Makes the record an event of this name. */
  eventName?: string;
  /** Default: now. */
  time?: TimeInput;
}

export interface SpanStatus {
  code: SpanStatusCode;
  /** Of an error. */
  message?: string;
}

export interface TraceState {
  set(key: string, value: string): TraceState;
  unset(key: string): TraceState;
  get(key: string): string | undefined;
  serialize(): string;
}

export interface SpanContext {
  /** 32 lower-case hexadecimal digits. */
  traceId: string;
  /** 16 lower-case hexadecimal digits. */
  spanId: string;
  /** Bit 0: whether it is sampled. */
  traceFlags: number;
  /** Whether it came from elsewhere, by headers. */
  isRemote?: boolean;
  traceState?: TraceState;
}

/** Where a span is in its trace, with the baggage that goes with it. It does not change, and holds nothing. */
export interface Context {
  /** Missing in a context without a span. */
  readonly spanContext?: SpanContext;
}

export interface Link {
  context: SpanContext;
  attributes?: Attributes;
}

export interface SpanOptions {
  /** What the span is a child of. Default: it begins a trace. */
  parent?: Parent | null;
  /** Default: "internal". */
  kind?: SpanKind;
  attributes?: Attributes;
  links?: Link[];
  /** Default: now. */
  startTime?: TimeInput;
}

/** A span of `@opentelemetry/api`, and its context. After its end nothing changes it. */
export interface Span {
  /** For what is started below it, also after its end. */
  context(): Context;
  spanContext(): SpanContext;
  /** Whether it is sampled, and has not ended. */
  isRecording(): boolean;
  setAttribute(key: string, value: AttributeValue): this;
  setAttributes(attributes: Attributes): this;
  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this;
  addLink(link: Link): this;
  addLinks(links: Link[]): this;
  /** "ok" is final; of two errors the later one holds. */
  setStatus(status: SpanStatus): this;
  updateName(name: string): this;
  /** Adds an event `exception`. It does not set the status. */
  recordException(exception: unknown, time?: TimeInput): void;
  end(time?: TimeInput): void;
}

export type WritableHeaders =
  | { set(name: string, value: string): unknown }
  | [name: string, value: string][]
  | { [name: string]: unknown };

export type ReadableHeaders =
  | Iterable<[string, string]>
  | { get(name: string): string | null | undefined }
  | { [name: string]: string | string[] | undefined };

/** A context of `@opentelemetry/api`. */
export interface ApiContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): ApiContext;
  deleteValue(key: symbol): ApiContext;
}

/** Attributes as `@opentelemetry/api` has them: from 1.10 on its types allow any value. What is no `AttributeValue` is left out. */
export interface ApiAttributes {
  [key: string]: unknown;
}

export interface ApiLink {
  context: SpanContext;
  attributes?: ApiAttributes;
}

export interface ApiSpanOptions {
  kind?: SpanKind;
  attributes?: ApiAttributes;
  links?: ApiLink[];
  startTime?: TimeInput;
  /** Whether it begins a trace, whatever is active. */
  root?: boolean;
}

/** A tracer of `@opentelemetry/api`. */
export interface Tracer {
  startSpan(name: string, options?: ApiSpanOptions, context?: ApiContext): Span;
  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: ApiSpanOptions, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: ApiSpanOptions,
    context: ApiContext,
    fn: F,
  ): ReturnType<F>;
}

/** A tracer provider of `@opentelemetry/api`. */
export interface TracerProvider {
  getTracer(name: string, version?: string, options?: { schemaUrl?: string }): Tracer;
}
