//! opentelemetry-rust in a browser: its SDK's batch processor, its OTLP exporter, and `in_span` on the global tracer.

mod client;
mod exporter;
mod pipeline;
mod runtime;
mod trees;

use std::cell::RefCell;

use pipeline::Pipeline;
use wasm_bindgen::prelude::*;

thread_local! {
    static PIPELINE: RefCell<Option<Pipeline>> = const { RefCell::new(None) };
}

#[wasm_bindgen]
pub fn start(
    endpoint: &str,
    sampled: bool,
    max_queue_size: usize,
    max_batch_size: usize,
    gzip: bool,
) -> Result<(), JsError> {
    let pipeline = Pipeline::install(endpoint, sampled, max_queue_size, max_batch_size, gzip)?;
    PIPELINE.set(Some(pipeline));
    Ok(())
}

#[wasm_bindgen]
pub fn record(trees: u32) {
    trees::record(trees);
}

#[wasm_bindgen]
pub async fn flush() -> Result<(), JsError> {
    // The borrow ends before the wait: a record may come in between.
    let flush = PIPELINE.with_borrow(|pipeline| pipeline.as_ref().map(Pipeline::flush));
    match flush {
        Some(flush) => flush.await.map_err(|error| JsError::new(&error)),
        None => Err(JsError::new("not started")),
    }
}

#[wasm_bindgen]
pub async fn stop() {
    if let Some(pipeline) = PIPELINE.take() {
        pipeline.uninstall().await;
    }
}
