//! Consent on the virtual clock: what waits, what is under way and what is stored, when it is withdrawn and given again.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::logs::LogProcessor as _;
use opentelemetry_sdk::trace::SpanProcessor as _;

use crate::platform::lifecycle::raise;
use crate::platform::storage::{contents, plant};
use crate::platform::{Area, PageEvent, StoredRecord, advance, consent_signal, crash, fetch_later, key_value};
use crate::testing::receiver::{Answer, Receiver, status};
use crate::{Diagnostics, RetryPolicy, SessionConfig, SpoolConfig, Telemetry, TelemetryBuilder};

const SECOND: Duration = Duration::from_secs(1);
const SESSION: &str = "opentelemetry.session";

fn builder(receiver: &Receiver) -> TelemetryBuilder {
    let builder = Telemetry::builder().with_logs().with_session(SessionConfig::default());
    builder.with_transport(receiver.clone()).with_spool(SpoolConfig::default()).with_retry(RetryPolicy::none())
}

fn open(receiver: &Receiver) -> Telemetry {
    let telemetry = builder(receiver).build().expect("a pipeline");
    advance(Duration::from_millis(10));
    telemetry
}

fn span(telemetry: &Telemetry, name: &'static str) -> crate::Span {
    telemetry.provider().tracer("test").start_with_context(name, &Context::new())
}

fn log(telemetry: &Telemetry, name: &'static str) {
    let logger = telemetry.logger_provider().logger("test");
    let mut record = logger.create_log_record();
    record.set_event_name(name);
    logger.emit(record);
}

/// The counts of spans, checked: every record of either signal is in one place.
fn checked(telemetry: &Telemetry) -> Diagnostics {
    let all = telemetry.diagnostics();
    for counts in [&all, all.logs.as_deref().expect("there are logs")] {
        let placed = counts.exported + counts.dropped.total() + counts.queued + counts.spooled + counts.in_doubt;
        assert_eq!(counts.recorded, placed, "{counts:?}");
    }
    all
}

/// By their names: which signal goes first is not said.
fn delivered(receiver: &Receiver) -> Vec<String> {
    let mut names = receiver.delivered();
    names.sort_unstable();
    names
}

fn is_stored() -> bool {
    !contents().is_empty() || key_value::get(Area::Origin, SESSION).is_some()
}

/// A record that another page has left.
fn plant_one() {
    let url = "http://localhost:4318/v1/traces".to_owned();
    let body = br#"{"resourceSpans":[]}"#.to_vec();
    let created = crate::platform::clock::date_now();
    let record = StoredRecord { format: 2, url, created, spans: 1, attempts: 0, body };
    plant(&format!("{:014}-other-1", created as u64), Some(record));
}

#[test]
fn nothing_is_left_of_what_waits() {
    let receiver = Receiver::new(status(200));
    let page = open(&receiver);
    span(&page, "sent").end();
    log(&page, "sent");
    advance(SECOND * 6);
    let before = receiver.sent().len();
    let mut open = span(&page, "open");
    span(&page, "waits").end();
    log(&page, "waits");
    // Long enough for copies against a crash.
    advance(SECOND * 2);
    page.consent(false);
    assert!(!is_stored(), "{:?}", contents());
    assert!(fetch_later::activate().is_empty(), "the browser has nothing to send either");
    open.set_attribute(opentelemetry::KeyValue::new("key", 1));
    open.end();
    let late = span(&page, "late");
    assert!(!late.is_recording() && !late.span_context().is_valid(), "no server is told of it");
    drop(late);
    log(&page, "late");
    for event in [PageEvent::Hidden, PageEvent::PageHide { persisted: false }] {
        raise(event);
        advance(SECOND * 60);
    }
    assert_eq!(receiver.sent().len(), before);
    assert!(!is_stored() && fetch_later::activate().is_empty());
    assert_eq!((page.session_id(), page.has_consent()), (None, false));
    let counts = checked(&page);
    assert_eq!((counts.exported, counts.dropped.withdrawn, counts.queued), (1, 2, 0), "{counts:?}");
    let logs = counts.logs.unwrap();
    // The session's begin, and the first.
    assert_eq!((logs.exported, logs.dropped.withdrawn, logs.queued), (2, 1, 0), "{logs:?}");
    assert_eq!(consent_signal::told(), Some(false));
    crash();
    page.consent(true);
}

#[test]
fn what_is_under_way_is_given_up_and_the_spool_emptied() {
    let receiver = Receiver::new(Answer::Down);
    let page = open(&receiver);
    plant_one();
    for name in ["one", "two", "three"] {
        span(&page, name).end();
        advance(SECOND * 6);
    }
    assert!(is_stored());
    receiver.then([Answer::Later]);
    advance(SECOND * 600);
    page.consent(false);
    assert!(!is_stored(), "{:?}", contents());
    let requests = receiver.sent().len();
    advance(SECOND * 3600);
    assert_eq!(receiver.sent().len(), requests, "nothing is tried again");
    assert!(!is_stored());
    let counts = checked(&page);
    assert_eq!((counts.recorded, counts.dropped.withdrawn), (3, 3), "{counts:?}");
    page.consent(true);
}

#[test]
fn what_an_earlier_page_left_is_given_up_while_it_is_sent() {
    for resend_in_doubt in [false, true] {
        let receiver = Receiver::new(status(200));
        receiver.then([Answer::Later]);
        plant_one();
        let spool = SpoolConfig { resend_in_doubt, ..SpoolConfig::default() };
        let page = builder(&receiver).with_spool(spool).build().expect("a pipeline");
        advance(Duration::from_millis(10));
        assert_eq!((receiver.sent().len(), receiver.under_way()), (1, 1));
        page.consent(false);
        advance(Duration::from_millis(10));
        assert_eq!(receiver.under_way(), 0, "it is given up");
        receiver.answer(Answer::Down);
        advance(SECOND * 3600);
        assert_eq!(receiver.sent().len(), 1, "nobody is asked either");
        assert!(!is_stored());
        assert_eq!(checked(&page).exported, 0);
        plant_one();
        page.consent(true);
        advance(SECOND * 6);
        assert_eq!((receiver.sent().len(), contents().len()), (2, 0), "it is looked for again");
    }
}

#[test]
fn what_this_page_has_spooled_is_given_up_while_it_is_sent_again() {
    let receiver = Receiver::new(Answer::Down);
    let spool = SpoolConfig { resend_in_doubt: true, ..SpoolConfig::default() };
    let page = builder(&receiver).with_spool(spool).build().expect("a pipeline");
    advance(Duration::from_millis(10));
    span(&page, "one").end();
    advance(SECOND * 6);
    raise(PageEvent::PageHide { persisted: true });
    advance(SECOND);
    receiver.set_usual(Answer::Later);
    raise(PageEvent::PageShow);
    span(&page, "two").end();
    advance(SECOND * 60);
    page.consent(false);
    advance(SECOND);
    while receiver.answer(status(200)) {}
    let requests = receiver.sent().len();
    advance(SECOND * 3600);
    assert_eq!((receiver.sent().len(), receiver.under_way()), (requests, 0));
    let counts = checked(&page);
    assert_eq!((counts.exported, counts.spooled, counts.queued), (0, 0, 0), "{counts:?}");
    page.consent(true);
}

#[test]
fn a_question_to_the_receiver_is_given_up() {
    let receiver = Receiver::new(Answer::Later);
    let page = open(&receiver);
    for name in ["one", "two", "three"] {
        span(&page, name).end();
        advance(SECOND * 6);
    }
    let is_asked = || receiver.sent().last().is_some_and(|sent| sent.names.is_empty());
    for _ in 0..1000 {
        if is_asked() {
            break;
        }
        receiver.answer(status(503));
        advance(SECOND);
    }
    assert!(is_asked() && receiver.under_way() > 0);
    let requests = receiver.sent().len();
    page.consent(false);
    advance(Duration::from_millis(10));
    assert_eq!(receiver.under_way(), 0);
    advance(SECOND * 3600);
    assert_eq!(receiver.sent().len(), requests);
    receiver.set_usual(status(200));
    page.consent(true);
    span(&page, "again").end();
    advance(SECOND * 6);
    assert!(receiver.delivered().contains(&"again".to_owned()));
}

#[test]
fn no_request_waits_for_its_headers() {
    let receiver = Receiver::new(status(200));
    plant_one();
    let slow = async || {
        crate::platform::sleep::sleep(SECOND).await;
        [("authorization", "token")]
    };
    let page = builder(&receiver).with_header_provider(slow).build().expect("a pipeline");
    advance(Duration::from_millis(10));
    page.consent(false);
    advance(SECOND * 3600);
    assert_eq!(receiver.sent().len(), 0);
    page.consent(true);
}

#[test]
fn what_was_spooled_is_not_there_any_more() {
    let receiver = Receiver::new(Answer::Down);
    let page = open(&receiver);
    span(&page, "one").end();
    advance(SECOND * 6);
    raise(PageEvent::PageHide { persisted: true });
    advance(SECOND);
    assert_eq!(checked(&page).spooled, 1);
    // It is back from the back/forward cache.
    raise(PageEvent::PageShow);
    page.consent(false);
    advance(SECOND * 60);
    assert!(!is_stored());
    let report = crate::platform::block_on(page.flush()).expect_err("it is lost").report();
    // With the session's begin.
    assert_eq!((report.spooled, report.dropped), (0, 2), "{report:?}");
    let counts = checked(&page);
    assert_eq!((counts.spooled, counts.dropped.withdrawn), (0, 1), "{counts:?}");
    page.consent(true);
}

#[test]
fn it_begins_again_with_a_session_that_follows_none() {
    let receiver = Receiver::new(status(200));
    let page = open(&receiver);
    span(&page, "before").end();
    let before = page.session_id().unwrap();
    advance(SECOND * 6);
    page.consent(false);
    page.consent(false);
    advance(SECOND * 60);
    page.consent(true);
    assert_eq!(consent_signal::told(), Some(true));
    span(&page, "after").end();
    log(&page, "after");
    let after = page.session_id().unwrap();
    assert_ne!(before, after);
    advance(SECOND * 6);
    assert_eq!(delivered(&receiver), ["after", "after", "before", "session.start", "session.start"]);
    let all: String =
        receiver.sent().iter().map(|sent| String::from_utf8_lossy(&sent.request.body).into_owned()).collect();
    assert!(!all.contains("session.previous_id"), "{all}");
    assert!(is_stored());
}

#[test]
fn without_it_from_the_beginning_nothing_is_touched() {
    let receiver = Receiver::new(status(200));
    plant_one();
    let page = builder(&receiver).with_consent(false).build().expect("a pipeline");
    span(&page, "early").end();
    log(&page, "early");
    advance(SECOND * 60);
    assert_eq!((receiver.sent().len(), page.session_id()), (0, None));
    assert_eq!((contents().len(), key_value::get(Area::Origin, SESSION)), (1, None), "as it was");
    page.consent(true);
    advance(SECOND * 6);
    assert_eq!((receiver.sent().len(), contents().len()), (1, 0), "what another page has left is sent");
    assert_eq!(page.diagnostics().last_error, None);
    span(&page, "agreed").end();
    advance(SECOND * 6);
    assert_eq!(delivered(&receiver), ["agreed", "session.start"]);
}

#[test]
fn other_tabs_and_pipelines_hear_of_it() {
    let receivers = [(); 2].map(|()| Receiver::new(status(200)));
    let pages = receivers.each_ref().map(open);
    let gone = open(&Receiver::new(status(200)));
    drop(gone);
    pages.iter().for_each(|page| span(page, "waits").end());
    consent_signal::hear(false);
    assert!(!is_stored());
    pages.iter().for_each(|page| span(page, "late").end());
    advance(SECOND * 60);
    assert!(receivers.iter().all(|receiver| receiver.sent().is_empty()));
    assert_eq!(consent_signal::told(), None, "who hears of it does not tell it on");
    consent_signal::hear(true);
    pages.iter().for_each(|page| span(page, "again").end());
    advance(SECOND * 6);
    for receiver in receivers {
        assert!(receiver.delivered().contains(&"again".to_owned()));
    }
}

#[test]
fn a_flush_that_waits_hears_of_it() {
    let receiver = Receiver::new(Answer::Later);
    let page = open(&receiver);
    span(&page, "waits").end();
    let flushed = std::sync::Arc::new(std::sync::Mutex::new(None));
    let (told, waiting) = (flushed.clone(), page.clone());
    crate::platform::spawn(async move {
        let result = waiting.flush().await;
        *told.lock().unwrap() = Some(result.map_err(|error| error.to_string()));
    });
    advance(SECOND);
    page.consent(false);
    advance(SECOND);
    let result = flushed.lock().unwrap().take().expect("it is over");
    assert!(result.is_err(), "{result:?}");
    page.consent(true);
}

#[test]
fn processors_alone_hear_of_it() {
    let receiver = Receiver::new(status(200));
    let page = open(&receiver);
    let exporter = crate::SpanExporter::builder().with_transport(receiver.clone()).build().expect("an exporter");
    let spans = crate::BatchSpanProcessor::builder(exporter).with_spool(None).build();
    let logs = crate::BatchLogProcessor::builder().with_transport(receiver.clone()).build().expect("a processor");
    spans.on_end(crate::testing::span("waits"));
    let is_enabled = || logs.event_enabled(Severity::Info, "", None);
    assert!(is_enabled());
    page.consent(false);
    assert!(!is_enabled());
    advance(SECOND * 60);
    assert_eq!(receiver.sent().len(), 0);
    let counts = spans.diagnostics();
    assert_eq!((counts.dropped.withdrawn, counts.queued), (1, 0), "{counts:?}");
    page.consent(true);
    spans.on_end(crate::testing::span("again"));
    advance(SECOND * 6);
    assert_eq!(receiver.delivered(), ["again"]);
}

#[test]
fn a_pipeline_that_begins_otherwise_changes_it_for_those_that_run() {
    let receivers = [(); 2].map(|()| Receiver::new(status(200)));
    let first = open(&receivers[0]);
    span(&first, "waits").end();
    plant_one();
    let second = builder(&receivers[1]).with_consent(false).build().expect("a pipeline");
    assert_eq!((first.has_consent(), first.session_id()), (false, None));
    advance(SECOND * 60);
    assert_eq!(receivers[0].sent().len() + receivers[1].sent().len(), 0);
    assert_eq!(contents().len(), 1, "what earlier pages have left stays");
    assert_eq!(consent_signal::told(), None);
    let counts = checked(&first);
    assert_eq!((counts.dropped.withdrawn, counts.queued), (1, 0), "{counts:?}");
    second.consent(true);
    crate::platform::storage::Storage::empty();
}

#[test]
fn a_pipeline_that_cannot_be_built_does_not_change_it() {
    let receiver = Receiver::new(status(200));
    let page = open(&receiver);
    span(&page, "waits").end();
    let wrong = || builder(&receiver).with_consent(false);
    assert!(wrong().with_endpoint("localhost").build().is_err());
    assert!(wrong().with_header("a b", "c").build().is_err());
    assert!(wrong().with_logs_endpoint("localhost").build().is_err());
    assert!(page.has_consent());
    advance(SECOND * 6);
    assert!(receiver.delivered().contains(&"waits".to_owned()));
}

#[test]
fn no_event_is_asked_for_without_it() {
    let page = open(&Receiver::new(status(200)));
    let logger = page.logger_provider().logger("test");
    let is_enabled = || logger.event_enabled(Severity::Info, "", Some("event"));
    assert!(is_enabled());
    page.consent(false);
    assert!(!is_enabled(), "an instrumentation may have room for few");
    page.consent(true);
    assert!(is_enabled());
}

#[test]
fn pipelines_that_are_gone_leave_nothing() {
    let receiver = Receiver::new(status(200));
    let make = || {
        drop(open(&receiver));
        advance(SECOND * 60);
    };
    make();
    let followers = crate::consent::followers();
    (0..20).for_each(|_| make());
    assert_eq!(crate::consent::followers(), followers);
}
