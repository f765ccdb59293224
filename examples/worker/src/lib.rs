//! A page and its worker in one trace. Each has a pipeline of its own; what joins them are the headers of a context, in a message.

use opentelemetry::trace::{FutureExt, SpanKind, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::propagation::{headers_of, remote_parent};
use opentelemetry_browser::{AsyncTracer, Telemetry};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

/// Starts a pipeline, in the page as `shop`, in the worker as `shop-worker`.
#[wasm_bindgen]
pub fn start(service: String, endpoint: String) -> Result<(), JsError> {
    Telemetry::builder().with_service_name(service).with_endpoint(endpoint).install()?;
    Ok(())
}

/// The page's part: a span from the click to the worker's answer.
///
/// `ask` is given the headers of the span's context as an object, and gives a Promise of the worker's answer.
#[wasm_bindgen]
pub async fn checkout(ask: js_sys::Function) -> Result<JsValue, JsValue> {
    let tracer = global::tracer("shop");
    tracer
        .in_span_async("checkout", async |cx: Context| {
            let message = js_sys::Object::new();
            for (name, value) in headers_of(&cx).unwrap_or_else(|error| error.into_usable()) {
                js_sys::Reflect::set(&message, &name.into(), &value.into())?;
            }
            let answer: js_sys::Promise = ask.call1(&JsValue::UNDEFINED, &message)?.dyn_into()?;
            let total = wasm_bindgen_futures::JsFuture::from(answer).await?;
            cx.span().set_attribute(KeyValue::new("cart.total", total.as_f64().unwrap_or_default()));
            Ok(cx.span().span_context().trace_id().to_string().into())
        })
        .await
}

/// The worker's part: its spans are children of the page's.
///
/// # Errors
/// If `traceparent` is malformed. An app may rather begin a trace of its own then.
#[wasm_bindgen]
pub async fn work(traceparent: String, items: u32) -> Result<u32, JsError> {
    let parent = remote_parent(&traceparent)?;
    let total = async {
        let tracer = global::tracer("shop-worker");
        let span = tracer.span_builder("price").with_kind(SpanKind::Internal).start(&tracer);
        let total = opentelemetry_browser::instrument(span, async { tracer.in_span("add up", |_cx| items * 14) }).await;
        // A worker is not told that it ends: what it has recorded leaves with the answer.
        if let Some(telemetry) = Telemetry::installed() {
            let _ = telemetry.flush().await;
        }
        total
    };
    Ok(total.with_context(parent).await)
}

/// Sends what waits.
#[wasm_bindgen]
pub async fn flush() -> Result<(), JsError> {
    if let Some(telemetry) = Telemetry::installed() {
        telemetry.flush().await?;
    }
    Ok(())
}
