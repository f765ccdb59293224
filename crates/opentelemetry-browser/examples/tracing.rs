//! Spans of the `tracing` macros, with sub-millisecond times, next to those of the OpenTelemetry API.
//!
//! `cargo build --example tracing --features tracing --target wasm32-unknown-unknown`

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_browser::tracing::fine_times;
use opentelemetry_browser::{Telemetry, spawn_in_current_context};
use tracing::{Instrument, info, info_span, instrument};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::builder().with_service_name("shop").install()?;
    // The tracer of this provider, not of opentelemetry::global: the layer sees through to its clock.
    let layer = tracing_opentelemetry::layer().with_tracer(telemetry.provider().tracer("shop"));
    // In wasm, threads have no names, and source locations cost bytes.
    let layer = layer.with_threads(false).with_location(false);
    tracing_subscriber::registry().with(fine_times(layer)).try_init()?;

    info_span!("startup").in_scope(|| {
        info!("ready");
        discount(42);
    });
    // `Instrument` enters the span around each poll: it keeps to its task, as opentelemetry's FutureExt does.
    let work = async { info!(items = 3, "loaded") }.instrument(info_span!("load the cart"));
    spawn_in_current_context(async move {
        work.await;
        match telemetry.flush().await {
            Ok(report) => println!("{} spans were delivered", report.delivered),
            Err(error) => eprintln!("{error}"),
        }
    });
    Ok(())
}

#[instrument]
fn discount(percent: u64) -> Duration {
    Duration::from_micros(percent)
}
