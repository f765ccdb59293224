//! An app that knows the `tracing` macros only: its spans are exported with fine times, and OpenTelemetry stands in `start` alone.

use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_browser::{Telemetry, tracing::fine_times};
use tracing::{Instrument, info, info_span, instrument, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};
use wasm_bindgen::prelude::*;

/// Telemetry first, then the subscriber with the tracer of this provider: by that, the layer sees through to its clock.
#[wasm_bindgen]
pub fn start(endpoint: String) -> Result<(), JsError> {
    let telemetry = Telemetry::builder().with_service_name("tracing-macros").with_endpoint(endpoint).install()?;
    let layer = tracing_opentelemetry::layer()
        .with_tracer(telemetry.provider().tracer("shop"))
        // Attributes that cost bytes and say nothing in a page.
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    // Targets and levels weigh next to nothing; EnvFilter would bring regular expressions.
    let filter = Targets::new().with_default(LevelFilter::INFO).with_target("chatty", LevelFilter::WARN);
    tracing_subscriber::registry().with(fine_times(layer).with_filter(filter)).try_init()?;
    Ok(())
}

/// What the page is told.
#[wasm_bindgen(getter_with_clone)]
pub struct Receipt {
    #[wasm_bindgen(js_name = traceId)]
    pub trace_id: String,
    pub total: u32,
}

/// A click's work: each function its span, across every `.await`.
#[wasm_bindgen]
pub async fn checkout(items: u32) -> Receipt {
    // Signed: of an unsigned number, the layer makes a text.
    let span = info_span!("checkout", cart.items = i64::from(items));
    async move {
        let cx = tracing::Span::current().context();
        let total = price(items) + shipping(items).await;
        info!(total, "checked out");
        Receipt { trace_id: cx.span().span_context().trace_id().to_string(), total }
    }
    .instrument(span)
    .await
}

#[instrument]
fn price(items: u32) -> u32 {
    info_span!(target: "chatty", "each item").in_scope(|| items * 10)
}

#[instrument]
async fn shipping(items: u32) -> u32 {
    if items < 5 {
        warn!("a small parcel");
    }
    wait().await;
    4
}

/// Until the event loop comes round.
async fn wait() {
    let mut is_first = true;
    std::future::poll_fn(|cx| {
        if std::mem::take(&mut is_first) {
            cx.waker().wake_by_ref();
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(())
    })
    .await;
}

/// Sends what waits.
#[wasm_bindgen]
pub async fn flush() -> Result<(), JsError> {
    if let Some(telemetry) = Telemetry::installed() {
        telemetry.flush().await?;
    }
    Ok(())
}
