// An OTLP/HTTP receiver on loopback that keeps the spans it is sent.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
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

interface Body {
  resourceSpans?: { scopeSpans: { scope: OtlpSpan["scope"]; spans: OtlpSpan[] }[] }[];
  resourceLogs?: { scopeLogs: { logRecords: OtlpLog[] }[] }[];
}

export class Receiver {
  #server: Server;
  #spans: OtlpSpan[] = [];
  #logs: OtlpLog[] = [];

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
