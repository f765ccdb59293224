//! Logs beside spans on the virtual clock, with a scripted receiver: what both share, and what neither does to the other.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{AnyValue, LogRecord as _};
use opentelemetry_sdk::trace::SpanProcessor as _;

use super::emitter::Emitter;
use super::record::{Limits, LogRecord};
use crate::clock::Clock;
use crate::delivery::driver::{Driver, Sink};
use crate::encode::logs::LOGS;
use crate::exporter::{SpanExporterBuilder, with_path};
use crate::platform::lifecycle::raise;
use crate::platform::storage::contents;
use crate::platform::{PageEvent, advance, block_on, console, crash, fetch_later, run_until_stalled};
use crate::processor::{BatchConfig, batching};
use crate::spool::SpoolConfig;
use crate::testing::receiver::{Answer, Receiver, status};
use crate::testing::span;
use crate::transport::retry::RetryPolicy;
use crate::transport::unload::MAX_BYTES;
use crate::{BatchSpanProcessor, Diagnostics, SpanExporter};

const SECOND: Duration = Duration::from_secs(1);

/// A page with both signals.
struct Page {
    spans: BatchSpanProcessor,
    logs: Emitter,
}

impl Page {
    fn open(receiver: &Receiver, spool: Option<SpoolConfig>) -> Self {
        let settings = SpanExporter::builder().with_transport(receiver.clone()).with_retry(RetryPolicy::none());
        Self::with(settings, spool)
    }

    fn with(settings: SpanExporterBuilder, spool: Option<SpoolConfig>) -> Self {
        let spans =
            BatchSpanProcessor::builder(settings.clone().build().expect("an exporter")).with_spool(spool).build();
        let pipe = settings.pipe(LOGS, with_path("http://localhost:4318", "/v1/logs")).expect("a pipe");
        let sink = Sink::Ours(Arc::new(pipe));
        let driver = Driver::start(sink, batching(BatchConfig::default()), spool, Some(spans.driver()));
        spans.counters().join_logs(driver.counters());
        let logs = Emitter {
            driver: Some(driver),
            observer: None,
            clock: Clock::new(),
            limits: Limits::default(),
            at_emit: None,
        };
        advance(Duration::from_millis(10));
        Self { spans, logs }
    }

    fn logs_driver(&self) -> &Arc<Driver> {
        self.logs.driver.as_ref().expect("logs are sent")
    }

    fn log(&self, name: &'static str, bytes: usize) {
        let mut record = LogRecord::new(InstrumentationScope::builder("test").build(), Limits::default());
        record.set_event_name(name);
        record.set_body("x".repeat(bytes).into());
        self.logs.emit(record);
    }

    fn span(&self, name: &str, bytes: usize) {
        let mut span = span(name);
        span.attributes = vec![opentelemetry::KeyValue::new("blob", "x".repeat(bytes))];
        self.spans.on_end(span);
    }

    /// The counts of logs, checked: every record is in one place, of either signal.
    fn checked(&self) -> Diagnostics {
        let spans = self.spans.diagnostics();
        let logs = *spans.logs.clone().expect("there are logs");
        for (counts, driver) in [(&spans, self.spans.driver()), (&logs, self.logs_driver())] {
            assert_eq!(counts.queued, driver.held(), "{counts:?}");
            let placed = counts.exported + counts.dropped.total() + counts.queued + counts.spooled + counts.in_doubt;
            assert_eq!(counts.recorded, placed, "{counts:?}");
        }
        logs
    }
}

fn names_at(receiver: &Receiver, path: &str) -> Vec<String> {
    let sent = receiver.sent().into_iter().filter(|sent| sent.request.url.ends_with(path));
    sent.flat_map(|sent| sent.names).collect()
}

#[test]
fn each_signal_goes_to_its_path_in_batches() {
    let receiver = Receiver::new(status(200));
    let page = Page::open(&receiver, None);
    (0..3).for_each(|_| page.log("l", 1));
    page.span("s", 1);
    advance(SECOND * 5);
    let mut sizes = receiver.sizes();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 3]);
    assert_eq!((names_at(&receiver, "/v1/traces").len(), names_at(&receiver, "/v1/logs").len()), (1, 3));
    let logs = page.checked();
    assert_eq!((logs.recorded, logs.exported, logs.logs), (3, 3, None));
    assert_eq!(page.spans.diagnostics().recorded, 1);
}

#[test]
fn a_hidden_page_has_one_budget_for_both() {
    let receiver = Receiver::new(Answer::Later);
    let page = Page::open(&receiver, None);
    (0..30).for_each(|_| page.span("s", 1000));
    (0..60).for_each(|_| page.log("l", 1000));
    raise(PageEvent::Hidden);
    run_until_stalled();
    let sent = receiver.sent();
    assert!(sent.iter().all(|sent| sent.request.keepalive));
    let bytes: usize = sent.iter().map(|sent| sent.request.body.len()).sum();
    assert!(bytes <= MAX_BYTES, "{bytes}");
    assert!(bytes > MAX_BYTES - 2000, "the budget is used: {bytes}");
    assert_eq!(names_at(&receiver, "/v1/traces").len(), 30);
    receiver.set_usual(status(200));
    while receiver.answer(status(200)) {
        run_until_stalled();
    }
    advance(SECOND * 10);
    assert_eq!((page.checked().exported, page.spans.diagnostics().exported), (60, 30));
}

#[test]
fn what_is_left_to_the_browser_has_one_budget_and_the_rest_is_spooled() {
    fetch_later::support(true);
    let receiver = Receiver::new(Answer::Later);
    let page = Page::open(&receiver, Some(SpoolConfig::default()));
    (0..100).for_each(|_| page.span("s", 1000));
    (0..100).for_each(|_| page.log("l", 1000));
    // Copies against crashes are within it, too.
    advance(SECOND * 2);
    raise(PageEvent::Hidden);
    raise(PageEvent::PageHide { persisted: false });
    page.log("last", 1);
    run_until_stalled();
    let logs = page.checked();
    let deferred: usize = crash().iter().map(Vec::len).sum();
    assert!(deferred <= MAX_BYTES && deferred > MAX_BYTES / 2, "{deferred}");
    assert!(logs.spooled > 30, "{logs:?}");
    assert_eq!(logs.dropped.total(), 0);
    fetch_later::support(false);

    // The next page sends what was spooled, of both.
    receiver.set_usual(status(200));
    let next = Page::open(&receiver, Some(SpoolConfig::default()));
    advance(SECOND * 60);
    let resent = next.checked();
    assert!(resent.resent + resent.spool_in_doubt >= logs.spooled, "{resent:?} of {logs:?}");
    assert!(names_at(&receiver, "/v1/logs").contains(&"last".to_owned()));
    assert!(contents().into_iter().all(|(key, _)| key.contains(':')), "{:?}", contents().len());
}

#[test]
fn the_bound_of_the_storage_is_one_for_both() {
    let receiver = Receiver::new(Answer::Down);
    let spool = SpoolConfig { max_bytes: 40_000, ..SpoolConfig::default() };
    let page = Page::open(&receiver, Some(spool));
    (0..25).for_each(|_| page.span("s", 1000));
    (0..25).for_each(|_| page.log("l", 1000));
    let ended = (page.spans.shutdown(), page.logs_driver().shutdown());
    advance(SECOND * 60);
    let _ = block_on(ended.0);
    let report = block_on(ended.1);
    let stored: usize =
        contents().iter().filter_map(|(_, record)| record.as_ref()).map(|record| record.body.len()).sum();
    assert!(stored <= 40_000, "{stored}");
    assert_eq!(page.spans.diagnostics().spooled, 25);
    assert!(report.dropped > 0, "{report:?}");
    page.checked();
}

#[test]
fn a_crash_costs_no_more_than_the_last_second() {
    let receiver = Receiver::new(status(200));
    let page = Page::open(&receiver, Some(SpoolConfig::default()));
    page.log("old", 1);
    page.span("old span", 1);
    advance(SECOND * 2);
    page.log("young", 1);
    drop(page);
    crash();
    let next = Page::open(&receiver, Some(SpoolConfig::default()));
    advance(SECOND * 60);
    assert_eq!(names_at(&receiver, "/v1/logs"), ["old"]);
    assert_eq!(names_at(&receiver, "/v1/traces"), ["old span"]);
    assert_eq!((next.checked().resent, next.spans.diagnostics().resent), (1, 1));
}

#[test]
fn a_receiver_without_logs_is_told_of_once_and_hardly_asked() {
    let receiver = Receiver::new(status(200));
    receiver.set_path("/v1/logs", Answer::Http(404, None, "404 page not found".into()));
    let page = Page::open(&receiver, None);
    for _ in 0..100 {
        page.log("l", 1);
        page.span("s", 1);
        advance(SECOND * 5);
    }
    assert_eq!(names_at(&receiver, "/v1/traces").len(), 100);
    assert_eq!(names_at(&receiver, "/v1/logs").len(), 1);
    assert!(page.logs_driver().is_absent());
    let warnings = console::warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("/v1/logs answered with HTTP status 404"), "{}", warnings[0]);
    assert!(warnings[0].contains("takes no log records, as a Jaeger does not"), "{}", warnings[0]);
    let logs = page.checked();
    assert_eq!((logs.recorded, logs.dropped.refused), (100, 100));
    assert_eq!(page.spans.diagnostics().last_error, None, "spans are well");

    // It is asked again after a while, in silence, and taken at its word.
    advance(SECOND * 600);
    page.log("asks", 1);
    advance(SECOND * 5);
    assert_eq!(names_at(&receiver, "/v1/logs"), ["l", "asks"]);
    assert!(console::warnings().is_empty());
    receiver.set_path("/v1/logs", status(200));
    advance(SECOND * 600);
    page.log("taken", 1);
    page.log("too", 1);
    advance(SECOND * 5);
    let logs = page.checked();
    assert_eq!((logs.exported, logs.last_error), (2, None));
}

#[test]
fn an_outage_of_one_signal_does_not_hold_up_the_other() {
    let receiver = Receiver::new(status(200));
    receiver.set_path("/v1/logs", status(503));
    let page = Page::open(&receiver, None);
    page.log("l", 1);
    page.span("s", 1);
    advance(SECOND * 20);
    assert_eq!(page.spans.diagnostics().exported, 1);
    assert_eq!(page.checked().queued, 1);
    receiver.set_path("/v1/logs", status(200));
    advance(SECOND * 120);
    assert_eq!(page.checked().exported, 1);
}

#[test]
fn rejections_are_in_the_words_of_logs() {
    let body = r#"{"partialSuccess":{"rejectedLogRecords":"2","rejectedSpans":"3","errorMessage":"too old"}}"#;
    let receiver = Receiver::new(Answer::Http(200, None, body.into()));
    let page = Page::open(&receiver, None);
    (0..5).for_each(|_| page.log("l", 1));
    let report = block_on(page.logs_driver().flush());
    assert_eq!((report.delivered, report.dropped), (3, 2));
    let error = page.checked().last_error.expect("an error").to_string();
    assert!(error.contains("the receiver rejected 2 of 5 log records: too old"), "{error}");
}

#[test]
fn limits_hold_for_attributes_and_their_nested_values() {
    let limits = Limits { count: 2, value_length: Some(3) };
    let mut record = LogRecord::new(InstrumentationScope::builder("test").build(), limits);
    record.add_attribute("a", "abcdef");
    record.add_attribute("b", AnyValue::from_iter([AnyValue::from("ghijk"), AnyValue::from(&b"lmnop"[..])]));
    record.add_attribute("c", 1);
    record.add_attribute("a", "replaced");
    let expected = AnyValue::from_iter([AnyValue::from("ghi"), AnyValue::from(&b"lmn"[..])]);
    assert_eq!(record.attributes, [("a".into(), "rep".into()), ("b".into(), expected)]);
    assert_eq!(record.dropped_attributes_count, 1);
}
