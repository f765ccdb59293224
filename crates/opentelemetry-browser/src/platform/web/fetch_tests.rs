//! Answers as a browser gives them, from a `fetch` that a test makes.

use js_sys::{Function, Reflect};
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

/// The outcome of a request by a `fetch` that gives the value of this expression.
async fn outcome(answer: &str) -> Result<FetchResponse, FetchFailure> {
    start(answer, Duration::from_secs(10)).await.expect("an outcome")
}

fn start(answer: &str, timeout: Duration) -> Exchange {
    let fetch = Function::new_no_args(&format!("return Promise.resolve({answer});"));
    let request =
        FetchRequest { url: "http://localhost:4318/v1/traces", headers: &[], body: b"{}", keepalive: false, timeout };
    Fetcher(Some(fetch)).start(&request)
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
async fn the_status_decides_when_a_body_breaks_off() {
    for status in [200, 400, 503] {
        let response = outcome(&broken(status)).await.expect("an answer");
        assert_eq!((response.status, response.body.as_str()), (status, "half"));
    }
}

#[wasm_bindgen_test]
async fn an_answer_that_came_in_while_the_page_did_not_run_is_no_time_out() {
    let answer = "new Promise((resolve) => setTimeout(resolve, 300, new Response('taken')))";
    let request = start(answer, Duration::from_millis(100));
    // As a dialog, or a long task, does it.
    let block = Function::new_no_args("const end = performance.now() + 1000; while (performance.now() < end);");
    block.call0(&JsValue::UNDEFINED).expect("it runs");
    let response = request.await.expect("an outcome").expect("an answer");
    assert_eq!((response.status, response.body.as_str()), (200, "taken"));
}

#[wasm_bindgen_test]
fn what_instrumentations_have_put_around_fetch_is_looked_through() {
    let wrapped = Function::new_no_args(
        "const wrap = (inner, name) => Object.assign(() => inner(), { [name]: inner });
         const native = Object.assign(() => {}, { isNative: true });
         return wrap(wrap(wrap(native, '__zone_symbol__OriginalDelegate'), '__sentry_original__'), '__original');",
    );
    let wrapped: Function = wrapped.call0(&JsValue::UNDEFINED).expect("a function").unchecked_into();
    assert!(Reflect::get(&unwrapped(wrapped), &"isNative".into()).is_ok_and(|is_native| is_native.is_truthy()));
    let own = Function::new_no_args("const f = () => {}; f.__original = f; return f;");
    let own: Function = own.call0(&JsValue::UNDEFINED).expect("a function").unchecked_into();
    assert!(unwrapped(own.clone()) == own, "a wrapper of itself ends somewhere");
}

#[wasm_bindgen_test]
async fn a_body_is_read_to_its_end() {
    let response = outcome("new Response('all of it', { status: 400, headers: { 'retry-after': '7' } })").await;
    let response = response.expect("an answer");
    assert_eq!((response.status, response.body.as_str()), (400, "all of it"));
    assert_eq!(response.retry_after.as_deref(), Some("7"));
}

#[wasm_bindgen_test]
async fn a_page_may_have_another_promise_than_its_browser() {
    let run = |script: &str| Function::new_no_args(script).call0(&JsValue::UNDEFINED).expect("it runs");
    // As Zone.js does it: what the browser gives is no instance of it.
    run("globalThis.own = Promise; globalThis.Promise = class extends Promise {}");
    let fetch = Function::new_no_args("return own.resolve(new Response('taken'))");
    let native = Fetcher(Some(fetch)).fetch("http://localhost:4318/", &Object::new()).map(JsFuture::from);
    let native = native.expect("a promise").await;
    run("Promise = own");
    assert!(native.is_ok());
}
