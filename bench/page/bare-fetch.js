// The floor: the bytes that the library would send, made beforehand, by nothing but `fetch`. Only its sending is measured.
export const features = { gzip: false };

const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const attributes = [
    { key: "user.id", value: { intValue: "100" } },
    { key: "user.found", value: { boolValue: true } },
];

function tree() {
    const [traceId, parentSpanId] = [hex(16), hex(8)];
    const span = (name, rest) => ({
        traceId, ...rest, flags: 257, name, kind: 1,
        startTimeUnixNano: `${Date.now()}000125`, endTimeUnixNano: `${Date.now()}000250`, attributes, status: {},
    });
    const children = ["GetInfo", "GetDetail", "GetScores"].map((name) => span(name, { spanId: hex(8), parentSpanId }));
    return [...children, span("GetUser", { spanId: parentSpanId })];
}

let [url, maxBatchSize, bodies] = ["", 0, []];

export async function load() {}

export async function start(options) {
    [url, maxBatchSize] = [`${options.endpoint}/v1/traces`, options.maxBatchSize];
}

export function record(trees) {
    const spans = Array.from({ length: trees }, tree).flat();
    const resource = { attributes: [{ key: "service.name", value: { stringValue: "bench" } }] };
    for (let at = 0; at < spans.length; at += maxBatchSize) {
        const scopeSpans = [{ scope: { name: "bench" }, spans: spans.slice(at, at + maxBatchSize) }];
        bodies.push(new TextEncoder().encode(JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] })));
    }
}

export async function flush() {
    const post = async (body) => {
        const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
        await response.text();
    };
    // All at once: one after the other would cost the main thread a wake-up each.
    await Promise.all(bodies.splice(0).map(post));
}

export async function stop() {}
