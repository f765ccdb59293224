// Makes what a document of OTLP JSON says by OpenTelemetry JS, with its defaults and what the environment sets, and prints
// which ids its spans were given. The document is named by the first argument.
import { context, ROOT_CONTEXT, trace, metrics, createTraceState, ValueType } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { readFileSync } from 'node:fs';

const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const sdk = new NodeSDK();
sdk.start();
makeLogs(makeSpans());
makeMetrics();
await sdk.shutdown();

function value({ stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue }) {
    if (intValue !== undefined) return Number(intValue);
    if (arrayValue) return (arrayValue.values ?? []).map(value);
    if (kvlistValue) return attributes(kvlistValue.values);
    return stringValue ?? boolValue ?? doubleValue;
}

function attributes(list = []) {
    return Object.fromEntries(list.map((entry) => [entry.key, value(entry.value)]));
}

/** Nanoseconds as seconds and the rest of them. */
function time(text) {
    return [Number(BigInt(text) / 1_000_000_000n), Number(BigInt(text) % 1_000_000_000n)];
}

function remote({ traceId, parentSpanId, spanId, traceState }) {
    const state = traceState && createTraceState(traceState);
    return { traceId, spanId: parentSpanId ?? spanId, traceFlags: 1, isRemote: true, traceState: state };
}

function makeSpans() {
    const { scope, schemaUrl, spans } = document.traces.resourceSpans[0].scopeSpans[0];
    // trace.getTracer hands no options on.
    const tracer = trace.getTracerProvider().getTracer(scope.name, scope.version, { schemaUrl });
    const made = new Map();
    for (const span of spans) {
        let parent = ROOT_CONTEXT;
        if (made.has(span.parentSpanId)) parent = trace.setSpan(parent, made.get(span.parentSpanId));
        else if (span.parentSpanId) parent = trace.setSpanContext(parent, remote(span));
        const links = (span.links ?? []).map((link) => (
            { context: { ...remote(link), spanId: link.spanId }, attributes: attributes(link.attributes) }));
        const options = { kind: span.kind - 1, startTime: time(span.startTimeUnixNano), attributes: attributes(span.attributes), links };
        const begun = tracer.startSpan(span.name, options, parent);
        for (const event of span.events ?? []) begun.addEvent(event.name, attributes(event.attributes), time(event.timeUnixNano));
        if (span.status) begun.setStatus(span.status);
        made.set(span.spanId, begun);
    }
    for (const span of spans) made.get(span.spanId).end(time(span.endTimeUnixNano));
    const ids = [...made].map(([spanId, span]) => [spanId, { traceId: span.spanContext().traceId, spanId: span.spanContext().spanId }]);
    console.log(JSON.stringify(Object.fromEntries(ids)));
    return made;
}

function makeLogs(spans) {
    const { scope, schemaUrl, logRecords } = document.logs.resourceLogs[0].scopeLogs[0];
    const logger = logs.getLogger(scope.name, scope.version, { schemaUrl });
    for (const record of logRecords) {
        logger.emit({
            timestamp: time(record.timeUnixNano),
            observedTimestamp: time(record.observedTimeUnixNano),
            severityNumber: record.severityNumber,
            severityText: record.severityText,
            eventName: record.eventName,
            body: value(record.body),
            attributes: attributes(record.attributes),
            context: record.spanId ? trace.setSpan(ROOT_CONTEXT, spans.get(record.spanId)) : context.active(),
        });
    }
}

function makeMetrics() {
    const { scope, schemaUrl, metrics: list } = document.metrics.resourceMetrics[0].scopeMetrics[0];
    const meter = metrics.getMeter(scope.name, scope.version, { schemaUrl });
    for (const { name, unit, description, sum, gauge, histogram } of list) {
        const points = (sum ?? gauge ?? histogram).dataPoints;
        const valueType = points[0].asInt === undefined ? ValueType.DOUBLE : ValueType.INT;
        const options = { unit, description, valueType };
        for (const point of points) {
            const labels = attributes(point.attributes);
            if (histogram) {
                for (const recorded of point.recorded) meter.createHistogram(name, options).record(recorded, labels);
            } else if (gauge) {
                meter.createGauge(name, options).record(point.asDouble, labels);
            } else {
                const counter = sum.isMonotonic ? meter.createCounter(name, options) : meter.createUpDownCounter(name, options);
                counter.add(Number(point.asInt ?? point.asDouble), labels);
            }
        }
    }
}
