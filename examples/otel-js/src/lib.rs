//! The Rust part of a page that has OpenTelemetry JS already: it joins the trace of the span that is active in JavaScript.
//!
//! Each side exports its own spans. The library's requests go by the `fetch` under the wrapper of OpenTelemetry JS, which therefore makes
//! no spans of them.

use opentelemetry::global;
use opentelemetry::trace::{FutureExt, Tracer};
use opentelemetry_browser::propagation::remote_parent;
use opentelemetry_browser::{AsyncTracer, Telemetry};
use wasm_bindgen::prelude::*;

/// Starts the pipeline of the Rust part.
#[wasm_bindgen]
pub fn start(endpoint: String) -> Result<(), JsError> {
    Telemetry::builder().with_service_name("rust-part").with_endpoint(endpoint).install()?;
    Ok(())
}

/// Work below the span whose `traceparent` this is. Without one it is a trace of its own.
#[wasm_bindgen]
pub async fn checkout(traceparent: Option<String>, items: u32) -> Result<u32, JsError> {
    let parent = traceparent.as_deref().map(remote_parent).transpose()?;
    let tracer = global::tracer("shop");
    let work = async { tracer.in_span_async("checkout", async |_cx| tracer.in_span("price", |_cx| items * 14)).await };
    Ok(work.with_context(parent.unwrap_or_default()).await)
}

/// Sends what waits.
#[wasm_bindgen]
pub async fn flush() -> Result<(), JsError> {
    if let Some(telemetry) = Telemetry::installed() {
        telemetry.flush().await?;
    }
    Ok(())
}
