//! The pipeline in a shared worker.

#![cfg(target_arch = "wasm32")]

#[path = "realm/mod.rs"]
mod realm;
#[path = "realm/web.rs"]
mod web;

use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_shared_worker);

#[test]
fn this_is_one() {
    assert_eq!(realm::evaluate("return self instanceof SharedWorkerGlobalScope"), true);
}
