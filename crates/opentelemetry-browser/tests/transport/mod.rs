//! What the tests of transports have in common.

use opentelemetry_browser::Request;
use wasm_bindgen::JsValue;

/// Runs the body of a function in the page.
pub fn evaluate(script: &str) -> JsValue {
    js_sys::Function::new_no_args(script).call0(&JsValue::NULL).expect("no exception")
}

/// A request as the exporter makes them.
pub fn request() -> Request {
    Request::new("https://collector.example/v1/traces", b"{\"resourceSpans\":[]}".to_vec())
        .with_header("content-type", "application/json")
}
