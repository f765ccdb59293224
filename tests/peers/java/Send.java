import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Makes what a document of OTLP JSON says by OpenTelemetry Java, with its defaults and what the environment sets, and prints which ids
 * its spans were given. The document is named by the first argument.
 */
public class Send {
    public static void main(String[] arguments) throws Exception {
        var json = new ObjectMapper();
        var document = json.readTree(new File(arguments[0]));
        // It shuts itself down when the program ends, too late for its log: what there is to complain of shows in a flush.
        var sdk = AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
        var spans = makeSpans(sdk, document.at("/traces/resourceSpans/0/scopeSpans/0"));
        makeLogs(sdk, document.at("/logs/resourceLogs/0/scopeLogs/0"), spans);
        makeMetrics(sdk, document.at("/metrics/resourceMetrics/0/scopeMetrics/0"));
        var ids = new LinkedHashMap<String, Map<String, String>>();
        spans.forEach((id, span) -> ids.put(id, Map.of(
            "traceId", span.getSpanContext().getTraceId(), "spanId", span.getSpanContext().getSpanId())));
        System.out.println(json.writeValueAsString(ids));
        CompletableResultCode.ofAll(List.of(
            sdk.getSdkTracerProvider().forceFlush(),
            sdk.getSdkLoggerProvider().forceFlush(),
            sdk.getSdkMeterProvider().forceFlush())).join(30, SECONDS);
    }

    private static Map<String, Span> makeSpans(OpenTelemetry sdk, JsonNode scoped) {
        var tracer = sdk.getTracerProvider().tracerBuilder(scoped.at("/scope/name").asText())
            .setInstrumentationVersion(scoped.at("/scope/version").asText())
            .setSchemaUrl(scoped.path("schemaUrl").asText()).build();
        var made = new LinkedHashMap<String, Span>();
        for (var span : scoped.path("spans")) {
            var parentId = span.path("parentSpanId").asText();
            var parent = Context.root();
            if (made.containsKey(parentId)) {
                parent = parent.with(made.get(parentId));
            } else if (!parentId.isEmpty()) {
                parent = parent.with(Span.wrap(remote(span, parentId)));
            }
            var builder = tracer.spanBuilder(span.path("name").asText()).setParent(parent)
                .setSpanKind(SpanKind.values()[span.path("kind").asInt() - 1])
                .setStartTimestamp(span.path("startTimeUnixNano").asLong(), NANOSECONDS)
                .setAllAttributes(attributes(span.path("attributes")));
            for (var link : span.path("links")) {
                builder.addLink(remote(link, link.path("spanId").asText()), attributes(link.path("attributes")));
            }
            var begun = builder.startSpan();
            for (var event : span.path("events")) {
                begun.addEvent(event.path("name").asText(), attributes(event.path("attributes")),
                    event.path("timeUnixNano").asLong(), NANOSECONDS);
            }
            switch (span.at("/status/code").asInt()) {
                case 1 -> begun.setStatus(StatusCode.OK);
                case 2 -> begun.setStatus(StatusCode.ERROR, span.at("/status/message").asText());
                default -> { }
            }
            made.put(span.path("spanId").asText(), begun);
        }
        for (var span : scoped.path("spans")) {
            made.get(span.path("spanId").asText()).end(span.path("endTimeUnixNano").asLong(), NANOSECONDS);
        }
        return made;
    }

    private static void makeLogs(OpenTelemetry sdk, JsonNode scoped, Map<String, Span> spans) {
        var logger = sdk.getLogsBridge().loggerBuilder(scoped.at("/scope/name").asText())
            .setInstrumentationVersion(scoped.at("/scope/version").asText())
            .setSchemaUrl(scoped.path("schemaUrl").asText()).build();
        for (var record : scoped.path("logRecords")) {
            var span = spans.get(record.path("spanId").asText());
            var builder = logger.logRecordBuilder()
                .setTimestamp(record.path("timeUnixNano").asLong(), NANOSECONDS)
                .setObservedTimestamp(record.path("observedTimeUnixNano").asLong(), NANOSECONDS)
                .setContext(span == null ? Context.root() : Context.root().with(span))
                .setBody(value(record.path("body")))
                .setAllAttributes(attributes(record.path("attributes")));
            if (record.has("severityNumber")) {
                builder.setSeverity(Severity.values()[record.path("severityNumber").asInt()]);
                builder.setSeverityText(record.path("severityText").asText());
            }
            if (record.has("eventName")) {
                builder.setEventName(record.path("eventName").asText());
            }
            builder.emit();
        }
    }

    private static void makeMetrics(OpenTelemetry sdk, JsonNode scoped) {
        var meter = sdk.getMeterProvider().meterBuilder(scoped.at("/scope/name").asText())
            .setInstrumentationVersion(scoped.at("/scope/version").asText())
            .setSchemaUrl(scoped.path("schemaUrl").asText()).build();
        for (var metric : scoped.path("metrics")) {
            var name = metric.path("name").asText();
            var unit = metric.path("unit").asText();
            var description = metric.path("description").asText();
            for (var point : metric.at("/histogram/dataPoints")) {
                var histogram = meter.histogramBuilder(name).setUnit(unit).setDescription(description).build();
                point.path("recorded").forEach(each -> histogram.record(each.asDouble(), attributes(point.path("attributes"))));
            }
            for (var point : metric.at("/gauge/dataPoints")) {
                meter.gaugeBuilder(name).setUnit(unit).setDescription(description).build()
                    .set(point.path("asDouble").asDouble(), attributes(point.path("attributes")));
            }
            for (var point : metric.at("/sum/dataPoints")) {
                if (metric.at("/sum/isMonotonic").asBoolean()) {
                    meter.counterBuilder(name).setUnit(unit).setDescription(description).build()
                        .add(point.path("asInt").asLong(), attributes(point.path("attributes")));
                } else {
                    meter.upDownCounterBuilder(name).setUnit(unit).setDescription(description).ofDoubles().build()
                        .add(point.path("asDouble").asDouble(), attributes(point.path("attributes")));
                }
            }
        }
    }

    private static SpanContext remote(JsonNode of, String spanId) {
        var state = TraceState.builder();
        for (var entry : of.path("traceState").asText().split(",")) {
            var pair = entry.split("=");
            if (pair.length == 2) {
                state.put(pair[0], pair[1]);
            }
        }
        return SpanContext.createFromRemoteParent(of.path("traceId").asText(), spanId, TraceFlags.getSampled(), inOrder(of, state.build()));
    }

    /** A trace state's builder puts what comes last first. */
    private static TraceState inOrder(JsonNode of, TraceState reversed) {
        var builder = TraceState.builder();
        reversed.forEach(builder::put);
        return builder.build();
    }

    private static Attributes attributes(JsonNode pairs) {
        var made = Attributes.builder();
        pairs.forEach(pair -> put(made, pair.path("key").asText(), pair.path("value")));
        return made.build();
    }

    private static void put(AttributesBuilder made, String key, JsonNode value) {
        if (value.has("stringValue")) {
            made.put(key, value.path("stringValue").asText());
        } else if (value.has("boolValue")) {
            made.put(key, value.path("boolValue").asBoolean());
        } else if (value.has("intValue")) {
            made.put(key, value.path("intValue").asLong());
        } else if (value.has("doubleValue")) {
            made.put(key, value.path("doubleValue").asDouble());
        } else {
            var values = value.at("/arrayValue/values");
            switch (values.path(0).fieldNames().next()) {
                case "stringValue" -> made.put(AttributeKey.stringArrayKey(key), list(values, "stringValue", JsonNode::asText));
                case "boolValue" -> made.put(AttributeKey.booleanArrayKey(key), list(values, "boolValue", JsonNode::asBoolean));
                case "intValue" -> made.put(AttributeKey.longArrayKey(key), list(values, "intValue", JsonNode::asLong));
                default -> made.put(AttributeKey.doubleArrayKey(key), list(values, "doubleValue", JsonNode::asDouble));
            }
        }
    }

    private static <T> List<T> list(JsonNode values, String type, Function<JsonNode, T> read) {
        var made = new ArrayList<T>();
        values.forEach(value -> made.add(read.apply(value.path(type))));
        return made;
    }

    private static Value<?> value(JsonNode of) {
        if (of.has("stringValue")) {
            return Value.of(of.path("stringValue").asText());
        } else if (of.has("boolValue")) {
            return Value.of(of.path("boolValue").asBoolean());
        } else if (of.has("intValue")) {
            return Value.of(of.path("intValue").asLong());
        } else if (of.has("doubleValue")) {
            return Value.of(of.path("doubleValue").asDouble());
        } else if (of.has("arrayValue")) {
            var made = new ArrayList<Value<?>>();
            of.at("/arrayValue/values").forEach(one -> made.add(value(one)));
            return Value.of(made);
        }
        var made = new ArrayList<KeyValue>();
        of.at("/kvlistValue/values").forEach(pair -> made.add(KeyValue.of(pair.path("key").asText(), value(pair.path("value")))));
        return Value.of(made.toArray(new KeyValue[0]));
    }
}
