//! Answers as a browser gives them, from a `fetch` that a test makes.

use js_sys::Function;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

/// The outcome of a request by a `fetch` that gives the value of this expression.
async fn outcome(answer: &str) -> Result<FetchResponse, FetchFailure> {
    let fetch = Function::new_no_args(&format!("return Promise.resolve({answer});"));
    let request = FetchRequest {
        url: "http://localhost:4318/v1/traces",
        headers: &[],
        body: b"{}",
        keepalive: false,
        timeout: Duration::from_secs(10),
    };
    let mut exchange = Fetcher(Some(fetch)).start(&request);
    (&mut exchange.outcome).await.expect("an outcome")
}

/// A response whose body breaks off.
fn broken(status: u16) -> String {
    format!(
        "new Response(new ReadableStream({{ pull(stream) {{
            if (this.started) stream.error(new TypeError('network error'));
            else {{ this.started = true; stream.enqueue(new TextEncoder().encode('half')); }} }} }}), {{ status: {status} }})"
    )
}

#[wasm_bindgen_test]
async fn a_success_stays_one_when_its_body_breaks_off() {
    let response = outcome(&broken(200)).await.expect("the spans have arrived");
    assert_eq!((response.status, response.body.as_str()), (200, "half"));
}

#[wasm_bindgen_test]
async fn what_another_status_has_to_say_may_be_cut_short_by_a_network_error() {
    assert!(matches!(outcome(&broken(503)).await, Err(FetchFailure::Network(_))));
}

#[wasm_bindgen_test]
async fn a_body_is_read_to_its_end() {
    let response = outcome("new Response('all of it', { status: 400, headers: { 'retry-after': '7' } })").await;
    let response = response.expect("an answer");
    assert_eq!((response.status, response.body.as_str()), (400, "all of it"));
    assert_eq!(response.retry_after.as_deref(), Some("7"));
}
