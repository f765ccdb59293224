// An OTLP/HTTP receiver on loopback that keeps the spans it is sent.

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: KeyValue[];
  events?: { name: string; timeUnixNano: string; attributes?: KeyValue[] }[];
  links?: { traceId: string; spanId: string; attributes?: KeyValue[] }[];
  status?: { code?: number; message?: string };
  scope: { name?: string; version?: string };
}

export interface OtlpLog {
  timeUnixNano?: string;
  severityNumber?: number;
  severityText?: string;
  eventName?: string;
  body?: Record<string, unknown>;
  attributes?: KeyValue[];
  traceId?: string;
  spanId?: string;
  flags?: number;
}

/** A request as it came. */
export interface Request {
  path: string;
  headers: IncomingHttpHeaders;
}

interface Resource {
  resource?: { attributes?: KeyValue[] };
}

interface Body {
  resourceSpans?: (Resource & { scopeSpans: { scope: OtlpSpan["scope"]; spans: OtlpSpan[] }[] })[];
  resourceLogs?: (Resource & { scopeLogs: { logRecords: OtlpLog[] }[] })[];
}

export class Receiver {
  #server: Server;
  #spans: OtlpSpan[] = [];
  #logs: OtlpLog[] = [];
  #resource: KeyValue[] = [];
  #requests: Request[] = [];
  /** Judges each request by its headers; only what it answers with 200 is kept. */
  judge: (request: Request) => number = () => 200;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(): Promise<Receiver> {
    const receiver = new Receiver(createServer());
    receiver.#server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Body;
        const seen = { path: request.url ?? "", headers: request.headers };
        receiver.#requests.push(seen);
        const status = receiver.judge(seen);
        if (status !== 200) {
          response.writeHead(status).end();
          return;
        }
        receiver.#resource = [...(body.resourceSpans ?? []), ...(body.resourceLogs ?? [])][0]?.resource?.attributes ?? [];
        for (const { scope, spans } of (body.resourceSpans ?? []).flatMap((resource) => resource.scopeSpans)) {
          receiver.#spans.push(...spans.map((span) => ({ ...span, scope })));
        }
        for (const { logRecords } of (body.resourceLogs ?? []).flatMap((resource) => resource.scopeLogs)) {
          receiver.#logs.push(...logRecords);
        }
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What has come since this was called last. */
  take(): OtlpSpan[] {
    return this.#spans.splice(0);
  }

  takeLogs(): OtlpLog[] {
    return this.#logs.splice(0);
  }

  takeRequests(): Request[] {
    return this.#requests.splice(0);
  }

  /** The attributes of the resource in the last request. */
  get resource(): Record<string, unknown> {
    return plain(this.#resource);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** A value as JavaScript has it. */
export function value(of: Record<string, unknown> = {}): unknown {
  const [[type, inner] = ["", undefined]] = Object.entries(of);
  if (type === "arrayValue") return ((inner as { values?: Record<string, unknown>[] }).values ?? []).map(value);
  if (type === "kvlistValue") return plain((inner as { values?: KeyValue[] }).values);
  return type === "intValue" ? Number(inner) : inner;
}

/** Attributes as JavaScript has them. */
export function plain(attributes: KeyValue[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map((attribute) => [attribute.key, value(attribute.value)]));
}
