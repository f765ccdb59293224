// Makes what a document of OTLP JSON says by OpenTelemetry Go, with its defaults and what the environment sets, and prints which ids
// its spans were given. The document is named by the first argument. The SDK leaves the choice of an exporter to the program, which
// makes it as the specification has it: by OTEL_EXPORTER_OTLP_PROTOCOL.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otellog "go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var document document
	check(json.Unmarshal(text, &document))
	ctx := context.Background()
	traces, logs, metrics := exporters(ctx)
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(traces))
	loggers := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(logs)))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)))
	spans := makeSpans(document.Traces.ResourceSpans[0].ScopeSpans[0], tracers)
	makeLogs(document.Logs.ResourceLogs[0].ScopeLogs[0], loggers, spans)
	makeMetrics(document.Metrics.ResourceMetrics[0].ScopeMetrics[0], meters)
	check(tracers.Shutdown(ctx))
	check(loggers.Shutdown(ctx))
	check(meters.Shutdown(ctx))
}

func exporters(ctx context.Context) (sdktrace.SpanExporter, sdklog.Exporter, sdkmetric.Exporter) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return must(otlptracegrpc.New(ctx)), must(otlploggrpc.New(ctx)), must(otlpmetricgrpc.New(ctx))
	}
	return must(otlptracehttp.New(ctx)), must(otlploghttp.New(ctx)), must(otlpmetrichttp.New(ctx))
}

func makeSpans(scoped scoped, provider *sdktrace.TracerProvider) map[string]context.Context {
	tracer := provider.Tracer(scoped.Scope.Name, trace.WithInstrumentationVersion(scoped.Scope.Version), trace.WithSchemaURL(scoped.SchemaURL))
	made := map[string]context.Context{}
	ids := map[string]map[string]string{}
	for _, span := range scoped.Spans {
		parent, ok := made[span.ParentSpanID]
		if !ok {
			parent = context.Background()
			if span.ParentSpanID != "" {
				parent = trace.ContextWithRemoteSpanContext(parent, remote(span.TraceID, span.ParentSpanID, span.TraceState))
			}
		}
		links := []trace.Link{}
		for _, link := range span.Links {
			links = append(links, trace.Link{SpanContext: remote(link.TraceID, link.SpanID, link.TraceState), Attributes: attributes(link.Attributes)})
		}
		ctx, begun := tracer.Start(parent, span.Name, trace.WithSpanKind(trace.SpanKind(span.Kind)), trace.WithTimestamp(at(span.Start)),
			trace.WithAttributes(attributes(span.Attributes)...), trace.WithLinks(links...))
		for _, event := range span.Events {
			begun.AddEvent(event.Name, trace.WithTimestamp(at(event.Time)), trace.WithAttributes(attributes(event.Attributes)...))
		}
		switch span.Status.Code {
		case 1:
			begun.SetStatus(codes.Ok, "")
		case 2:
			begun.SetStatus(codes.Error, span.Status.Message)
		}
		made[span.SpanID] = ctx
		of := begun.SpanContext()
		ids[span.SpanID] = map[string]string{"traceId": of.TraceID().String(), "spanId": of.SpanID().String()}
	}
	for _, span := range scoped.Spans {
		trace.SpanFromContext(made[span.SpanID]).End(trace.WithTimestamp(at(span.End)))
	}
	fmt.Println(string(must(json.Marshal(ids))))
	return made
}

func makeLogs(scoped scoped, provider *sdklog.LoggerProvider, spans map[string]context.Context) {
	logger := provider.Logger(scoped.Scope.Name, otellog.WithInstrumentationVersion(scoped.Scope.Version), otellog.WithSchemaURL(scoped.SchemaURL))
	for _, record := range scoped.LogRecords {
		var made otellog.Record
		made.SetTimestamp(at(record.Time))
		made.SetObservedTimestamp(at(record.ObservedTime))
		made.SetSeverity(otellog.Severity(record.SeverityNumber))
		made.SetSeverityText(record.SeverityText)
		made.SetEventName(record.EventName)
		made.SetBody(record.Body.attribute())
		made.AddAttributes(attributes(record.Attributes)...)
		ctx, ok := spans[record.SpanID]
		if !ok {
			ctx = context.Background()
		}
		logger.Emit(ctx, made)
	}
}

func makeMetrics(scoped scoped, provider *sdkmetric.MeterProvider) {
	meter := provider.Meter(scoped.Scope.Name, metric.WithInstrumentationVersion(scoped.Scope.Version), metric.WithSchemaURL(scoped.SchemaURL))
	ctx := context.Background()
	for _, one := range scoped.Metrics {
		unit, description := metric.WithUnit(one.Unit), metric.WithDescription(one.Description)
		for _, point := range one.Histogram.DataPoints {
			for _, recorded := range point.Recorded {
				must(meter.Float64Histogram(one.Name, unit, description)).Record(ctx, recorded, metric.WithAttributes(attributes(point.Attributes)...))
			}
		}
		for _, point := range one.Gauge.DataPoints {
			must(meter.Float64Gauge(one.Name, unit, description)).Record(ctx, *point.Double, metric.WithAttributes(attributes(point.Attributes)...))
		}
		for _, point := range one.Sum.DataPoints {
			with := metric.WithAttributes(attributes(point.Attributes)...)
			if one.Sum.IsMonotonic {
				must(meter.Int64Counter(one.Name, unit, description)).Add(ctx, must(strconv.ParseInt(point.Int, 10, 64)), with)
			} else {
				must(meter.Float64UpDownCounter(one.Name, unit, description)).Add(ctx, *point.Double, with)
			}
		}
	}
}

func remote(traceID, spanID, state string) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    must(trace.TraceIDFromHex(traceID)),
		SpanID:     must(trace.SpanIDFromHex(spanID)),
		TraceFlags: trace.FlagsSampled,
		TraceState: must(trace.ParseTraceState(state)),
		Remote:     true,
	})
}

func at(nanos int64) time.Time {
	return time.Unix(0, nanos)
}

func attributes(pairs []pair) []attribute.KeyValue {
	made := []attribute.KeyValue{}
	for _, pair := range pairs {
		made = append(made, attribute.KeyValue{Key: attribute.Key(pair.Key), Value: pair.Value.attribute()})
	}
	return made
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must[T any](made T, err error) T {
	check(err)
	return made
}
