// A shape in; out its spans as OTLP JSON, of several services.

const SERVICES = ["web", "gateway", "orders", "inventory", "postgres", "payments"];
const PIECE = 2_000;

/** The elements of `resourceSpans` for what shapes.mjs gives; times count from `start`, a BigInt. */
export function resourceSpans(shape, traceId, start) {
  const depths = [];
  return shape.map(({ parent, from, to }, index) => {
    depths.push(parent < 0 ? 0 : depths[parent] + 1);
    const service = SERVICES[depths[index] % SERVICES.length];
    return {
      resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: "bench" }, spans: [span(index + 1, parent + 1, String(start + BigInt(from)), String(start + BigInt(to)))] }],
    };
  });

  function span(id, parent, from, to) {
    return {
      traceId,
      spanId: hex(id),
      ...(parent > 0 ? { parentSpanId: hex(parent) } : {}),
      name: `operation ${id}`,
      kind: 2,
      startTimeUnixNano: from,
      endTimeUnixNano: to,
      attributes: [
        { key: "http.route", value: { stringValue: `/items/${id % 10}` } },
        { key: "http.response.status_code", value: { intValue: "200" } },
        { key: "cache.hit", value: { boolValue: id % 2 === 0 } },
      ],
      ...(id % 97 === 0 ? { status: { code: 2, message: "failed" } } : {}),
      ...(id % 50 === 0 ? { events: [{ timeUnixNano: from, name: "retry" }] } : {}),
    };
  }
}

/** Sends them to an OTLP endpoint. */
export async function send(otlp, resourceSpans) {
  for (let at = 0; at < resourceSpans.length; at += PIECE) {
    const body = JSON.stringify({ resourceSpans: resourceSpans.slice(at, at + PIECE) });
    const answer = await fetch(`${otlp}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (!answer.ok) {
      throw new Error(`${otlp}/v1/traces answered ${answer.status}: ${await answer.text()}`);
    }
  }
}

const hex = (number) => number.toString(16).padStart(16, "0");
