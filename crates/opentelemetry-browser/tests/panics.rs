//! A panic with a hook that abandons what is open: nothing is lost, and nothing is poisoned.

#![cfg(not(target_arch = "wasm32"))]

use std::sync::{Arc, Mutex};

use opentelemetry::trace::{Span as _, SpanId, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_browser::{BoxFuture, Request, Response, Telemetry, Transport, TransportError};

#[derive(Clone, Debug, Default)]
struct Receiver(Arc<Mutex<Vec<Request>>>);

impl Transport for Receiver {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        self.0.lock().unwrap().push(request);
        Box::pin(std::future::ready(Ok(Response::new(200))))
    }
}

/// Natively a panic unwinds, which only makes more happen to spans that have ended; the page tests of the instrumentations abort.
#[test]
fn what_is_open_when_code_panics_is_ended_and_handed_over_once() {
    let receiver = Receiver::default();
    let telemetry = Telemetry::builder().with_transport(receiver.clone()).install().unwrap();
    let tracer = global::tracer("test");
    tracer.start("queued").end();
    let mut elsewhere = tracer.start("of another task");

    let before = std::panic::take_hook();
    let hooked = telemetry.clone();
    std::panic::set_hook(Box::new(move |info| {
        assert_eq!(hooked.abandon("panic", &info.to_string()), 3);
    }));
    let panicked = std::panic::catch_unwind(|| {
        let tracer = global::tracer("test");
        tracer.in_span("outer", |_cx| tracer.in_span("inner", |_cx| panic!("no such user")))
    });
    std::panic::set_hook(before);
    assert!(panicked.is_err());

    // They went out in the hook, without a turn of the event loop.
    let sent = receiver.0.lock().unwrap().clone();
    assert!(sent.iter().all(|request| request.keepalive), "the instance may be dead from here on");
    let text: String = sent.iter().map(|request| String::from_utf8_lossy(&request.body)).collect();
    for name in ["queued", "of another task", "outer", "inner"] {
        assert_eq!(text.matches(&format!("\"name\":\"{name}\"")).count(), 1, "{text}");
    }
    assert_eq!(text.matches("no such user").count(), 3, "the status says what happened");
    assert_eq!(text.matches("error.type").count(), 3);

    assert!(!Context::current().span().span_context().is_valid(), "nobody is below a dead span");
    assert!(!elsewhere.is_recording());
    elsewhere.end();
    let next = tracer.start("next");
    assert_ne!(next.span_context().span_id(), SpanId::INVALID);
    drop(next);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(telemetry.shutdown()).unwrap();
    let all: String =
        receiver.0.lock().unwrap().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    assert_eq!(all.matches("\"spanId\":").count(), 5, "{all}");
    assert_eq!(all.matches("parentSpanId").count(), 1, "the next is a root: {all}");
}
