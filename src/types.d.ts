/** How traces are recorded and sent. */
export interface InitOptions extends PipelineOptions {
  /** `service.name` of the spans. Default: "inprocess". */
  serviceName?: string;
  /** Whether each lookup is logged as well, and what instrumentations record. Default: whether there are instrumentations. */
  logs?: boolean;
  /** What is recorded of what the page does, without writing spans; "recommended" stands for all of it. Default: nothing. */
  instrumentations?: "recommended" | Instrumentation[];
  /** Other origins than the page's own that requests of the instrumentations "fetch" and "xhr" send the trace to, such as "https://api.example.com". */
  propagateTo?: string[];
  /** Is called with each sampled span that has ended, before it is sent. */
  onSpan?: (span: EndedSpan) => void;
  /** Is called with each event: a log record of a lookup or of an instrumentation, also if logs are not sent. */
  onEvent?: (event: RecordedEvent) => void;
}

/** Of what the page does: by the names of OpenTelemetry's Browser SIG. */
export type Instrumentation =
  | "errors"
  | "fetch"
  | "long-frames"
  | "navigation"
  | "navigation-timing"
  | "panic"
  | "resource-timing"
  | "user-action"
  | "web-vitals"
  | "xhr";

/** A span that has ended. */
export interface EndedSpan {
  /** 32 lower-case hexadecimal digits. */
  traceId: string;
  /** 16 lower-case hexadecimal digits. */
  spanId: string;
  /** The same, or null of a root span. */
  parentSpanId: string | null;
  name: string;
  kind: "internal" | "client" | "server" | "producer" | "consumer";
  /** In milliseconds since the epoch, with fractions. */
  startTime: number;
  /** In milliseconds, with fractions. */
  duration: number;
  /** Of a span that failed, what is said about it, which may be empty; null of others. */
  error: string | null;
}

/** Something that happened. */
export interface RecordedEvent {
  /** By the semantic conventions, such as "browser.web_vital"; null of a record without a name. */
  name: string | null;
  /** In milliseconds since the epoch, with fractions. */
  time: number | null;
  /** The trace that it belongs to, if there is one. */
  traceId: string | null;
  attributes: Record<string, unknown>;
}

/** What is known of a user; empty if there is no such user. */
export interface User {
  id?: number;
  name?: string;
  gender?: number;
  site?: string;
  email?: string;
  math?: number;
  english?: number;
  chinese?: number;
}

/** A user, and the trace of the lookup. */
export interface TracedUser {
  /** 32 lower-case hexadecimal digits. */
  traceId: string;
  /** Whether the trace is recorded. */
  sampled: boolean;
  user: User;
}

/** Two users, and the one trace of their lookups. */
export interface TracedUsers {
  /** 32 lower-case hexadecimal digits. */
  traceId: string;
  /** Whether the trace is recorded. */
  sampled: boolean;
  users: User[];
}
