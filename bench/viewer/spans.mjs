// A trace of so many spans, several services wide and six or so levels deep, sent to an OTLP endpoint.

const SERVICES = ["web", "gateway", "orders", "inventory", "postgres", "payments"];
const PIECE = 2_000;

export async function sendTrace(otlp, traceId, spans) {
  const start = BigInt(Date.now()) * 1_000_000n;
  const all = [{ parent: 0, from: 0, to: 4e9, depth: 0 }];
  for (let next = 0; all.length < spans; next += 1) {
    const { from, to, depth } = all[next];
    const children = depth < 2 ? 12 : 2 + ((next * 7) % 8);
    const part = (to - from) / children;
    for (let child = 0; child < children && all.length < spans; child += 1) {
      all.push({ parent: next + 1, from: from + part * child, to: from + part * (child + 0.8), depth: depth + 1 });
    }
  }
  const records = all.map(({ parent, from, to, depth }, index) => ({ service: SERVICES[depth % SERVICES.length], span: record(index + 1, parent, from, to) }));
  for (let at = 0; at < records.length; at += PIECE) {
    const resourceSpans = records.slice(at, at + PIECE).map(({ service, span }) => ({
      resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
      scopeSpans: [{ scope: { name: "bench" }, spans: [span] }],
    }));
    await post(`${otlp}/v1/traces`, { resourceSpans });
  }

  function record(id, parent, from, to) {
    return {
      traceId,
      spanId: hex(id),
      ...(parent > 0 ? { parentSpanId: hex(parent) } : {}),
      name: `operation ${id}`,
      kind: 2,
      startTimeUnixNano: String(start + BigInt(Math.round(from))),
      endTimeUnixNano: String(start + BigInt(Math.round(to))),
      attributes: [
        { key: "http.route", value: { stringValue: `/items/${id % 10}` } },
        { key: "http.response.status_code", value: { intValue: "200" } },
        { key: "cache.hit", value: { boolValue: id % 2 === 0 } },
      ],
      ...(id % 97 === 0 ? { status: { code: 2, message: "failed" } } : {}),
      ...(id % 50 === 0 ? { events: [{ timeUnixNano: String(start + BigInt(Math.round(from))), name: "retry" }] } : {}),
    };
  }
}

const hex = (number) => number.toString(16).padStart(16, "0");

async function post(url, body) {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) {
    throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  }
}
