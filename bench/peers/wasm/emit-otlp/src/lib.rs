//! emit in a browser: its span macros with their ambient context, and its OTLP emitter.

mod pipeline;
mod trees;

use std::{cell::RefCell, rc::Rc};

use pipeline::Pipeline;
use wasm_bindgen::prelude::*;

thread_local! {
    static PIPELINE: RefCell<Option<Rc<Pipeline>>> = const { RefCell::new(None) };
}

fn pipeline() -> Result<Rc<Pipeline>, JsError> {
    PIPELINE.with_borrow(Clone::clone).ok_or_else(|| JsError::new("not started"))
}

#[wasm_bindgen]
pub fn start(endpoint: &str, sampled: bool, gzip: bool) {
    PIPELINE.set(Some(Rc::new(Pipeline::install(endpoint, sampled, gzip))));
}

#[wasm_bindgen]
pub fn record(trees: u32) -> Result<(), JsError> {
    trees::record(pipeline()?.runtime(), trees);
    Ok(())
}

#[wasm_bindgen]
pub async fn flush() -> Result<(), JsError> {
    if pipeline()?.flush().await { Ok(()) } else { Err(JsError::new("spans were not delivered")) }
}

#[wasm_bindgen]
pub async fn stop() {
    if let Some(pipeline) = PIPELINE.take() {
        pipeline.flush().await;
    }
}
