//! Sessions of whole pipelines on the virtual clock: what is told of them, and what is recorded of which.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use serde_json::Value;

use super::*;
use crate::platform::lifecycle::raise;
use crate::platform::{PageEvent, advance};
use crate::testing::receiver::{Receiver, status};
use crate::{Telemetry, TelemetryBuilder};

const MINUTE: Duration = Duration::from_secs(60);

/// A page with spans and logs.
struct Page {
    telemetry: Telemetry,
    receiver: Receiver,
}

impl Page {
    fn open(config: SessionConfig) -> Self {
        Self::with(Telemetry::builder().with_session(config))
    }

    fn with(builder: TelemetryBuilder) -> Self {
        let receiver = Receiver::new(status(200));
        let builder = builder.with_logs().with_transport(receiver.clone()).with_spool(None);
        Self { telemetry: builder.build().expect("a pipeline"), receiver }
    }

    fn span(&self, name: &'static str) {
        self.telemetry.provider().tracer("test").start_with_context(name, &Context::new());
    }

    fn log(&self, name: &'static str) {
        let logger = self.telemetry.logger_provider().logger("test");
        let mut record = logger.create_log_record();
        record.set_event_name(name);
        logger.emit(record);
    }

    /// What has been sent: names, with `session.id`, `session.previous_id` and the time in milliseconds since this page's beginning.
    fn told(&self) -> Vec<Told> {
        advance(Duration::from_secs(6));
        let bodies: Vec<Value> =
            self.receiver.sent().iter().map(|sent| serde_json::from_slice(&sent.request.body).unwrap()).collect();
        let items = |resources: &str, scopes: &str, items: &str| -> Vec<Value> {
            let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
            let resources = bodies.iter().flat_map(|body| list(body, resources));
            let scopes = resources.flat_map(|all| list(&all, scopes)).collect::<Vec<_>>();
            scopes.iter().flat_map(|scope| list(scope, items)).collect()
        };
        let (spans, logs) =
            (items("resourceSpans", "scopeSpans", "spans"), items("resourceLogs", "scopeLogs", "logRecords"));
        spans.iter().chain(&logs).map(Told::of).collect()
    }

    fn events(&self) -> Vec<(String, String, Option<String>)> {
        let told = self.told().into_iter().filter(|told| told.name.starts_with("session."));
        told.map(|told| (told.name, told.id.expect("a session"), told.previous)).collect()
    }
}

#[derive(Debug)]
struct Told {
    name: String,
    id: Option<String>,
    previous: Option<String>,
    seconds: u64,
    is_of_trace: bool,
}

impl Told {
    fn of(item: &Value) -> Self {
        let attribute = |key: &str| {
            let found = item["attributes"].as_array()?.iter().find(|attribute| attribute["key"] == key)?;
            found["value"]["stringValue"].as_str().map(str::to_owned)
        };
        let time = item["timeUnixNano"].as_str().or(item["startTimeUnixNano"].as_str()).unwrap();
        Self {
            name: item["name"].as_str().or(item["eventName"].as_str()).unwrap().to_owned(),
            id: attribute("session.id"),
            previous: attribute("session.previous_id"),
            seconds: time.parse::<u64>().unwrap() / 1_000_000_000,
            is_of_trace: item["traceId"].as_str().is_some_and(|id| !id.is_empty()),
        }
    }
}

fn clear() {
    [Area::Origin, Area::Tab].into_iter().for_each(|area| key_value::set(area, KEY, "").then_some(()).unwrap());
}

#[test]
fn a_session_begins_with_the_first_span_and_ends_when_nothing_happens() {
    clear();
    let page = Page::open(SessionConfig::default());
    assert!(page.told().is_empty(), "nothing has happened in it");
    page.span("first");
    let first = page.telemetry.session_id().unwrap();
    let told = page.told();
    assert_eq!(told.iter().map(|told| told.name.as_str()).collect::<Vec<_>>(), ["first", "session.start"]);
    assert!(told.iter().all(|told| told.id.as_deref() == Some(&first) && told.previous.is_none()));
    assert!(!told[1].is_of_trace);

    // Asked for the last time some six seconds ago.
    advance(MINUTE * 31);
    let ended = ("session.end".to_owned(), first.clone(), None);
    let started = ("session.start".to_owned(), first.clone(), None);
    assert_eq!(page.events(), [started.clone(), ended.clone()], "a page that is open tells of the end then");
    advance(MINUTE * 60);
    page.log("back");
    let second = page.telemetry.session_id().unwrap();
    let again = ("session.start".to_owned(), second.clone(), Some(first.clone()));
    assert_eq!(page.events(), [started, ended, again], "each is told once");
    let told = page.told();
    let back = told.iter().find(|told| told.name == "back").unwrap();
    assert_eq!((back.id.as_deref(), back.previous.as_deref()), (Some(&*second), Some(&*first)));
    let of = |name: &str| told.iter().find(|told| told.name == name).unwrap().seconds;
    assert_eq!(of("session.end") - of("first"), 30 * 60, "its time is when it was over");
}

#[test]
fn of_two_tabs_one_tells() {
    clear();
    let (one, other) = (Page::open(SessionConfig::default()), Page::open(SessionConfig::default()));
    one.span("first");
    other.span("second");
    let id = one.telemetry.session_id().unwrap();
    assert_eq!((one.events().len(), other.events().len()), (1, 0));
    // One tab keeps it alive for the other, which is hidden.
    raise(PageEvent::Hidden);
    for _ in 0..3 {
        advance(MINUTE * 20);
        other.log("alive");
    }
    assert_eq!((one.events().len(), other.events().len()), (1, 0));
    advance(MINUTE * 40);
    let ends = |page: &Page| page.events().into_iter().filter(|(name, ..)| name == "session.end").count();
    assert_eq!(ends(&one) + ends(&other), 1);
    raise(PageEvent::Visible);
    other.log("back");
    one.log("back");
    assert_eq!(one.telemetry.session_id(), other.telemetry.session_id());
    let starts: Vec<_> = [&one, &other].iter().flat_map(|page| page.events()).filter(|told| told.2.is_some()).collect();
    assert_eq!(starts.len(), 1);
    assert_eq!(starts[0].2.as_deref(), Some(&*id));
}

#[test]
fn the_next_page_goes_on_or_tells_of_the_end() {
    clear();
    let page = Page::open(SessionConfig::default());
    page.span("first");
    let first = page.telemetry.session_id().unwrap();
    advance(MINUTE);
    drop(page.telemetry.shutdown());
    let next = Page::open(SessionConfig::default());
    next.span("second");
    assert_eq!(next.events(), []);
    drop(next.telemetry.shutdown());
    // Nobody is there when it ends.
    advance(MINUTE * 600);
    assert_eq!(page.events().len() + next.events().len(), 1);
    let last = Page::open(SessionConfig::default());
    last.span("third");
    let second = last.telemetry.session_id().unwrap();
    let [end, start] = [("session.end", &first, None), ("session.start", &second, Some(first.clone()))]
        .map(|(name, id, previous)| (name.to_owned(), id.clone(), previous));
    assert_eq!(last.events(), [end, start]);
}

#[test]
fn in_memory_nothing_is_kept() {
    clear();
    let page = Page::open(SessionConfig::default().with_scope(SessionScope::Memory));
    page.span("first");
    assert_eq!(page.telemetry.session_id(), page.told()[0].id);
    assert!([Area::Origin, Area::Tab].iter().all(|area| key_value::get(*area, KEY).as_deref() == Some("")));
    let other = Page::open(SessionConfig::default().with_scope(SessionScope::Memory));
    assert_ne!(page.telemetry.session_id(), other.telemetry.session_id());
}

/// A context of a trace that begins elsewhere.
fn remote(is_sampled: bool) -> Context {
    let flags = TraceFlags::default().with_sampled(is_sampled);
    let context = SpanContext::new(TraceId::from(7), SpanId::from(7), flags, true, TraceState::default());
    Context::new().with_remote_span_context(context)
}

#[test]
fn a_session_is_sampled_whole_or_not_at_all() {
    let mut kinds = [0, 0];
    for _ in 0..200 {
        clear();
        let config = SessionConfig::default().with_sample_ratio(0.25);
        let page = Page::open(config);
        for _ in 0..3 {
            page.span("root");
            page.log("log");
        }
        // The parent's decision, whatever the session's is.
        let tracer = page.telemetry.provider().tracer("test");
        drop(tracer.start_with_context("child of one that is not", &remote(false)));
        drop(tracer.start_with_context("child of one that is", &remote(true)));
        let guard = remote(true).attach();
        page.log("log of a trace");
        drop(guard);
        let other = Page::open(config);
        other.span("root");

        let names = |page: &Page| page.told().into_iter().map(|told| told.name).collect::<Vec<_>>();
        let told = names(&page);
        let count = |name: &str| told.iter().filter(|told| *told == name).count();
        let is_recorded = count("root") > 0;
        kinds[usize::from(is_recorded)] += 1;
        let all = if is_recorded { 3 } else { 0 };
        assert_eq!([count("root"), count("log"), count("session.start")], [all, all, usize::from(is_recorded)]);
        assert_eq!([count("child of one that is not"), count("child of one that is")], [0, 1]);
        assert_eq!(count("log of a trace"), 1);
        assert_eq!(names(&other).len(), usize::from(is_recorded), "a session's other tab decides alike");
    }
    assert!((20..=90).contains(&kinds[1]), "a quarter of 200: {kinds:?}");
}

#[test]
fn the_ends_of_the_ratio_are_all_and_none() {
    for (ratio, expected) in [(1.0, 1), (2.0, 1), (0.0, 0), (-1.0, 0), (f64::NAN, 0)] {
        clear();
        let page = Page::open(SessionConfig::default().with_sample_ratio(ratio));
        page.span("root");
        assert_eq!(page.told().iter().filter(|told| told.name == "root").count(), expected, "{ratio}");
    }
}

#[test]
fn a_session_that_is_recorded_leaves_the_rest_to_the_sampler() {
    use opentelemetry_sdk::trace::Sampler;
    clear();
    let config = SessionConfig::default().with_sample_ratio(0.999_999_9);
    let page = Page::with(Telemetry::builder().with_session(config).with_sampler(Sampler::AlwaysOff));
    page.span("root");
    page.log("log");
    let names: Vec<_> = page.told().into_iter().map(|told| told.name).collect();
    assert_eq!(names, ["session.start", "log"]);
}

#[test]
fn spans_and_records_tell_of_their_page() {
    use crate::platform::document;
    clear();
    let page = Page::with(Telemetry::builder().with_document_url());
    document::set_url(Some("https://shop.example/cart?sig=secret"));
    page.span("span");
    document::set_url(Some("https://shop.example/paid"));
    page.log("log");
    advance(Duration::from_secs(6));
    let bodies = page.receiver.sent();
    let text = |path: &str| {
        let sent = bodies.iter().find(|sent| sent.request.url.ends_with(path)).unwrap();
        String::from_utf8(sent.request.body.to_vec()).unwrap()
    };
    let expected = |url: &str| format!(r#"{{"key":"browser.document.url.full","value":{{"stringValue":"{url}"}}}}"#);
    assert!(text("/v1/traces").contains(&expected("https://shop.example/cart?sig=REDACTED")), "{}", text("/v1/traces"));
    assert!(text("/v1/logs").contains(&expected("https://shop.example/paid")), "{}", text("/v1/logs"));
    document::set_url(None);
}
