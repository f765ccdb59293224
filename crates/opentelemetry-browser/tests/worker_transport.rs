//! `WorkerTransport` with real workers, in which `fetch` gives answers of the test's choice.

#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use opentelemetry::trace::{Span, Tracer};
use opentelemetry::{KeyValue, global};
use opentelemetry_browser::{
    BatchConfig, Compression, Request, Response, Telemetry, Transport, TransportError, WorkerTransport,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test as test, wasm_bindgen_test_configure};

mod transport;

use transport::{evaluate, request};

wasm_bindgen_test_configure!(run_in_browser);

/// The page's own `fetch` answers that it was the page's; workers are what they are.
fn in_the_page() {
    evaluate(
        "globalThis.RealWorker ??= Worker;
         globalThis.Worker = RealWorker;
         globalThis.fetch = async (url, init) => {
             globalThis.seen = init;
             return new Response('the page', { status: 202 });
         };",
    );
}

/// A transport in whose worker requests are answered by the body of a function of `url` and `init`, after `before` has run there.
fn transport(before: &str, script: &str) -> WorkerTransport {
    in_the_page();
    evaluate(&format!(
        "globalThis.started = 0;
         globalThis.Worker = class extends RealWorker {{
             constructor(url) {{
                 const request = new XMLHttpRequest();
                 request.open('GET', url, false);
                 request.send();
                 const before = {before:?} + ';const original = fetch; self.fetch = async (url, init) => {{' + {script:?} + '}};';
                 super(URL.createObjectURL(new Blob([before, request.responseText])));
                 globalThis.started++;
                 // Here, for what the test runner has made of Worker gives an object of another class.
                 const end = this.terminate;
                 this.terminate = () => {{
                     globalThis.started--;
                     end.call(this);
                 }};
             }}
         }};"
    ));
    WorkerTransport::new()
}

fn answering(script: &str) -> WorkerTransport {
    transport("", script)
}

async fn answer(script: &str) -> Result<Response, TransportError> {
    answering(script).send(request()).await
}

async fn body(transport: &WorkerTransport, request: Request) -> String {
    transport.send(request).await.expect("an answer").body
}

#[test]
async fn a_request_is_what_it_is_said_to_be() {
    let transport = answering(
        "const sent = new Request(url, init);
         const words = [sent.method, sent.url, sent.credentials, sent.redirect, sent.keepalive, ...sent.headers.values()];
         return new Response([...words, await sent.text()].join(' '), { status: 201 })",
    );
    let expected = "POST https://collector.example/v1/traces omit manual false application/json {\"resourceSpans\":[]}";
    for _ in 0..2 {
        let response = transport.send(request()).await.expect("an answer");
        assert_eq!(response, Response::new(201).with_body(expected));
    }
    assert_eq!(evaluate("return started"), 1, "one worker for all requests");
    assert_eq!(request().body.len(), 20, "the body that was handed over is a copy");
}

#[test]
async fn the_worker_of_a_transport_starts_with_its_first_request_and_ends_with_it() {
    let transport = answering("return new Response(String(self.count = (self.count ?? 0) + 1))");
    assert_eq!(evaluate("return started"), 0);
    drop(transport.clone());
    let twin = transport.clone();
    assert_eq!(body(&transport, request()).await, "1");
    assert_eq!(body(&twin, request()).await, "2");
    drop(transport);
    assert_eq!(evaluate("return started"), 1, "its twin has it, too");
    drop(twin);
    assert_eq!(evaluate("return started"), 0);
    let another = WorkerTransport::new();
    assert_eq!(body(&another, request()).await, "1", "a worker of its own");
}

#[test]
async fn many_at_a_time_get_their_own_answers() {
    let transport = answering(
        "await new Promise((done) => setTimeout(done, Math.random() * 20));
         return new Response(await new Response(init.body).text())",
    );
    let requests = (0..20).map(|number: usize| Request::new(request().url, number.to_string()));
    let sending: Vec<_> = requests.map(|request| transport.send(request)).collect();
    for (number, answer) in sending.into_iter().enumerate() {
        assert_eq!(answer.await.expect("an answer").body, number.to_string());
    }
}

#[test]
async fn the_worker_compresses_if_it_is_told_to() {
    let script = "const encoding = init.headers['content-encoding'];
         const stream = new Response(init.body).body;
         const plain = encoding === 'gzip' ? stream.pipeThrough(new DecompressionStream('gzip')) : stream;
         return new Response(encoding + ' ' + await new Response(plain).text())";
    let transport = answering(script);
    assert_eq!(body(&transport, request()).await, "undefined {\"resourceSpans\":[]}");
    let transport = answering(script).with_compression(Compression::Gzip);
    assert_eq!(body(&transport, request()).await, "gzip {\"resourceSpans\":[]}");
    // What is compressed already is left alone.
    let compressed = request().with_header("Content-Encoding", "br");
    assert_eq!(body(&transport, compressed).await, "undefined {\"resourceSpans\":[]}");
    // Where the worker has no such thing, it goes as it is.
    let transport = self::transport("delete self.CompressionStream", script).with_compression(Compression::Gzip);
    assert_eq!(body(&transport, request()).await, "undefined {\"resourceSpans\":[]}");
}

#[test]
async fn what_outlives_the_page_is_sent_by_the_page() {
    let transport = answering("return new Response('the worker')");
    assert_eq!(body(&transport, request().with_keepalive(true)).await, "the page");
    assert_eq!(evaluate("return seen.keepalive"), JsValue::TRUE);
    assert_eq!(body(&transport, request()).await, "the worker");
}

#[test]
async fn a_request_is_aborted_when_its_time_is_up() {
    let limit = Duration::from_millis(50);
    let transport = answering(
        "return new Promise((_, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason)))",
    );
    let error = transport.send(request().with_timeout(limit)).await.expect_err("nobody answers");
    assert_eq!(error, TransportError::timeout(limit));
}

#[test]
async fn an_answer_that_does_not_end_is_one_all_the_same() {
    for status in [200, 400] {
        let transport = answering(&format!(
            "if (self.first) return new Response(String(self.first.aborted));
             self.first = init.signal;
             return new Response(new ReadableStream(), {{ status: {status} }})"
        ));
        let response = transport.send(request().with_timeout(Duration::from_secs(1))).await;
        assert_eq!(response.map(|response| response.status), Ok(status));
        assert_eq!(body(&transport, request()).await, "true", "nobody reads on");
    }
}

#[test]
async fn a_request_that_is_given_up_is_aborted() {
    let transport = answering(
        "if (self.first) return new Response(String(self.first.aborted));
         self.first = init.signal;
         return new Promise(() => {})",
    );
    drop(transport.send(request()));
    assert_eq!(body(&transport, request()).await, "true");
}

#[test]
async fn answers_and_failures_are_those_of_the_workers_fetch() {
    let busy = answer("return new Response('busy', { status: 503, headers: { 'Retry-After': '120' } })").await;
    assert_eq!(busy, Ok(Response::new(503).with_body("busy").with_retry_after("120")));
    let error = answer("throw new TypeError('Failed to fetch')").await.expect_err("it failed");
    assert_eq!(error, TransportError::network("Failed to fetch"));
    let cut_off = async |status: u16| {
        let stream = "new ReadableStream({ start(c) { c.error(new TypeError('cut off')) } })";
        answer(&format!("return new Response({stream}, {{ status: {status} }})")).await
    };
    for status in [200, 400, 503] {
        assert_eq!(cut_off(status).await.map(|response| response.status), Ok(status));
    }
    for script in ["return 42", "throw null", "throw { name: 5 }"] {
        assert!(answer(script).await.is_err(), "{script}");
    }
    assert_eq!(answer("return new Response(null, { status: 204 })").await.map(|response| response.status), Ok(204));
}

#[test]
async fn no_more_is_read_of_an_answer_than_the_specification_has() {
    const LIMIT: usize = 4 * 1024 * 1024;
    let endless = answer(
        "return new Response(new ReadableStream({
             pull(controller) { controller.enqueue(new Uint8Array(1000 * 1000).fill(120)) },
         }))",
    );
    assert_eq!(endless.await.expect("an answer").body.len(), LIMIT);
}

#[test]
async fn without_workers_requests_are_sent_by_the_page() {
    for script in [
        "delete globalThis.Worker",
        "globalThis.Worker = class { constructor() { throw new DOMException('not allowed', 'SecurityError') } }",
        "globalThis.Worker = class { postMessage() { throw new Error('not now') } terminate() {} }",
        // As it is where a Content Security Policy forbids the script: the error comes later.
        "globalThis.Worker = class extends RealWorker { constructor() { super('blob:null/none') } }",
    ] {
        in_the_page();
        evaluate(script);
        let transport = WorkerTransport::new();
        for _ in 0..2 {
            let response = transport.send(request()).await.expect("an answer");
            assert_eq!((response.status, response.body.as_str()), (202, "the page"), "{script}");
        }
    }
}

#[test]
async fn a_worker_that_dies_takes_no_request_with_it() {
    evaluate("globalThis.errors = 0; globalThis.addEventListener('error', () => globalThis.errors++)");
    let transport = answering(
        "setTimeout(() => { throw new Error('the end') });
         return new Promise(() => {})",
    );
    let (first, second) = (transport.send(request()), transport.send(request()));
    for answer in [first, second, transport.send(request())] {
        assert_eq!(answer.await.expect("an answer").body, "the page");
    }
    assert_eq!(body(&transport, request()).await, "the page", "nor later ones");
    assert_eq!(evaluate("return errors"), 0, "the page's own handlers do not hear of it");
}

#[test]
async fn a_worker_that_keeps_silent_does_not_hold_a_request_for_ever() {
    let transport = transport("self.postMessage = () => {}", "return new Response('the worker')");
    let limit = Duration::from_millis(1);
    let error = transport.send(request().with_timeout(limit)).await.expect_err("it says nothing");
    assert_eq!(error, TransportError::timeout(limit));
    assert_eq!(body(&transport, request()).await, "the page");
}

#[test]
async fn a_pipeline_gives_it_full_batches_and_keeps_what_can_outlive_the_page() {
    let transport = answering("return new Response()");
    evaluate("delete globalThis.seen");
    let mut batch = BatchConfig::default();
    batch.max_export_batch_size = 200;
    let builder = Telemetry::builder().with_endpoint("https://collector.example").with_batch(batch).with_spool(None);
    let telemetry = builder.with_transport(transport).install().expect("a pipeline");
    let record = |spans: usize| {
        let text = "x".repeat(300);
        for _ in 0..spans {
            let mut span = global::tracer("test").start("burst");
            span.set_attribute(KeyValue::new("text", text.clone()));
            span.end();
        }
    };
    record(400);
    assert_eq!(telemetry.flush().await.expect("delivery").delivered, 400);
    if evaluate("return 'fetchLater' in globalThis") == JsValue::TRUE {
        assert_eq!(evaluate("return globalThis.seen"), JsValue::UNDEFINED, "both batches were the worker's");
    } else {
        // Where nothing takes over what is cut off at the end, no request is too long to outlive the page.
        assert_eq!(evaluate("return seen.keepalive"), JsValue::TRUE);
    }
    record(1);
    assert_eq!(telemetry.flush().await.expect("delivery").delivered, 1);
    assert_eq!(evaluate("return seen.keepalive"), JsValue::TRUE, "this one outlives the page");
    telemetry.shutdown().await.expect("an end");
}
