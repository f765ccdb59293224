//! The library as one of the compared: the same work by the same calls as the other Rust ones.

use std::cell::RefCell;
use std::time::Duration;

use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_browser::{BatchConfig, Compression, Telemetry, WorkerTransport};
use opentelemetry_sdk::trace::Sampler;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static TELEMETRY: RefCell<Option<Telemetry>> = const { RefCell::new(None) };
}

/// No timer of the pipeline fires within a measurement.
const NEVER: Duration = Duration::from_secs(3600);

/// Installs the pipeline.
#[wasm_bindgen]
pub fn start(
    endpoint: &str,
    sampled: bool,
    max_queue: usize,
    max_batch: usize,
    gzip: bool,
    worker: bool,
) -> Result<(), String> {
    let mut batch = BatchConfig::default();
    batch.max_queue_size = max_queue;
    // Others bound the number only.
    batch.max_queue_bytes = usize::MAX;
    batch.max_export_batch_size = max_batch;
    batch.scheduled_delay = NEVER;
    let root = if sampled { Sampler::AlwaysOn } else { Sampler::AlwaysOff };
    let compression = if gzip { Compression::Gzip } else { Compression::None };
    let builder = Telemetry::builder()
        .with_service_name("bench")
        .with_endpoint(endpoint)
        .with_sampler(Sampler::ParentBased(Box::new(root)))
        .with_batch(batch);
    let builder = if worker {
        builder.with_transport(WorkerTransport::new().with_compression(compression))
    } else {
        builder.with_compression(compression)
    };
    let telemetry = builder.install().map_err(|error| error.to_string())?;
    TELEMETRY.set(Some(telemetry));
    Ok(())
}

fn set_user(cx: &Context) {
    cx.span().set_attributes([KeyValue::new("user.id", 100), KeyValue::new("user.found", true)]);
}

/// Makes this many trees of four spans.
#[wasm_bindgen]
pub fn record(trees: u32) {
    let tracer = global::tracer("bench");
    for _ in 0..trees {
        tracer.in_span("GetUser", |cx| {
            for name in ["GetInfo", "GetDetail", "GetScores"] {
                tracer.in_span(name, |cx| set_user(&cx));
            }
            set_user(&cx);
        });
    }
}

fn installed() -> Result<Telemetry, String> {
    TELEMETRY.with_borrow(Clone::clone).ok_or_else(|| "not started".to_owned())
}

/// Resolves when all of it is delivered.
#[wasm_bindgen]
pub async fn flush() -> Result<(), String> {
    installed()?.flush().await.map(drop).map_err(|error| error.to_string())
}

/// Ends the pipeline.
#[wasm_bindgen]
pub async fn stop() -> Result<(), String> {
    let telemetry = TELEMETRY.take().ok_or_else(|| "not started".to_owned())?;
    telemetry.shutdown().await.map(drop).map_err(|error| error.to_string())
}
