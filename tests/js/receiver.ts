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

interface Body {
  resourceSpans: { scopeSpans: { scope: OtlpSpan["scope"]; spans: OtlpSpan[] }[] }[];
}

export class Receiver {
  #server: Server;
  #spans: OtlpSpan[] = [];

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
        for (const { scope, spans } of body.resourceSpans.flatMap((resource) => resource.scopeSpans)) {
          receiver.#spans.push(...spans.map((span) => ({ ...span, scope })));
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

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Attributes as JavaScript has them. */
export function plain(attributes: KeyValue[] | undefined): Record<string, unknown> {
  const value = (of: Record<string, unknown>): unknown => {
    const [[type, inner] = ["", undefined]] = Object.entries(of);
    if (type === "arrayValue") return ((inner as { values?: Record<string, unknown>[] }).values ?? []).map(value);
    return type === "intValue" ? Number(inner) : inner;
  };
  return Object.fromEntries((attributes ?? []).map((attribute) => [attribute.key, value(attribute.value)]));
}
