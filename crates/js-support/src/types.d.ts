/** Names and values of HTTP headers. */
export type HeaderRecord = Record<string, string> | Iterable<[string, string]>;

/** How traces are recorded and sent. */
export interface PipelineOptions {
  /** `service.name` of the spans. */
  serviceName?: string;
  /** Base URL of an OTLP/HTTP receiver. Default: "http://localhost:4318". */
  endpoint?: string;
  /** Path of traces below the endpoint, with a query if it needs one. Default: "/v1/traces". */
  path?: string;
  /** Part of the traces that is recorded, 0 to 1. Default: 1. */
  sampleRatio?: number;
  /** Headers to be sent with each request, also as a `Headers` or a `Map`; whoever opens the page can read them. Default: none. */
  headers?: HeaderRecord;
  /** Whether requests are compressed, where the browser can; the receiver must allow the header content-encoding then. Default: "none". */
  compression?: "none" | "gzip";
  /** Whether spans that cannot be delivered are kept in the origin's storage for the next page. Default: true. */
  spool?: boolean;
  /** Whether log records are sent as well, to `/v1/logs` below the endpoint; a receiver without logs drops them. */
  logs?: boolean;
  /** The most spans of a request, 1 to 1,000,000 and no more than `maxQueueSize`. Default: 512. */
  batchSize?: number;
  /** How long a span waits for others, in milliseconds, 0 to 3,600,000. Default: 5,000. */
  delayMillis?: number;
  /** The most spans that wait, 1 to 1,000,000; further ones are dropped, and counted. Default: 16,384. */
  maxQueueSize?: number;
  /** How long sending a batch may take with its retries, and a flush, in milliseconds, 1 to 3,600,000. Default: 30,000. */
  exportTimeoutMillis?: number;
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
  /** The browser had them when the page was left, and did not say whether they have arrived; missing if there are none. */
  inDoubt?: number;
}

/** What most likely made sending fail. Others may be added. */
export type ErrorCause =
  /** Not known, or not known yet. */
  | "unknown"
  /** Nothing answers at the endpoint. */
  | "unreachable"
  /** The receiver's CORS settings refuse this origin, or the headers in use. */
  | "cors"
  /** A Content Security Policy of this page forbids it. */
  | "csp"
  /** An https page may not send to an http endpoint. */
  | "mixed-content"
  | "offline"
  | "timeout"
  /** The receiver answered with an HTTP status that is no success: `lastError` has it. */
  | "status"
  /** The receiver answered with a redirect, such as to a login page; it is not followed. */
  | "redirect"
  /** The receiver rejected some of the spans. */
  | "partial-success"
  /** More spans ended than the queue holds. */
  | "queue-full"
  /** A span failed by itself again and again, while others were delivered. */
  | "undeliverable"
  /** The origin's storage cannot be used. */
  | "storage"
  /** This runtime has no CompressionStream: requests are sent as they are. */
  | "no-compression";

/** Counts of spans since tracing was started: recorded is the sum of exported, dropped, inDoubt, spooled and queued. */
export interface Stats {
  /** Sampled spans that ended. */
  recorded: number;
  /** Spans that the sampling ratio left out; they are not among the recorded ones. */
  sampledOut: number;
  /** Taken in by the receiver. */
  exported: number;
  /** Lost. */
  dropped: number;
  /** The lost ones by reason. */
  droppedBy: {
    /** The queue was full when they ended. */
    queueFull: number;
    /** The receiver rejected them one by one. */
    rejected: number;
    /** The receiver refused the request that they were in, as with status 400. */
    refused: number;
    exportFailed: number;
    /** Each failed by itself again and again, while others were delivered. */
    undeliverable: number;
    /** A shutdown could not deliver them. */
    shutdown: number;
    /** The origin's storage refused them when they were left to it. */
    storage: number;
    /** They waited when the visitor withdrew their consent, or ended after that. */
    withdrawn: number;
  };
  /** The browser had them when the page was left, and did not say whether they have arrived. */
  inDoubt: number;
  /** Requests (not spans) that were sent again. */
  retried: number;
  /** Kept in the origin's storage for the next page. */
  spooled: number;
  /** Delivered for an earlier page, which had kept them there; they are in no other count. */
  resent: number;
  /** Kept there by an earlier page, and lost: too old, too many, or turned away by the receiver; they are in no other count. */
  spoolLost: number;
  /** Handed to the browser by an earlier page when it was left: they have probably arrived; they are in no other count. */
  spoolInDoubt: number;
  /** Waiting to be sent, under way, or waiting for a retry. */
  queued: number;
  /** Spans that have begun and not ended; they are not among the recorded ones. If it grows and grows, some are never ended. */
  open: number;
  /** What went wrong last; null once sending works again. */
  lastError: string | null;
  /** Its likely cause; null without an error. */
  lastErrorCause: ErrorCause | null;
  /** What to do about it, in sentences; lines to be copied are indented by four spaces. Null if there is nothing to say. */
  advice: string | null;
  /** The same counts of log records, if there are some to be sent: all of the above is of spans. */
  logs?: Omit<Stats, "logs" | "open">;
}
