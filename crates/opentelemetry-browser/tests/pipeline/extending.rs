//! A pipeline with parts of upstream's SDK in it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{Span as _, SpanId, TraceId, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::SessionConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::resource::ResourceDetector;
use opentelemetry_sdk::trace::{IdGenerator, Span, SpanData, SpanProcessor};
use serde_json::json;

use crate::{Receiver, pipeline_test};

/// Marks spans, and writes down what it is called for.
#[derive(Clone, Debug)]
struct Marking(&'static str, Arc<Mutex<Vec<String>>>);

impl Marking {
    fn note(&self, what: &str) {
        self.1.lock().unwrap().push(format!("{} {what}", self.0));
    }
}

impl SpanProcessor for Marking {
    fn on_start(&self, span: &mut Span, _: &Context) {
        span.set_attribute(KeyValue::new("mark", self.0));
    }
    fn on_end(&self, span: SpanData) {
        self.note(&span.name);
    }
    fn force_flush(&self) -> OTelSdkResult {
        self.note("flush");
        Ok(())
    }
    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.note("shutdown");
        Ok(())
    }
    fn set_resource(&mut self, resource: &Resource) {
        let name = resource.get(&"service.name".into()).unwrap();
        self.note(&name.to_string());
    }
}

#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl IdGenerator for Counting {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from(u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1))
    }
    fn new_span_id(&self) -> SpanId {
        SpanId::from(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

struct Detector;

impl ResourceDetector for Detector {
    fn detect(&self) -> Resource {
        let attributes = [KeyValue::new("app.shell", "kiosk"), KeyValue::new("service.name", "detected")];
        Resource::builder_empty().with_attributes(attributes).build()
    }
}

pipeline_test! {
    async fn processors_ids_and_detectors_are_the_users() {
        let (receiver, notes) = (Receiver::default(), Arc::default());
        let builder = receiver.builder().with_session(SessionConfig::default());
        let builder = builder.with_span_processor(Marking("first", Arc::clone(&notes)));
        let builder = builder.with_span_processor(Marking("second", Arc::clone(&notes)));
        let builder = builder.with_id_generator(Counting::default()).with_resource_detector(Detector);
        let telemetry = builder.install().unwrap();
        global::tracer("test").in_span("work", |_cx| {});
        assert_eq!(telemetry.flush().await.unwrap().delivered, 1);
        telemetry.provider().force_flush().unwrap();
        telemetry.shutdown().await.unwrap();
        let notes = notes.lock().unwrap().clone();
        assert_eq!(
            notes,
            [
                "first detected", "second detected", "first work", "second work", "first flush", "second flush",
                "first shutdown", "second shutdown"
            ]
        );
        let span = &receiver.spans()[0];
        assert_eq!((&span["spanId"], &span["traceId"]), (&json!("0000000000000001"), &json!(format!("{:032x}", 2))));
        let attributes = span["attributes"].as_array().unwrap();
        // The last that was set, before the exporting processor: it has it, too.
        assert!(attributes.contains(&json!({"key": "mark", "value": {"stringValue": "second"}})), "{span}");
        assert!(attributes.iter().any(|attribute| attribute["key"] == "session.id"), "{span}");
        let resource = &receiver.resources()[0]["resource"]["attributes"];
        let shell = json!({"key": "app.shell", "value": {"stringValue": "kiosk"}});
        assert!(resource.as_array().unwrap().contains(&shell), "{resource}");
    }
}
