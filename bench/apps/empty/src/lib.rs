//! An app that does nothing, asynchronously: what every wasm-bindgen app weighs.

use wasm_bindgen::prelude::wasm_bindgen;

/// Does nothing.
#[wasm_bindgen]
pub async fn run() {}
