//! A Dioxus app whose clicks are traces: a span for the work of the click, one for its request, and the server goes on with them.
//!
//! What is to be known: an async event handler is a task of its own, which Dioxus polls. A span by `in_span_async` is active around
//! each poll, and ends with its future, also when the component goes and its tasks with it.

use dioxus::prelude::*;
use example_shop::{cart, flush, trace_id};
use opentelemetry::{Context, global};
use opentelemetry_browser::{AsyncTracer, Telemetry};
use wasm_bindgen::prelude::*;

/// Installs telemetry before Dioxus takes over the page.
#[wasm_bindgen]
pub fn start(endpoint: String) -> Result<(), JsError> {
    Telemetry::builder().with_service_name("dioxus").with_endpoint(endpoint).install()?;
    dioxus::launch(shop);
    Ok(())
}

fn shop() -> Element {
    let mut trace = use_signal(String::new);
    let mut answer = use_signal(String::new);
    let checkout = move |_| async move {
        let work = async |cx: Context| {
            trace.set(trace_id(&cx));
            cart().await.unwrap_or_else(|error| error)
        };
        answer.set(global::tracer("shop").in_span_async("checkout", work).await);
    };
    rsx! {
        button { id: "checkout", onclick: checkout, "Check out" }
        button { id: "flush", onclick: |_| flush(), "Flush" }
        p { id: "trace", "{trace}" }
        p { id: "answer", "{answer}" }
    }
}
