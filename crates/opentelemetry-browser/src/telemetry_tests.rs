use std::sync::Mutex;

use opentelemetry::trace::{Span as _, TraceContextExt, Tracer as _};
use opentelemetry::{Context, global};

use super::*;
use crate::transport::{BoxFuture, Request, Response, Transport, TransportError};

/// Takes everything in, and remembers the names.
#[derive(Clone, Debug, Default)]
struct Receiver(Arc<Mutex<Vec<String>>>);

impl Receiver {
    fn names(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("a lock"))
    }
}

impl Transport for Receiver {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let json: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
        let groups = json["resourceSpans"][0]["scopeSpans"].as_array().expect("scopes");
        let spans = groups.iter().flat_map(|group| group["spans"].as_array().expect("spans"));
        let names = spans.map(|span| span["name"].as_str().expect("a name").to_owned());
        self.0.lock().expect("a lock").extend(names);
        Box::pin(std::future::ready(Ok(Response { status: 200, ..Response::default() })))
    }
}

fn install(receiver: &Receiver) -> Result<Telemetry, InstallError> {
    Telemetry::builder().with_service_name("test").with_transport(receiver.clone()).with_spool(None).install()
}

/// Installs, ends and installs again. One story, since what is installed is installed for all of the process.
async fn installing_again_and_again() {
    let wrong = Telemetry::builder().with_endpoint("localhost").install().expect_err("no URL");
    assert!(!wrong.is_already_installed() && wrong.to_string().contains("http://localhost:4318"), "{wrong}");

    let before = global::tracer("made before");
    let receivers = [Receiver::default(), Receiver::default(), Receiver::default()];
    let first = install(&receivers[0]).expect("nothing is installed");
    let kept = global::tracer("kept");
    drop(before);
    kept.start("one").end();
    assert_eq!(first.flush().await.expect("delivered").delivered, 1);
    assert_eq!(receivers[0].names(), ["one"]);

    let again = install(&receivers[1]).expect_err("one is installed");
    assert!(again.is_already_installed() && again.to_string().contains("shut it down"), "{again}");
    kept.start("two").end();
    drop(first.clone());
    assert_eq!(first.flush().await.expect("dropping a handle changes nothing").delivered, 1);
    assert_eq!(receivers[0].names(), ["two"]);

    // A span that is open across the end of its pipeline is lost and counted, and its children go on.
    let open = Context::new().with_span(kept.start("open"));
    let started = crate::Clock::new();
    let started = started.current().at(started.reading());
    kept.start("three").end();
    let ended = first.shutdown();
    kept.start("too late").end();
    let second = install(&receivers[1]).expect("the first has begun to end");
    kept.start_with_context("child of open", &open).end();
    kept.start("four").end();
    let error = ended.await.expect_err("one span came too late");
    assert_eq!((error.report().delivered, error.report().dropped), (1, 1));
    open.span().end();
    let books = first.diagnostics();
    assert_eq!((books.recorded, books.exported, books.dropped.shutdown), (5, 3, 2), "{books:?}");
    assert_eq!(receivers[0].names(), ["three"]);
    second.flush().await.expect("delivered");
    assert_eq!(receivers[1].names(), ["child of open", "four"]);
    let clock = crate::Clock::new();
    assert!(clock.current().at(clock.reading()) >= started, "both have one clock");

    // Nobody has to wait for a shutdown, and nothing of it is lost then.
    kept.start("five").end();
    drop(second.shutdown());
    let third = install(&receivers[2]).expect("the second has begun to end");
    kept.start("six").end();
    third.provider().force_flush().expect("it only starts");
    third.flush().await.expect("delivered");
    assert_eq!((receivers[1].names(), receivers[2].names()), (vec!["five".to_owned()], vec!["six".to_owned()]));

    third.shutdown().await.expect("nothing is left");
    kept.start("never").end();
    let books = third.diagnostics();
    assert_eq!((books.recorded, books.exported, books.dropped.shutdown), (2, 1, 1), "{books:?}");
    third.shutdown().await.expect("a second time, there is nothing to do");
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn a_pipeline_can_follow_another() {
    crate::platform::block_on(installing_again_and_again());
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
async fn a_pipeline_can_follow_another() {
    installing_again_and_again().await;
}
