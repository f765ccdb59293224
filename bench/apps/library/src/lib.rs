//! The empty app with the library: one pipeline with the defaults and what its features are for, spans, a flush.

use std::cell::RefCell;

use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::Telemetry;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static TELEMETRY: RefCell<Option<Telemetry>> = const { RefCell::new(None) };
}

/// A processor of upstream's trait that does nothing.
#[cfg(feature = "sdk")]
#[derive(Debug)]
struct Nothing;

#[cfg(feature = "sdk")]
impl opentelemetry_sdk::trace::SpanProcessor for Nothing {
    fn on_start(&self, _span: &mut opentelemetry_sdk::trace::Span, _cx: &Context) {}
    fn on_end(&self, _span: opentelemetry_sdk::trace::SpanData) {}
    fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
    fn shutdown_with_timeout(&self, _timeout: std::time::Duration) -> opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}

/// Installs the pipeline; an error is what an app would show.
#[wasm_bindgen]
pub fn install(endpoint: &str) -> Result<(), String> {
    let builder = Telemetry::builder().with_service_name("shop").with_endpoint(endpoint);
    #[cfg(feature = "redaction")]
    let builder = builder.with_redaction(opentelemetry_browser::redaction::redact_urls());
    #[cfg(feature = "sdk")]
    let builder = builder.with_span_processor(Nothing);
    #[cfg(feature = "sessions")]
    let builder = builder.with_session(opentelemetry_browser::SessionConfig::default());
    #[cfg(feature = "logs")]
    let builder = builder.with_logs();
    #[cfg(feature = "worker")]
    let builder = builder.with_transport(opentelemetry_browser::WorkerTransport::new());
    #[cfg(any(feature = "compression", feature = "sync-gzip"))]
    let builder = builder.with_compression(opentelemetry_browser::Compression::Gzip);
    #[cfg(feature = "panic")]
    std::panic::set_hook(Box::new(|info| {
        if let Some(telemetry) = Telemetry::installed() {
            telemetry.abandon("panic", &info.to_string());
        }
    }));
    let telemetry = builder.install().map_err(|error| error.to_string())?;
    #[cfg(feature = "instrument")]
    opentelemetry_browser_instrumentation::Instrumentations::recommended().install(&telemetry);
    TELEMETRY.set(Some(telemetry));
    Ok(())
}

fn set_user(cx: &Context) {
    cx.span().set_attributes([KeyValue::new("user.id", 100), KeyValue::new("user.found", true)]);
}

/// One record in each tree.
#[cfg(feature = "logs")]
fn log() {
    use opentelemetry::logs::{LogRecord, Logger, LoggerProvider, Severity};

    let Some(telemetry) = TELEMETRY.with_borrow(Clone::clone) else { return };
    let logger = telemetry.logger_provider().logger("shop");
    let mut record = logger.create_log_record();
    record.set_event_name("user.lookup");
    record.set_severity_number(Severity::Info);
    record.set_body("a user was looked up".into());
    record.add_attribute("user.id", 100);
    logger.emit(record);
}

/// Makes this many trees of four spans.
#[wasm_bindgen]
pub fn record(trees: u32) {
    let tracer = global::tracer("shop");
    for _ in 0..trees {
        tracer.in_span("GetUser", |cx| {
            for name in ["GetInfo", "GetDetail", "GetScores"] {
                tracer.in_span(name, |cx| set_user(&cx));
            }
            set_user(&cx);
            #[cfg(feature = "logs")]
            log();
        });
    }
}

/// Resolves when all of it is delivered.
#[wasm_bindgen]
pub async fn flush() -> Result<(), String> {
    let Some(telemetry) = TELEMETRY.with_borrow(Clone::clone) else { return Ok(()) };
    telemetry.flush().await.map(drop).map_err(|error| error.to_string())
}
