//! Logs beside spans on the virtual clock, with a scripted receiver: what both share, and what neither does to the other.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{AnyValue, LogRecord as _};
use opentelemetry_sdk::trace::SpanProcessor as _;

use super::emitter::Emitter;
use super::record::{Limits, LogRecord};
use crate::clock::Clock;
use crate::delivery::BatchConfig;
use crate::delivery::driver::{Driver, Sink};
use crate::encode::logs::LOGS;
use crate::exporter::{SpanExporterBuilder, with_path};
use crate::platform::lifecycle::raise;
use crate::platform::storage::contents;
use crate::platform::{PageEvent, advance, block_on, console, crash, fetch_later, run_until_stalled};
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
        let driver = Driver::start(sink, BatchConfig::default(), spool, Some(spans.driver()));
        spans.counters().join_logs(driver.counters());
        let logs = Emitter {
            driver: Some(driver),
            observer: None,
            clock: Clock::new(),
            limits: Limits::default(),
            session: None,
            at_emit: Vec::new(),
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

/// Leaves a span and three log records in the storage.
fn leave_behind() {
    let receiver = Receiver::new(Answer::Down);
    let page = Page::open(&receiver, Some(SpoolConfig::default()));
    page.span("s", 1);
    ["a", "b", "c"].into_iter().for_each(|name| page.log(name, 1));
    let ended = (page.spans.shutdown(), page.logs_driver().shutdown());
    advance(SECOND * 60);
    let _ = block_on(ended.0);
    assert_eq!(block_on(ended.1).spooled, 3);
    drop(page);
    crash();
}

/// A page that records spans only.
fn without_a_pipeline_of_logs(receiver: &Receiver, spool: SpoolConfig) -> BatchSpanProcessor {
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).with_retry(RetryPolicy::none());
    let spans = BatchSpanProcessor::builder(exporter.build().expect("an exporter")).with_spool(spool).build();
    spans.driver().inherit(LOGS, "http://localhost:4318/v1/logs".to_owned(), Some(spool));
    spans
}

#[test]
fn a_page_without_logs_sends_those_that_an_earlier_page_has_left() {
    leave_behind();
    let receiver = Receiver::new(Answer::Down);
    let spans = without_a_pipeline_of_logs(&receiver, SpoolConfig::default());
    advance(SECOND * 60);
    assert_eq!(spans.diagnostics().logs, None, "there are none of its own");
    receiver.set_usual(status(200));
    advance(SECOND * 60);
    assert_eq!(names_at(&receiver, "/v1/logs").into_iter().rev().take(3).collect::<Vec<_>>().len(), 3);
    let counts = spans.diagnostics();
    let logs = counts.logs.clone().expect("some were found");
    assert_eq!((counts.resent, logs.resent, logs.recorded, logs.spool_lost), (1, 3, 0, 0));
    assert_eq!(contents().len(), 0);

    // What a receiver without logs does with them is told, and is no failure of the spans.
    leave_behind();
    let jaeger = Receiver::new(status(200));
    jaeger.set_path("/v1/logs", status(404));
    console::warnings();
    let spans = without_a_pipeline_of_logs(&jaeger, SpoolConfig::default());
    advance(SECOND * 60);
    let counts = spans.diagnostics();
    let logs = counts.logs.clone().expect("some were found");
    assert_eq!((counts.resent, counts.last_error, logs.resent, logs.spool_lost), (1, None, 0, 3));
    let error = logs.last_error.expect("they were refused");
    assert!(error.message.contains("/v1/logs answered with HTTP status 404"), "{error}");
    assert!(error.advice.is_some_and(|advice| advice.contains("takes no log records")));
}

#[test]
fn what_is_too_old_is_lost_once() {
    for has_logs in [true, false] {
        leave_behind();
        advance(SECOND * 100);
        let receiver = Receiver::new(status(200));
        let spool = SpoolConfig::default().with_max_age(SECOND * 10);
        let (counts, logs) = if has_logs {
            let page = Page::open(&receiver, Some(spool));
            advance(SECOND * 60);
            (page.spans.diagnostics(), page.checked())
        } else {
            let spans = without_a_pipeline_of_logs(&receiver, spool);
            advance(SECOND * 60);
            let counts = spans.diagnostics();
            (counts.clone(), *counts.logs.expect("some were found"))
        };
        assert_eq!((counts.spool_lost, logs.spool_lost, contents().len()), (1, 3, 0), "{has_logs}");
        assert_eq!((counts.resent, logs.resent, receiver.sent().len()), (0, 0, 0));
    }
}

#[test]
fn what_a_provider_gave_for_spans_is_known_for_logs() {
    let receiver = Receiver::new(status(200));
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = asked.clone();
    let settings = SpanExporter::builder().with_transport(receiver.clone()).with_header_provider(async move || {
        count.set(count.get() + 1);
        crate::platform::sleep::sleep(SECOND).await;
        [("authorization", count.get().to_string())]
    });
    let page = Page::with(settings, None);
    page.span("s", 1);
    let flushed = page.spans.driver().flush();
    advance(SECOND * 5);
    assert_eq!(block_on(flushed).delivered, 1);
    page.log("last", 1);
    raise(PageEvent::Hidden);
    raise(PageEvent::PageHide { persisted: false });
    run_until_stalled();
    assert_eq!(names_at(&receiver, "/v1/logs"), ["last"]);
    let headers = receiver.sent().into_iter().map(|sent| sent.request.headers.last().cloned().expect("a header").1);
    assert_eq!(headers.collect::<Vec<_>>(), ["1", "1"]);
    assert_eq!(asked.get(), 1, "there was no time to ask");
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
    // Of a path that is not there, of one that is there for other methods, and of a server that knows no POST.
    [404, 405, 501].into_iter().for_each(without_logs);
}

fn without_logs(code: u16) {
    let receiver = Receiver::new(status(200));
    receiver.set_path("/v1/logs", Answer::Http(code, None, "not here".into()));
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
    assert!(warnings[0].contains(&format!("/v1/logs answered with HTTP status {code}")), "{}", warnings[0]);
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
fn other_refusals_are_of_their_records_only() {
    for code in [400, 401, 403, 413, 415, 500] {
        let receiver = Receiver::new(status(200));
        receiver.set_path("/v1/logs", status(code));
        let page = Page::open(&receiver, None);
        page.log("refused", 1);
        advance(SECOND * 5);
        receiver.set_path("/v1/logs", status(200));
        page.log("taken", 1);
        advance(SECOND * 5);
        assert_eq!(
            (names_at(&receiver, "/v1/logs"), page.logs_driver().is_absent()),
            (vec!["refused".to_owned(), "taken".to_owned()], false),
            "{code}"
        );
        let logs = page.checked();
        assert_eq!((logs.dropped.refused, logs.exported), (1, 1), "{code}");
    }
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
