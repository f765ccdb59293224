//! The Rust that documents show, compiled with the names that a reader takes for granted. Nothing of it is run.

pub mod blocks;

#[allow(dead_code, unused, clippy::all)]
mod snippets {
    use opentelemetry::baggage::BaggageExt;
    use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
    use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
    use opentelemetry::{Context, KeyValue, global};
    use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
    use opentelemetry_browser::tracing::fine_times;
    use opentelemetry_browser::{AsyncTracer, ExceptionSignal, Telemetry};
    use opentelemetry_browser_instrumentation::{Http, Instrumentations, traced};
    use serde_json::{Map, Value};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    use wasm_bindgen::JsError;
    use wasm_bindgen::prelude::wasm_bindgen;
    use web_sys::Request;

    /// What `?` makes of any error.
    struct Failure;

    impl<E: std::fmt::Debug> From<E> for Failure {
        fn from(_: E) -> Self {
            Self
        }
    }

    fn get_info(_id: u64) -> Map<String, Value> {
        Map::new()
    }

    fn get_detail(_id: u64) -> Map<String, Value> {
        Map::new()
    }

    fn get_scores(_id: u64) -> Map<String, Value> {
        Map::new()
    }

    async fn work() {}

    include!(concat!(env!("OUT_DIR"), "/snippets.rs"));
}
