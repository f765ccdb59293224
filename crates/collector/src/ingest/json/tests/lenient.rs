//! A field that cannot be read costs its record, and no other.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
};

use super::*;
use crate::ingest::{Signal, json::read, verdict::Verdict};

/// The request, and what is said of it.
fn lenient<M: super::super::Message>(text: &[u8], signal: Signal) -> (M, Verdict) {
    let (request, heard) = read(text, signal, &Weight::new(1 << 30)).expect("JSON");
    (request, heard.verdict(signal, 0, None))
}

/// The names of the spans that are read, and what is said of the request.
fn spans(text: &[u8]) -> (Vec<String>, Verdict) {
    let (request, verdict) = lenient::<ExportTraceServiceRequest>(text, Signal::Traces);
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    (scopes.flat_map(|scope| scope.spans).map(|span| span.name).collect(), verdict)
}

#[test]
fn a_bad_field_costs_its_span() {
    for (field, words) in [
        (r#""droppedAttributesCount":-1"#, "/droppedAttributesCount: invalid value: integer `-1`"),
        (r#""status":"ERROR""#, "/status: invalid type: string \"ERROR\""),
        (r#""status":{"code":"ERROR"}"#, "/status/code: invalid value: string \"ERROR\""),
        (
            r#""attributes":[{"key":"k","value":{"intValue":5.5}}]"#,
            "/attributes/0/value/intValue: invalid value: floating point `5.5`",
        ),
        (r#""attributes":[{"key":"k","value":{"intValue":1e+21}}]"#, "floating point `1e+21`"),
        (r#""attributes":[{"key":"k","value":{"doubleValue":1e999}}]"#, "number out of range"),
        (r#""events":[{},5]"#, "/events/1: invalid type: integer `5`"),
        (r#""links":{}"#, "/links: invalid type: map"),
    ] {
        let text = format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"name":"one"}},{{"name":"bad",{field}}},{{"name":"two"}},7]}}]}},
            {{"scopeSpans":[{{"spans":[{{"name":"three"}}]}}]}}]}}"#
        );
        let (names, verdict) = spans(text.as_bytes());
        assert_eq!((names, verdict.rejected), (vec!["one".into(), "two".into(), "three".into()], 2), "{field}");
        let message = verdict.message;
        assert!(message.starts_with("span \"bad\": ") && message.contains(words), "{field}: {message}");
        assert!(message.contains("first of 2") && !message.contains(" at line "), "{message}");
    }
}

#[test]
fn a_bad_field_of_what_is_shared_costs_no_span() {
    let text = br#"{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"intValue":1e+21}},{"key":"b"}],
        "droppedAttributesCount":-1},"scopeSpans":[{"scope":{"version":5,"name":"lib"},"spans":[{"name":"one"}]}]}]}"#;
    let (request, verdict) = lenient::<ExportTraceServiceRequest>(text, Signal::Traces);
    let of_resource = &request.resource_spans[0];
    let resource = of_resource.resource.as_ref().unwrap();
    assert_eq!(resource.attributes.iter().map(|attribute| attribute.key.as_str()).collect::<Vec<_>>(), ["b"]);
    let of_scope = &of_resource.scope_spans[0];
    assert_eq!((of_scope.scope.as_ref().unwrap().name.as_str(), of_scope.spans.len()), ("lib", 1));
    assert_eq!(verdict.rejected, 0);
    for words in ["attribute \"a\" is left out: /value/intValue: ", "/droppedAttributesCount: ", "/version: "] {
        assert!(verdict.message.contains(words), "{}", verdict.message);
    }
}

#[test]
fn what_is_no_utf_8_is_replaced() {
    let text = b"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"a\xffb\"}]}]}]}";
    assert_eq!(spans(text), (vec!["a\u{fffd}b".into()], Verdict::default()));
}

#[test]
fn what_belongs_elsewhere_is_told() {
    for (text, words) in [
        (
            r#"{"resourceLogs":[{"scopeLogs":[]}]}"#,
            "resourceLogs is not read here: log records are to be sent to /v1/logs",
        ),
        (r#"{"resourceMetrics":[]}"#, "metrics are to be sent to /v1/metrics"),
        (
            r#"{"resourceSpans":[{"instrumentationLibrarySpans":[{"spans":[{"name":"old"}]}],"scopeSpans":[{"spans":[{"name":"x"}]}]}]}"#,
            "instrumentationLibrarySpans is not read",
        ),
    ] {
        let (_, verdict) = spans(text.as_bytes());
        assert!(verdict.message.contains(words) && verdict.rejected == 0, "{text}: {}", verdict.message);
    }
}

#[test]
fn logs_and_metrics_are_read_alike() {
    let logs = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":
        [{"scope":{"name":"lib"},"logRecords":[{"timeUnixNano":"5","severityNumber":"SEVERITY_NUMBER_INFO","severityText":"INFO",
        "body":{"stringValue":"hello"},"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","eventName":"e","flags":1,
        "observed_time_unix_nano":6,"droppedAttributesCount":2,"attributes":[{"key":"k"}]},{"eventName":"bad","timeUnixNano":-1}]}]}]}"#;
    let (request, verdict) = lenient::<ExportLogsServiceRequest>(logs, Signal::Logs);
    let record = &request.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!((record.time_unix_nano, record.observed_time_unix_nano, record.severity_number), (5, 6, 9));
    assert_eq!((record.severity_text.as_str(), record.event_name.as_str(), record.flags), ("INFO", "e", 1));
    assert_eq!(record.body, Some(holding(Value::StringValue("hello".into()))));
    assert_eq!((record.trace_id.len(), record.span_id.len(), record.attributes.len()), (16, 8, 1));
    assert_eq!(verdict.rejected, 1);
    assert!(verdict.message.contains("log record") && verdict.message.contains("/timeUnixNano"), "{}", verdict.message);

    let metrics = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"g","unit":"1","gauge":{"dataPoints":[{"asInt":"5","timeUnixNano":1},{"asDouble":1.5}]}},
        {"name":"bad","gauge":{"dataPoints":[{"asInt":1.5}]}},
        {"name":"s","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","isMonotonic":true,"dataPoints":[{}]}},
        {"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"3","sum":4.5,"bucketCounts":["1",2],
        "explicitBounds":[0.5],"min":0,"exemplars":[{"asDouble":2,"spanId":"b7ad6b7169203331"}]}]}},
        {"name":"e","exponentialHistogram":{"dataPoints":[{"scale":-1,"positive":{"offset":-2,"bucketCounts":[1]}}]}},
        {"name":"q","summary":{"dataPoints":[{"quantileValues":[{"quantile":0.5,"value":1}]}]}}]}]}]}"#;
    let (request, verdict) = lenient::<ExportMetricsServiceRequest>(metrics, Signal::Metrics);
    let names: Vec<_> =
        request.resource_metrics[0].scope_metrics[0].metrics.iter().map(|metric| &metric.name).collect();
    assert_eq!(names, ["g", "s", "h", "e", "q"]);
    assert!(verdict.message.starts_with("metric \"bad\": /gauge/dataPoints/0/asInt: "), "{}", verdict.message);
}

/// What the published serde writes of every signal is read back the same.
#[test]
fn metrics_agree_with_the_published_types() {
    let metrics = br#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"g","gauge":{"dataPoints":[{"asInt":"5","timeUnixNano":"1"},{"asDouble":1.5}]}},
        {"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"3","sum":4.5,"bucketCounts":["1","2"],
        "explicitBounds":[0.5],"min":0}]}}]}]}]}"#;
    let (request, _) = lenient::<ExportMetricsServiceRequest>(metrics, Signal::Metrics);
    let again = serde_json::to_vec(&request).unwrap();
    assert_eq!(lenient::<ExportMetricsServiceRequest>(&again, Signal::Metrics).0, request);
}
