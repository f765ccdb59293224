//! The whole use in one page: install, trace clicks and requests across `.await`, hand the trace to the server, look at it.
//!
//! `cargo build --example shop --target wasm32-unknown-unknown`, then `wasm-bindgen --target web` on the result; or put the
//! two functions into any app.

use opentelemetry::trace::{FutureExt, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::propagation::{headers_of, page_parent};
use opentelemetry_browser::redaction::redact_urls;
use opentelemetry_browser::{SessionConfig, Telemetry, spawn_in_context, spawn_in_current_context};
use opentelemetry_sdk::trace::Sampler;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::builder()
        .with_service_name("shop")
        .with_service_version(env!("CARGO_PKG_VERSION"))
        .with_endpoint("http://localhost:4318")
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.5))))
        .with_redaction(redact_urls().keep_query_keys(["page"]))
        .with_session(SessionConfig::default())
        .install()?;

    // What happens while the page loads belongs to the trace of the server that rendered it.
    let loading = page_parent().unwrap_or_else(|error| error.into_usable()).unwrap_or_default();
    let tracer = global::tracer("shop");
    let cx = loading.with_span(tracer.start_with_context("load the cart", &loading));
    spawn_in_context(cx.clone(), async move {
        let items = fetch_items().with_context(cx.clone()).await;
        cx.span().set_attribute(KeyValue::new("cart.items", items));
        cx.span().end();
    });

    // A handler, of a click for example: what it starts, now or after an .await, is a part of its span.
    tracer.in_span("checkout", |_cx| {
        spawn_in_current_context(async {
            fetch_items().await;
        });
    });

    spawn_in_current_context(async move {
        if let Err(error) = telemetry.flush().await {
            eprintln!("{error}; {:?}", telemetry.diagnostics());
        }
    });
    Ok(())
}

/// A request to the app's own server, which goes on with the trace.
async fn fetch_items() -> i64 {
    let cx = Context::current_with_span(global::tracer("shop").start("GET /cart"));
    // For any HTTP client; for web_sys::Request there is inject_request_with.
    if let Err(error) = headers_of(&cx) {
        cx.span().set_status(Status::error(error.to_string()));
    }
    cx.span().end();
    3
}
