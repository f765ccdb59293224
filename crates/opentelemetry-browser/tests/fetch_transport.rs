//! `FetchTransport` in a real browser: with its promises, its streams and its abort signals, but with answers of the test's choice.

#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_browser::{FetchTransport, Response, Telemetry, Transport, TransportError};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod transport;

use transport::{evaluate, request};

wasm_bindgen_test_configure!(run_in_browser);

async fn resolved(script: &str) -> JsValue {
    JsFuture::from(evaluate(script).unchecked_into::<js_sys::Promise>()).await.expect("the promise is fulfilled")
}

fn is_true(script: &str) -> bool {
    evaluate(script) == JsValue::TRUE
}

/// A transport whose requests are answered by the body of a function of `url` and `init`.
fn answering(script: &str) -> FetchTransport {
    evaluate(
        "globalThis.original ??= globalThis.fetch;
         globalThis.captured ??= (url, init) => {
             globalThis.calls = (globalThis.calls ?? 0) + 1;
             globalThis.seen = { url, init };
             return globalThis.answer(url, init);
         };
         globalThis.fetch = globalThis.captured;
         globalThis.calls = 0;",
    );
    evaluate(&format!("globalThis.answer = async (url, init) => {{ {script} }}"));
    FetchTransport::new()
}

async fn answer(script: &str) -> Result<Response, TransportError> {
    answering(script).send(request()).await
}

#[test]
async fn a_request_is_what_it_is_said_to_be() {
    let transport = answering("return new Response('{}', { status: 202 })");
    for keepalive in [false, true] {
        let response = transport.send(request().with_keepalive(keepalive)).await.expect("an answer");
        assert_eq!(response, Response::new(202).with_body("{}"));
        // As the browser would send it.
        evaluate("globalThis.sent = new Request(seen.url, seen.init)");
        assert!(is_true("return sent.method === 'POST' && sent.url === 'https://collector.example/v1/traces'"));
        assert!(is_true("return sent.credentials === 'omit'"), "cookies are no concern of telemetry");
        assert!(is_true("return sent.headers.get('content-type') === 'application/json'"));
        assert_eq!(evaluate("return sent.keepalive"), JsValue::from_bool(keepalive));
        assert_eq!(resolved("return sent.text()").await.as_string().as_deref(), Some("{\"resourceSpans\":[]}"));
    }
}

#[test]
async fn a_request_starts_when_it_is_made() {
    let transport = answering("return new Response()");
    let sending = transport.send(request());
    assert!(is_true("return calls === 1"), "while a page is left there is no later");
    assert_eq!(sending.await.expect("an answer").body, "");
}

#[test]
async fn a_request_is_aborted_when_its_time_is_up() {
    let transport = answering(
        "return new Promise((_, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason)))",
    );
    let limit = Duration::from_millis(50);
    let error = transport.send(request().with_timeout(limit)).await.expect_err("nobody answers");
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error, TransportError::timeout(limit));
    assert!(is_true("return seen.init.signal.aborted"));

    // The status decides, also if the body does not come to its end.
    let transport = answering(
        "return new Response(new ReadableStream({
             start(controller) { init.signal.addEventListener('abort', () => controller.error(init.signal.reason)) },
         }), { status: 503 })",
    );
    let response = transport.send(request().with_timeout(limit)).await.expect("an answer");
    assert_eq!(response.status, 503);
}

#[test]
async fn an_answer_that_does_not_end_is_one_all_the_same() {
    for (status, exported) in [(200, 1), (400, 0)] {
        let transport = answering(&format!(
            "const body = new ReadableStream({{ start(stream) {{ stream.enqueue(new TextEncoder().encode('half')) }} }});
             return new Response(body, {{ status: {status} }})"
        ));
        let builder = Telemetry::builder().with_transport(transport).with_spool(None).with_console_warnings(false);
        let telemetry = builder.with_timeout(Duration::from_secs(1)).build().expect("a pipeline");
        telemetry.provider().tracer("endless").in_span("work", |_cx| {});
        let flushed = telemetry.flush().await;
        assert_eq!(flushed.is_ok(), status == 200, "{flushed:?}");
        let seen = telemetry.diagnostics();
        assert_eq!((seen.exported, seen.dropped.refused, seen.queued), (exported, 1 - exported, 0), "{status}");
        assert!(is_true("return calls === 1"), "what was taken in, or refused, is not sent again");
        assert!(is_true("return seen.init.signal.aborted"), "nobody reads on");
    }
}

#[test]
async fn a_request_that_is_given_up_is_aborted() {
    let transport = answering("return new Promise(() => {})");
    drop(transport.send(request()));
    assert!(is_true("return seen.init.signal.aborted"));
}

#[test]
async fn no_more_is_read_of_an_answer_than_the_specification_has() {
    const LIMIT: usize = 4 * 1024 * 1024;
    // The browser's own way of reading: a stream of a real fetch.
    let response = answer(
        "const body = new Blob(['é'.repeat(3 * 1024 * 1024)]);
         return original.call(globalThis, URL.createObjectURL(body), { signal: init.signal })",
    );
    let response = response.await.expect("an answer");
    assert_eq!((response.status, response.body.len()), (200, LIMIT));
    assert!(response.body.starts_with("éé") && response.body.ends_with('é'));

    // An answer without end is not received to its end.
    let response = answer(
        "globalThis.chunks = 0;
         return new Response(new ReadableStream({
             pull(controller) { chunks++; controller.enqueue(new Uint8Array(1024 * 1024).fill(120)) },
             cancel() { globalThis.cancelled = true },
         }))",
    );
    assert_eq!(response.await.expect("an answer").body.len(), LIMIT);
    assert!(is_true("return cancelled && chunks < 10"));
}

#[test]
async fn the_pause_that_a_receiver_asks_for_is_read() {
    let response = answer("return new Response('', { status: 503, headers: { 'Retry-After': '120' } })").await;
    let response = response.expect("an answer");
    assert_eq!((response.status, response.retry_after.as_deref()), (503, Some("120")));
}

#[test]
async fn a_failure_is_told_in_the_engines_words() {
    for script in ["throw new TypeError('Failed to fetch')", "return Promise.reject(new TypeError('Failed to fetch'))"]
    {
        let error = answer(script).await.expect_err("it failed");
        assert!(!error.is_timeout());
        assert_eq!(error.to_string(), "Failed to fetch");
    }
    let cut_off = async |status: u16| {
        let stream = "new ReadableStream({ start(c) { c.error(new TypeError('cut off')) } })";
        answer(&format!("return new Response({stream}, {{ status: {status} }})")).await
    };
    // The status has said all: sent again, what was taken in would be doubled, and what was refused refused again.
    for status in [200, 400, 503] {
        assert_eq!(cut_off(status).await.map(|response| response.status), Ok(status));
    }
    // What is no response at all is no panic either.
    assert!(answer("return 42").await.is_err());
}

#[test]
async fn what_is_patched_into_fetch_later_never_sees_a_request() {
    let transport = answering("return new Response()");
    evaluate("globalThis.fetch = () => { globalThis.patched = true; throw new Error('a patch') }");
    assert_eq!(transport.send(request()).await.expect("an answer").status, 200);
    assert_eq!(transport.clone().send(request()).await.expect("an answer").status, 200);
    assert!(is_true("return calls === 2 && globalThis.patched === undefined"));
}
