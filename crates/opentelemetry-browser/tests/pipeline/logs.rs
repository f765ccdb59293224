//! Log records beside spans: by upstream's API, by its appender for `tracing`, and of exceptions.

use std::sync::atomic::Ordering;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_browser::redaction::{redact_texts, redact_urls, remove_attributes};
use opentelemetry_browser::tracing::fine_times;
use opentelemetry_browser::{BatchLogProcessor, ExceptionSignal, LogRecord, SessionConfig, Telemetry};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::Sampler;
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{Receiver, list, pipeline_test};

fn log(telemetry: &Telemetry, name: &'static str) {
    let logger = telemetry.logger_provider().logger("shop");
    let mut record = logger.create_log_record();
    record.set_event_name(name);
    logger.emit(record);
}

fn nanos(json: &Value) -> u64 {
    json.as_str().expect("a decimal string").parse().expect("nanoseconds")
}

/// A record's attribute.
fn attribute(record: &Value, key: &str) -> Value {
    let found = list(&record["attributes"]).into_iter().find(|pair| pair["key"] == key);
    found.map_or(Value::Null, |pair| pair["value"].clone())
}

pipeline_test! {
    async fn a_record_has_its_spans_ids_and_a_fine_time() {
        let receiver = Receiver::default();
        let telemetry = receiver.builder().with_service_name("shop").with_logs().install().unwrap();
        let logger = telemetry.logger_provider().logger("shop");
        global::tracer("shop").in_span("checkout", |_cx| {
            let mut record = logger.create_log_record();
            record.set_event_name("cart.checked");
            record.set_severity_number(Severity::Warn);
            record.set_severity_text("WARN");
            let body = [("items", AnyValue::from_iter([1, 2])), ("raw", AnyValue::from(&b"\0\xffa"[..]))];
            record.set_body(AnyValue::from_iter(body));
            record.add_attribute("user.id", 100);
            logger.emit(record);
        });
        log(&telemetry, "alone");
        let report = telemetry.shutdown().await.unwrap();
        assert_eq!(report.delivered, 3, "one span and two records");

        let (span, records) = (receiver.spans().remove(0), receiver.logs());
        let record = &records[0];
        assert_eq!((&record["traceId"], &record["spanId"]), (&span["traceId"], &span["spanId"]));
        assert_eq!(record["flags"], 1);
        assert_eq!((&record["eventName"], &record["severityText"]), (&json!("cart.checked"), &json!("WARN")));
        assert_eq!(record["severityNumber"], 13);
        assert_eq!(attribute(record, "user.id"), json!({"intValue": "100"}));
        let mut body = list(&record["body"]["kvlistValue"]["values"]);
        body.sort_by_key(|pair| pair["key"].to_string());
        let numbers = json!({"arrayValue": {"values": [{"intValue": "1"}, {"intValue": "2"}]}});
        assert_eq!(body, [json!({"key": "items", "value": numbers}), json!({"key": "raw", "value": {"bytesValue": "AP9h"}})]);
        // The clock is that of the span: a time in whole milliseconds would lie before its start, nearly always.
        let time = nanos(&record["timeUnixNano"]);
        assert_eq!(record["observedTimeUnixNano"], record["timeUnixNano"]);
        assert!(nanos(&span["startTimeUnixNano"]) <= time && time <= nanos(&span["endTimeUnixNano"]), "{span} {record}");

        assert_eq!((&records[1]["traceId"], &records[1]["spanId"], &records[1]["flags"]), (&Value::Null, &Value::Null, &Value::Null));
        let names = receiver.requests.lock().unwrap().iter().find_map(|body| {
            let resource = body["resourceLogs"][0]["resource"].clone();
            (!resource.is_null()).then(|| attribute(&resource, "service.name"))
        });
        assert_eq!(names, Some(json!({"stringValue": "shop"})));
    }
}

pipeline_test! {
    async fn records_of_unsampled_spans_and_chosen_times_are_kept() {
        let receiver = Receiver::default();
        let telemetry = receiver.builder().with_sampler(Sampler::AlwaysOff).with_logs().install().unwrap();
        let logger = telemetry.logger_provider().logger("shop");
        let chosen = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let context = global::tracer("shop").in_span("unsampled", |cx| {
            let mut record = logger.create_log_record();
            record.set_timestamp(chosen);
            logger.emit(record);
            cx.span().span_context().clone()
        });
        // The library's own work is not logged.
        async { log(&telemetry, "suppressed") }.with_context(Context::new().with_telemetry_suppressed()).await;
        let suppressed = Context::new().with_telemetry_suppressed().attach();
        assert!(!logger.event_enabled(Severity::Error, "", None));
        drop(suppressed);
        assert!(logger.event_enabled(Severity::Trace, "", None));
        telemetry.shutdown().await.unwrap();
        assert_eq!(receiver.spans().len(), 0);
        let records = receiver.logs();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0]["traceId"], context.trace_id().to_string());
        assert_eq!(records[0]["spanId"], context.span_id().to_string());
        assert_eq!(records[0]["flags"], Value::Null, "zero is left out");
        assert_eq!(records[0]["timeUnixNano"], "1000000000000000000");
    }
}

const SEVERITIES: [Severity; 24] = {
    use Severity::*;
    [
        Trace, Trace2, Trace3, Trace4, Debug, Debug2, Debug3, Debug4, Info, Info2, Info3, Info4, Warn, Warn2, Warn3,
        Warn4, Error, Error2, Error3, Error4, Fatal, Fatal2, Fatal3, Fatal4,
    ]
};

pipeline_test! {
    async fn every_severity_and_every_value_arrives_as_it_is() {
        let receiver = Receiver::default();
        let telemetry = receiver.builder().with_logs().install().unwrap();
        let logger = telemetry.logger_provider().logger("shop");
        for severity in SEVERITIES {
            let mut record = logger.create_log_record();
            record.set_severity_number(severity);
            logger.emit(record);
        }
        let deep = (0..1000).fold(AnyValue::from("the bottom"), |inner, _| AnyValue::from_iter([inner]));
        let values = [
            (AnyValue::from(""), json!({"stringValue": ""})),
            (AnyValue::from("a \"\u{0}\u{2028}ü\u{1f600}"), json!({"stringValue": "a \"\u{0}\u{2028}ü\u{1f600}"})),
            (AnyValue::from(i64::MIN), json!({"intValue": "-9223372036854775808"})),
            (AnyValue::from(true), json!({"boolValue": true})),
            (AnyValue::from(-0.5), json!({"doubleValue": -0.5})),
            (AnyValue::from(f64::NAN), json!({"doubleValue": "NaN"})),
            (AnyValue::from(f64::NEG_INFINITY), json!({"doubleValue": "-Infinity"})),
            (AnyValue::from(&b""[..]), json!({"bytesValue": ""})),
            (AnyValue::from(&[0_u8, 255, 16][..]), json!({"bytesValue": "AP8Q"})),
            (Vec::<AnyValue>::new().into_iter().collect(), json!({"arrayValue": {"values": []}})),
            (AnyValue::from_iter([("a", AnyValue::from_iter([("b", 1)]))]), json!({"kvlistValue": {"values": [{"key": "a", "value": {"kvlistValue": {"values": [{"key": "b", "value": {"intValue": "1"}}]}}}]}})),
        ];
        for (value, _) in &values {
            let mut record = logger.create_log_record();
            record.set_body(value.clone());
            record.add_attribute("same", value.clone());
            logger.emit(record);
        }
        let mut record = logger.create_log_record();
        record.set_body(deep);
        logger.emit(record);
        telemetry.shutdown().await.unwrap();
        let records = receiver.logs();
        let (severities, others) = records.split_at(24);
        for (number, record) in (1..).zip(severities) {
            assert_eq!(record["severityNumber"], number);
        }
        for ((value, expected), record) in values.iter().zip(others) {
            assert_eq!((&record["body"], &attribute(record, "same")), (expected, expected), "{value:?}");
        }
        // Far from the 128 levels that common readers take.
        let deepest = others[values.len()].to_string().matches("arrayValue").count();
        assert!((10..60).contains(&deepest), "{deepest}");
    }
}

pipeline_test! {
    async fn a_record_belongs_to_its_context_also_when_the_span_has_ended() {
        let receiver = Receiver::default();
        let telemetry = receiver.builder().with_logs().install().unwrap();
        let cx = Context::new().with_span(global::tracer("shop").start("ended"));
        cx.span().end();
        {
            let _current = cx.clone().attach();
            log(&telemetry, "after its end");
        }
        let logger = telemetry.logger_provider().logger("shop");
        let mut record = logger.create_log_record();
        let own = opentelemetry::SpanId::from(7);
        record.set_trace_context(opentelemetry::TraceId::from(5), own, None);
        let _current = cx.attach();
        logger.emit(record);
        telemetry.shutdown().await.unwrap();
        let (span, records) = (receiver.spans().remove(0), receiver.logs());
        assert_eq!((&records[0]["traceId"], &records[0]["spanId"]), (&span["traceId"], &span["spanId"]));
        assert_eq!(records[1]["spanId"], own.to_string(), "one that is given wins");
    }
}

pipeline_test! {
    async fn events_of_tracing_become_records_of_their_spans() {
        let receiver = Receiver::default();
        let telemetry = receiver.builder().with_logs().install().unwrap();
        let spans = tracing_opentelemetry::layer().with_tracer(telemetry.provider().tracer("shop"));
        let logs = OpenTelemetryTracingBridge::new(&telemetry.logger_provider());
        let subscriber = tracing_subscriber::registry().with(fine_times(spans)).with(logs);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("checkout").in_scope(|| {
                tracing::warn!(name: "cart.empty", { user.id = 100 }, "no items");
                let error = "x".parse::<u8>().unwrap_err();
                tracing::error!(error = &error as &dyn std::error::Error, "wrong");
            });
        });
        tracing::info!("nobody listens");
        telemetry.shutdown().await.unwrap();
        let (span, records) = (receiver.spans().remove(0), receiver.logs());
        assert_eq!(records.len(), 2);
        for record in &records {
            assert_eq!((&record["traceId"], &record["spanId"]), (&span["traceId"], &span["spanId"]));
            let time = nanos(&record["timeUnixNano"]);
            assert!(nanos(&span["startTimeUnixNano"]) <= time && time <= nanos(&span["endTimeUnixNano"]), "{record}");
        }
        assert_eq!(records[0]["eventName"], "cart.empty");
        assert_eq!((&records[0]["severityNumber"], &records[0]["severityText"]), (&json!(13), &json!("WARN")));
        assert_eq!(records[0]["body"], json!({"stringValue": "no items"}));
        assert_eq!(attribute(&records[0], "user.id"), json!({"intValue": "100"}));
        let message = json!({"stringValue": "invalid digit found in string"});
        assert_eq!(attribute(&records[1], "exception.message"), message);
        let scopes = receiver.requests.lock().unwrap().iter().flat_map(|body| list(&body["resourceLogs"][0]["scopeLogs"])).collect::<Vec<_>>();
        assert_eq!(scopes[0]["scope"]["name"], module_path!(), "who logged it, by tracing's target");
    }
}

/// Records an error on a span, by `record_error`, and gives the span and the records.
async fn recorded(signal: ExceptionSignal) -> (Value, Vec<Value>) {
    let receiver = Receiver::default();
    let telemetry = receiver.builder().with_exceptions(signal).install().unwrap();
    let error = "x".parse::<u8>().unwrap_err();
    global::tracer("shop").in_span("checkout", |cx| {
        cx.span().record_error(&error);
        cx.span().add_event("other", vec![KeyValue::new("a", 1)]);
    });
    telemetry.shutdown().await.unwrap();
    (receiver.spans().remove(0), receiver.logs())
}

pipeline_test! {
    async fn exceptions_are_events_or_records_or_both() {
        for (words, signal, on_span, in_logs) in [
            ("", ExceptionSignal::SpanEvents, true, false),
            ("logs", ExceptionSignal::Logs, false, true),
            ("logs/dup", ExceptionSignal::LogsAndSpanEvents, true, true),
        ] {
            assert_eq!(words.parse(), Ok(signal));
            let (span, records) = recorded(signal).await;
            let events: Vec<Value> = list(&span["events"]).iter().map(|event| event["name"].clone()).collect();
            let expected = if on_span { vec![json!("exception"), json!("other")] } else { vec![json!("other")] };
            assert_eq!(events, expected, "{words}");
            assert_eq!(records.len(), usize::from(in_logs), "{words}");
            for record in records {
                assert_eq!((&record["eventName"], &record["severityNumber"]), (&json!("exception"), &json!(17)));
                assert_eq!((&record["traceId"], &record["spanId"]), (&span["traceId"], &span["spanId"]));
                let message = json!({"stringValue": "invalid digit found in string"});
                assert_eq!(attribute(&record, "exception.message"), message);
            }
        }
        let error = "log".parse::<ExceptionSignal>().unwrap_err().to_string();
        assert!(error.contains("\"logs/dup\""), "{error}");
    }
}

pipeline_test! {
    async fn an_error_without_a_span_is_an_exception_too() {
        let receiver = Receiver::default();
        let telemetry = receiver.builder().with_logs().install().unwrap();
        telemetry.logger_provider().logger("shop").emit_exception(&"x".parse::<u8>().unwrap_err());
        telemetry.shutdown().await.unwrap();
        let record = receiver.logs().remove(0);
        assert_eq!((&record["eventName"], &record["traceId"]), (&json!("exception"), &Value::Null));
        assert_eq!(attribute(&record, "exception.type"), json!({"stringValue": "core::num::error::ParseIntError"}));
    }
}

pipeline_test! {
    async fn a_receiver_without_logs_does_not_disturb_the_spans() {
        let receiver = Receiver::default();
        receiver.has_no_logs.store(true, Ordering::Relaxed);
        let telemetry = receiver.builder().with_logs().install().unwrap();
        for _ in 0..3 {
            global::tracer("shop").in_span("checkout", |_cx| log(&telemetry, "checked"));
            assert_eq!(telemetry.flush().await.unwrap().delivered, 1);
        }
        assert_eq!(receiver.logs().len(), 1, "it was asked once");
        let diagnostics = telemetry.diagnostics();
        assert_eq!((diagnostics.exported, diagnostics.dropped.total(), &diagnostics.last_error), (3, 0, &None));
        let logs = diagnostics.logs.unwrap();
        assert_eq!((logs.recorded, logs.dropped.refused), (3, 3));
        let error = logs.last_error.unwrap();
        assert!(error.message.contains("/v1/logs answered with HTTP status 404"), "{error}");
        assert!(error.advice.unwrap().contains("spans are sent as before"));
        telemetry.shutdown().await.unwrap();
    }
}

pipeline_test! {
    async fn redactions_and_sessions_are_for_both() {
        let receiver = Receiver::default();
        let builder = receiver.builder().with_logs().with_redaction(redact_urls()).with_session(SessionConfig::default());
        let drop_mail = |record: &mut LogRecord| record.attributes.retain(|(key, _)| key.as_str() != "user.email");
        let telemetry = builder.with_log_redaction(drop_mail).install().unwrap();
        let logger = telemetry.logger_provider().logger("shop");
        let mut record = logger.create_log_record();
        record.set_body(AnyValue::from_iter([("url", AnyValue::from_iter(["https://a:b@h/?token=1"]))]));
        record.add_attribute("user.email", "ann@example.com");
        record.add_attribute("browser.document.url.full", "https://h/?sig=1");
        logger.emit(record);
        telemetry.shutdown().await.unwrap();
        // The session has a record of its own.
        let record = receiver.logs().into_iter().find(|record| !record["body"].is_null()).expect("it was logged");
        let text = record.to_string();
        assert!(!text.contains("token=1") && !text.contains("sig=1") && !text.contains("ann@"), "{text}");
        assert!(text.contains("https://REDACTED:REDACTED@h/?token=REDACTED"), "{text}");
        assert_eq!(attribute(&record, "session.id"), json!({"stringValue": telemetry.session_id()}));
    }
}

pipeline_test! {
    async fn one_closure_redacts_both_wherever_a_text_or_a_key_is() {
        let receiver = Receiver::default();
        let telemetry = receiver
            .builder()
            .with_logs()
            .with_redaction(remove_attributes(["user.email", "birth"]))
            .with_redaction(redact_texts(|key, text| match key {
                Some("card") => Some("REDACTED".to_owned()),
                _ => text.contains("s3cret").then(|| text.replace("s3cret", "***")),
            }))
            .install()
            .unwrap();
        let mail = || KeyValue::new("user.email", "ann@example.com");
        let logger = telemetry.logger_provider().logger("shop");
        global::tracer("shop").in_span("get s3cret", |cx| {
            let span = cx.span();
            span.set_attributes([mail(), KeyValue::new("card", "4242"), KeyValue::new("words", "a s3cret"), KeyValue::new("birth", 1970)]);
            span.add_event("s3cret event", vec![mail(), KeyValue::new("card", "4242")]);
            span.set_status(opentelemetry::trace::Status::error("no s3cret"));
            let mut record = logger.create_log_record();
            record.set_body(AnyValue::from_iter([
                ("card", AnyValue::from("4242")),
                ("birth", AnyValue::from(1970)),
                ("list", AnyValue::from_iter([AnyValue::from("s3cret"), AnyValue::from_iter([("user.email", "ann@example.com")])])),
            ]));
            record.add_attribute("user.email", "ann@example.com");
            record.add_attribute("birth", 1970);
            record.add_attribute("kept", 7);
            record.add_attribute("nested", AnyValue::from_iter([("card", "4242")]));
            logger.emit(record);
            let mut record = logger.create_log_record();
            record.set_body("a plain s3cret".into());
            logger.emit(record);
        });
        assert_eq!(telemetry.shutdown().await.unwrap().delivered, 3);
        let (span, records) = (receiver.spans().remove(0), receiver.logs());
        for record in records.iter().chain([&span]) {
            let text = record.to_string();
            for gone in ["s3cret", "ann@", "4242", "1970"] {
                assert!(!text.contains(gone), "{gone}: {text}");
            }
        }
        assert_eq!((&span["name"], &span["status"]["message"]), (&json!("get ***"), &json!("no ***")));
        assert_eq!(attribute(&span, "card"), json!({"stringValue": "REDACTED"}));
        assert_eq!(attribute(&records[0], "kept"), json!({"intValue": "7"}));
        assert_eq!(records[1]["body"], json!({"stringValue": "a plain ***"}));
    }
}

pipeline_test! {
    async fn a_logger_goes_on_with_the_next_pipeline() {
        let (first, second) = (Receiver::default(), Receiver::default());
        let telemetry = first.builder().with_logs().install().unwrap();
        let logger = telemetry.logger_provider().logger("kept");
        let emit = |name| {
            let mut record = logger.create_log_record();
            record.set_event_name(name);
            logger.emit(record);
        };
        emit("one");
        let ended = telemetry.shutdown();
        emit("too late");
        let error = ended.await.unwrap_err();
        assert!(error.to_string().contains("1 of 2 spans and log records were not delivered"), "{error}");
        assert_eq!((first.logs().len(), telemetry.diagnostics().logs.unwrap().dropped.shutdown), (1, 1));

        let without = second.builder().install().unwrap();
        emit("nowhere");
        assert!(!logger.event_enabled(Severity::Info, "", None));
        assert_eq!(without.diagnostics().logs, None);
        without.shutdown().await.unwrap();
        let telemetry = second.builder().with_logs_path("/logs?key=1").install().unwrap();
        emit("two");
        assert_eq!(telemetry.shutdown().await.unwrap().delivered, 1);
        assert_eq!(second.logs()[0]["eventName"], "two");
        let wrong = second.builder().with_logs_endpoint("localhost").install().unwrap_err();
        assert!(wrong.to_string().contains("http://localhost:4318"), "{wrong}");
        second.builder().install().unwrap().shutdown().await.unwrap();
    }
}

pipeline_test! {
    async fn upstreams_provider_can_have_the_processor() {
        let receiver = Receiver::default();
        let processor = BatchLogProcessor::builder().with_transport(receiver.clone()).with_spool(None).build().unwrap();
        let provider = SdkLoggerProvider::builder().with_log_processor(processor.clone()).build();
        let clock = Telemetry::builder().with_transport(receiver.clone()).with_spool(None).install().unwrap();
        let logger = provider.logger("shop");
        global::tracer("shop").in_span("checkout", |_cx| {
            let mut record = logger.create_log_record();
            record.set_event_name("checked");
            (0..130).for_each(|number| record.add_attribute(format!("key {number}"), number));
            logger.emit(record);
        });
        assert_eq!(processor.flush().await.unwrap().delivered, 1);
        clock.shutdown().await.unwrap();
        let (span, record) = (receiver.spans().remove(0), receiver.logs().remove(0));
        assert_eq!((&record["traceId"], &record["spanId"]), (&span["traceId"], &span["spanId"]));
        assert_eq!((list(&record["attributes"]).len(), &record["droppedAttributesCount"]), (128, &json!(2)));
        // Upstream's clock has whole milliseconds, and begins one at another moment than the fine one.
        let time = nanos(&record["observedTimeUnixNano"]);
        let (start, end) = (nanos(&span["startTimeUnixNano"]), nanos(&span["endTimeUnixNano"]));
        assert!(start <= time + 1_000_000 && time <= end + 1_000_000, "{span} {record}");
        provider.shutdown().unwrap();
        assert_eq!(processor.shutdown().await.unwrap().delivered, 0);
        assert_eq!((processor.diagnostics().recorded, processor.diagnostics().exported), (1, 1));
    }
}

pipeline_test! {
    async fn a_pipeline_beside_another_has_loggers_of_its_own() {
        let (global, own) = (Receiver::default(), Receiver::default());
        let installed = global.builder().with_logs().install().unwrap();
        let beside = own.builder().with_logs().build().unwrap();
        log(&installed, "global");
        log(&beside, "own");
        beside.flush().await.unwrap();
        installed.flush().await.unwrap();
        assert_eq!((&global.logs()[0]["eventName"], &own.logs()[0]["eventName"]), (&json!("global"), &json!("own")));
        assert_eq!((global.logs().len(), own.logs().len()), (1, 1));
        let without = own.builder().build().unwrap();
        log(&without, "nowhere");
        assert_eq!(without.diagnostics().logs, None);
        for telemetry in [without, beside, installed] {
            telemetry.shutdown().await.unwrap();
        }
        assert_eq!((global.logs().len(), own.logs().len()), (1, 1));
    }
}
