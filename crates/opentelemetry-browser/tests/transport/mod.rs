//! What the tests of transports have in common.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_browser::Request;
use wasm_bindgen::JsValue;

/// Runs the body of a function in the page.
pub fn evaluate(script: &str) -> JsValue {
    js_sys::Function::new_no_args(script).call0(&JsValue::NULL).expect("no exception")
}

/// A request as the exporter makes them.
pub fn request() -> Request {
    Request {
        url: "https://collector.example/v1/traces".into(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())].into(),
        body: Arc::new(b"{\"resourceSpans\":[]}".to_vec()),
        keepalive: false,
        timeout: Duration::from_secs(10),
    }
}
