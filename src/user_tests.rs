use super::*;
use opentelemetry::logs::LoggerProvider;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};

/// The answers are the same whoever listens, so one test owns the global provider.
#[test]
fn answers_and_spans() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    global::set_tracer_provider(provider);
    let logs = InMemoryLogExporter::default();
    log_lookups_by(SdkLoggerProvider::builder().with_simple_exporter(logs.clone()).build().logger("inprocess"));

    let found = get_user(100);
    assert_eq!(
        serde_json::to_string(&found.value).expect("JSON"),
        r#"{"id":100,"name":"john","gender":1,"site":"https://goframe.org","email":"john@goframe.org","math":100,"english":60,"chinese":50}"#
    );
    assert!(found.sampled);
    let spans = exporter.get_finished_spans().expect("spans");
    check_tree(&spans, &found.trace_id, None, true);
    let logged = logs.get_emitted_logs().expect("logs");
    assert_eq!(logged.len(), 1);
    let record = &logged[0].record;
    let context = record.trace_context().expect("it is within a span");
    assert_eq!((context.trace_id, context.span_id), (found.trace_id, spans[3].span_context.span_id()));
    assert_eq!((record.event_name(), record.severity_number()), (Some("user.lookup"), Some(Severity::Info)));
    assert!(record.attributes_iter().any(|(key, value)| key.as_str() == "user.id" && *value == 100_i64.into()));

    exporter.reset();
    for id in [0, 1, 99, 101, u64::MAX] {
        assert!(get_user(id).value.is_empty());
    }
    let spans = exporter.get_finished_spans().expect("spans");
    let errors: Vec<_> = spans.iter().filter(|span| span.name == "GetUser").map(|span| span.status.clone()).collect();
    assert_eq!(errors[1], Status::error("user 1 not found"));

    exporter.reset();
    let main = run_main();
    let spans = exporter.get_finished_spans().expect("spans");
    assert_eq!(spans.len(), 9);
    let root = spans.iter().find(|span| span.name == "main").expect("main");
    let (missing, found): (Vec<_>, Vec<_>) = spans
        .iter()
        .filter(|span| span.name != "main")
        .cloned()
        .partition(|span| span.attributes.contains(&KeyValue::new("user.id", 1)));
    check_tree(&missing, &main.trace_id, Some(root), false);
    check_tree(&found, &main.trace_id, Some(root), true);
}

fn check_tree(spans: &[SpanData], trace_id: &TraceId, parent: Option<&SpanData>, found: bool) {
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["GetInfo", "GetDetail", "GetScores", "GetUser"]);
    let root = &spans[3];
    let above = parent.map_or(opentelemetry::SpanId::INVALID, |parent| parent.span_context.span_id());
    assert_eq!(root.parent_span_id, above);
    for span in spans {
        assert_eq!(span.span_context.trace_id(), *trace_id);
        assert_eq!(span.span_kind, SpanKind::Internal);
        assert!(span.attributes.contains(&KeyValue::new("user.found", found)));
    }
    for child in &spans[..3] {
        assert_eq!(child.parent_span_id, root.span_context.span_id());
        assert_eq!(child.status, Status::Unset);
    }
    if found {
        assert_eq!(root.status, Status::Unset);
        assert!(root.events.is_empty());
    } else {
        assert!(matches!(root.status, Status::Error { .. }));
        assert!(root.attributes.contains(&KeyValue::new("error.type", "UserNotFound")));
        assert_eq!(root.events[0].name, "exception");
    }
}
