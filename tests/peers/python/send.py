"""Makes what a document of OTLP JSON says by OpenTelemetry Python, with its defaults and what the environment sets, and prints
which ids its spans were given. Run by opentelemetry-instrument; the document is named by the first argument."""

import json
import sys

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState


def value(of):
    if "intValue" in of:
        return int(of["intValue"])
    if "arrayValue" in of:
        return [value(one) for one in of["arrayValue"]["values"]]
    if "kvlistValue" in of:
        return attributes(of["kvlistValue"]["values"])
    return next(iter(of.values()))


def attributes(pairs):
    return {pair["key"]: value(pair["value"]) for pair in pairs or []}


def remote(trace_id, span_id, state):
    states = [tuple(entry.split("=")) for entry in (state or "").split(",") if entry]
    return SpanContext(int(trace_id, 16), int(span_id, 16), True, TraceFlags(1), TraceState(states))


def make_spans(document):
    scoped = document["resourceSpans"][0]["scopeSpans"][0]
    tracer = trace.get_tracer(scoped["scope"]["name"], scoped["scope"]["version"], schema_url=scoped["schemaUrl"])
    made = {}
    for span in scoped["spans"]:
        parent = Context()
        if span.get("parentSpanId") in made:
            parent = trace.set_span_in_context(made[span["parentSpanId"]], parent)
        elif "parentSpanId" in span:
            context = remote(span["traceId"], span["parentSpanId"], span.get("traceState"))
            parent = trace.set_span_in_context(NonRecordingSpan(context), parent)
        begun = tracer.start_span(
            span["name"],
            parent,
            SpanKind(span["kind"] - 1),
            attributes(span.get("attributes")),
            [
                Link(remote(link["traceId"], link["spanId"], link.get("traceState")), attributes(link.get("attributes")))
                for link in span.get("links", [])
            ],
            int(span["startTimeUnixNano"]),
        )
        for event in span.get("events", []):
            begun.add_event(event["name"], attributes(event.get("attributes")), int(event["timeUnixNano"]))
        if "status" in span:
            begun.set_status(Status(StatusCode(span["status"]["code"]), span["status"].get("message")))
        made[span["spanId"]] = begun
    for span in scoped["spans"]:
        made[span["spanId"]].end(int(span["endTimeUnixNano"]))
    contexts = {span_id: span.get_span_context() for span_id, span in made.items()}
    ids = {key: {"traceId": f"{of.trace_id:032x}", "spanId": f"{of.span_id:016x}"} for key, of in contexts.items()}
    print(json.dumps(ids))
    return made


def make_logs(document, spans):
    scoped = document["resourceLogs"][0]["scopeLogs"][0]
    logger = _logs.get_logger(scoped["scope"]["name"], scoped["scope"]["version"], schema_url=scoped["schemaUrl"])
    for record in scoped["logRecords"]:
        context = trace.set_span_in_context(spans[record["spanId"]], Context()) if "spanId" in record else Context()
        logger.emit(
            LogRecord(
                timestamp=int(record["timeUnixNano"]),
                observed_timestamp=int(record["observedTimeUnixNano"]),
                context=context,
                severity_number=SeverityNumber(record["severityNumber"]) if "severityNumber" in record else None,
                severity_text=record.get("severityText"),
                body=value(record["body"]),
                attributes=attributes(record.get("attributes")),
                event_name=record.get("eventName"),
            )
        )


def make_metrics(document):
    scoped = document["resourceMetrics"][0]["scopeMetrics"][0]
    meter = metrics.get_meter(scoped["scope"]["name"], scoped["scope"]["version"], schema_url=scoped["schemaUrl"])
    for metric in scoped["metrics"]:
        about = (metric["name"], metric["unit"], metric["description"])
        if "histogram" in metric:
            histogram = meter.create_histogram(*about)
            for point in metric["histogram"]["dataPoints"]:
                for recorded in point["recorded"]:
                    histogram.record(recorded, attributes(point["attributes"]))
        elif "gauge" in metric:
            gauge = meter.create_gauge(*about)
            for point in metric["gauge"]["dataPoints"]:
                gauge.set(point["asDouble"], attributes(point["attributes"]))
        else:
            monotonic = metric["sum"]["isMonotonic"]
            counter = meter.create_counter(*about) if monotonic else meter.create_up_down_counter(*about)
            for point in metric["sum"]["dataPoints"]:
                amount = int(point["asInt"]) if "asInt" in point else point["asDouble"]
                counter.add(amount, attributes(point["attributes"]))


with open(sys.argv[1], encoding="utf-8") as file:
    telemetry = json.load(file)
make_logs(telemetry["logs"], make_spans(telemetry["traces"]))
make_metrics(telemetry["metrics"])
