/** How traces are recorded and sent. */
export interface InitOptions {
  /** `service.name` of the spans. Default: "inprocess". */
  serviceName?: string;
  /** Base URL of an OTLP/HTTP receiver. Default: "http://localhost:4318". */
  endpoint?: string;
  /** Path of traces below the endpoint. Default: "/v1/traces". */
  path?: string;
  /** Part of the traces that is recorded, 0 to 1. Default: 1. */
  sampleRatio?: number;
  /** Headers to be sent with each request; whoever opens the page can read them. Default: none. */
  headers?: Record<string, string>;
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

/** What became of the spans that had ended, and of those lost since the last report. */
export interface DeliveryReport {
  /** Taken in by the receiver. */
  delivered: number;
  /** Still held, to be tried again. */
  retrying: number;
  /** Kept in the origin's storage for the next page. */
  spooled: number;
  /** Lost. */
  dropped: number;
}

/** Counts of spans: recorded is the sum of exported, dropped and queued. */
export interface Stats {
  recorded: number;
  exported: number;
  dropped: number;
  queued: number;
  /** What went wrong last; null once sending works again. */
  lastError: string | null;
}
