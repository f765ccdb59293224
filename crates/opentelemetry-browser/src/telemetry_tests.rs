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
        let groups = json["resourceSpans"][0]["scopeSpans"].as_array().cloned().unwrap_or_default();
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

/// What callbacks saw, as text.
#[cfg(feature = "logs")]
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

#[cfg(feature = "logs")]
impl Seen {
    fn add(&self, text: String) {
        self.0.lock().expect("a lock").push(text);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("a lock"))
    }
}

/// Callbacks see records in the page: before they are sent, outside of every lock, and not what they record themselves.
#[cfg(feature = "logs")]
async fn callbacks_see_records(sends_logs: bool) {
    use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::{Sampler, SpanData};

    #[derive(Clone, Debug)]
    struct NamedOnly;
    impl opentelemetry_sdk::trace::ShouldSample for NamedOnly {
        fn should_sample(
            &self,
            parent: Option<&Context>,
            trace_id: opentelemetry::TraceId,
            name: &str,
            kind: &opentelemetry::trace::SpanKind,
            attributes: &[opentelemetry::KeyValue],
            links: &[opentelemetry::trace::Link],
        ) -> opentelemetry_sdk::trace::SamplingResult {
            let sampler = if name == "unsampled" { Sampler::AlwaysOff } else { Sampler::AlwaysOn };
            sampler.should_sample(parent, trace_id, name, kind, attributes, links)
        }
    }

    let (seen, again) = (Seen::default(), Seen::default());
    let (of_spans, of_logs, second) = (seen.clone(), seen.clone(), again.clone());
    let open: Arc<Mutex<Option<Context>>> = Arc::default();
    let (touched, tracer) = (open.clone(), Arc::new(Mutex::new(None::<crate::Tracer>)));
    let own = tracer.clone();
    let receiver = Receiver::default();
    let builder = Telemetry::builder()
        .with_transport(receiver.clone())
        .with_spool(None)
        .with_sampler(NamedOnly)
        .with_span_callback(move |span: &SpanData| {
            // Its lock is free: this would wait for ever otherwise.
            if let Some(cx) = &*touched.lock().expect("a lock") {
                cx.span().set_attribute(opentelemetry::KeyValue::new("seen", true));
            }
            if let Some(own) = &*own.lock().expect("a lock") {
                own.start("of the callback").end();
            }
            of_spans.add(span.name.to_string());
        })
        .with_span_callback(move |span: &SpanData| second.add(span.name.to_string()))
        .with_log_callback(move |record| {
            let name = record.event_name.as_deref().unwrap_or_default();
            of_logs.add(format!("{name} {}", record.timestamp.is_some()));
        });
    let builder = if sends_logs { builder.with_logs_endpoint("http://localhost:4318/v1/other") } else { builder };
    let telemetry = builder.build().expect("the settings are right");
    let ours = telemetry.provider().tracer("test");
    *tracer.lock().expect("a lock") = Some(ours.clone());
    let cx = Context::new().with_span(ours.start("one"));
    *open.lock().expect("a lock") = Some(cx.clone());
    cx.span().end();
    ours.start("unsampled").end();
    let logger = telemetry.logger_provider().logger("test");
    assert!(logger.event_enabled(opentelemetry::logs::Severity::Info, "", None));
    let mut record = logger.create_log_record();
    record.set_event_name("event");
    logger.emit(record);
    assert_eq!(seen.take(), [""; 0], "nobody is called while code runs that records");
    telemetry.flush().await.expect("delivered");
    assert_eq!(seen.take(), ["one", "event true"]);
    assert_eq!(again.take(), ["one"]);
    assert_eq!(telemetry.diagnostics().recorded, 1, "what the callback records is suppressed");
    assert_eq!(telemetry.diagnostics().logs.map(|logs| logs.exported), sends_logs.then_some(1));

    // The last ones of a burst are seen.
    (0..5_000).for_each(|number| ours.start(number.to_string()).end());
    telemetry.flush().await.expect("delivered");
    let burst = again.take();
    assert_eq!((burst.len(), burst[0].as_str(), burst[1_023].as_str()), (1_024, "3976", "4999"));
    telemetry.shutdown().await.expect("ended");
}

#[cfg(all(feature = "logs", not(target_arch = "wasm32")))]
#[test]
fn callbacks_see_records_before_they_are_sent() {
    for sends_logs in [false, true] {
        crate::platform::block_on(callbacks_see_records(sends_logs));
    }
}

#[cfg(all(feature = "logs", target_arch = "wasm32"))]
#[wasm_bindgen_test::wasm_bindgen_test]
async fn callbacks_see_records_before_they_are_sent_in_a_browser() {
    for sends_logs in [false, true] {
        callbacks_see_records(sends_logs).await;
    }
}
