//! The empty app with the library: one pipeline with the defaults, one span, one flush.

use opentelemetry::trace::Tracer;
use opentelemetry_browser::Telemetry;
use wasm_bindgen::prelude::wasm_bindgen;

/// Installs, records and flushes; errors are what an app would show.
#[wasm_bindgen]
pub async fn run() -> Option<String> {
    let telemetry = match Telemetry::builder().with_service_name("shop").install() {
        Ok(telemetry) => telemetry,
        Err(error) => return Some(error.to_string()),
    };
    opentelemetry::global::tracer("shop").in_span("checkout", |_cx| {});
    telemetry.flush().await.err().map(|error| error.to_string())
}
