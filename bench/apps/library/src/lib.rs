//! The empty app with the library: one pipeline with the defaults and what its features are for, spans, a flush.

use std::cell::RefCell;

use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
#[cfg(feature = "sync-gzip")]
use opentelemetry_browser::Compression;
use opentelemetry_browser::Telemetry;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static TELEMETRY: RefCell<Option<Telemetry>> = const { RefCell::new(None) };
}

/// Installs the pipeline; an error is what an app would show.
#[wasm_bindgen]
pub fn install(endpoint: &str) -> Result<(), String> {
    let builder = Telemetry::builder().with_service_name("shop").with_endpoint(endpoint);
    #[cfg(feature = "sync-gzip")]
    let builder = builder.with_compression(Compression::Gzip);
    TELEMETRY.set(Some(builder.install().map_err(|error| error.to_string())?));
    Ok(())
}

fn set_user(cx: &Context) {
    cx.span().set_attributes([KeyValue::new("user.id", 100), KeyValue::new("user.found", true)]);
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
        });
    }
}

/// Resolves when all of it is delivered.
#[wasm_bindgen]
pub async fn flush() -> Result<(), String> {
    let Some(telemetry) = TELEMETRY.with_borrow(Clone::clone) else { return Ok(()) };
    telemetry.flush().await.map(drop).map_err(|error| error.to_string())
}
