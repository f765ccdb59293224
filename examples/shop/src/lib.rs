//! What the apps of all frameworks do: a traced request, and a flush. No framework is in it.

use gloo_net::http::Request;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::propagation::headers_of;
use opentelemetry_browser::{Telemetry, instrument};

/// A file on the page's own server.
const CART: &str = "www/cart.json";

/// The cart, by a request in a CLIENT span: the server goes on with the trace by the headers.
///
/// # Errors
/// What gloo-net says. The span has it too.
pub async fn cart() -> Result<String, String> {
    let tracer = global::tracer("shop");
    let attributes = [KeyValue::new("http.request.method", "GET"), KeyValue::new("url.template", CART)];
    let span = tracer.span_builder("GET").with_kind(SpanKind::Client).with_attributes(attributes).start(&tracer);
    instrument(span, async {
        let cx = Context::current();
        let mut request = Request::get(CART);
        for (name, value) in headers_of(&cx).unwrap_or_else(|error| error.into_usable()) {
            request = request.header(&name, &value);
        }
        let answer = async {
            let response = request.send().await?;
            cx.span().set_attribute(KeyValue::new("http.response.status_code", i64::from(response.status())));
            response.text().await
        };
        answer.await.map_err(|error: gloo_net::Error| {
            cx.span().set_status(Status::error(error.to_string()));
            error.to_string()
        })
    })
    .await
}

/// Sends what waits, from anywhere in the app: the handle of the pipeline need not be passed around.
pub async fn flush() {
    if let Some(telemetry) = Telemetry::installed() {
        let _ = telemetry.flush().await;
    }
}

/// The id of a context's trace.
pub fn trace_id(cx: &Context) -> String {
    cx.span().span_context().trace_id().to_string()
}
