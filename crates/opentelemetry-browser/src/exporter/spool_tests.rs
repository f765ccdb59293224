//! Pages that end in all ways, one after the other on the same storage.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};

use super::{Payload, Spool, SpoolConfig};
use crate::exporter::transport::{BoxFuture, Request, Response, Transport, TransportError};
use crate::platform::lifecycle::raise;
use crate::platform::sleep::sleep;
use crate::platform::storage::{contents, hold_up, plant, spoil};
use crate::platform::{PageEvent, StoredRecord, advance, block_on, crash, fetch_later, locks};
use crate::testing::receiver::{self as scripted, Answer, status};
use crate::{BatchConfig, BatchSpanProcessor, SpanExporter, TracerProvider};

const URL: &str = "http://localhost:4318/v1/traces";
const SECOND: Duration = Duration::from_secs(1);

/// A receiver that is up or down, and remembers what it took in.
#[derive(Clone, Debug, Default)]
struct Receiver(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    is_down: bool,
    is_silent: bool,
    delay: Duration,
    names: Vec<String>,
}

impl Receiver {
    fn set_down(&self, is_down: bool) {
        self.0.lock().expect("lock").is_down = is_down;
    }

    fn set_silent(&self, is_silent: bool) {
        self.0.lock().expect("lock").is_silent = is_silent;
    }

    /// How long each answer takes.
    fn set_delay(&self, delay: Duration) {
        self.0.lock().expect("lock").delay = delay;
    }

    fn take_in(&self, body: &[u8]) {
        let json: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        let scopes = json["resourceSpans"][0]["scopeSpans"].as_array().expect("scopes");
        let spans = scopes.iter().flat_map(|scope| scope["spans"].as_array().expect("spans"));
        let names = spans.map(|span| span["name"].as_str().expect("name").to_owned());
        self.0.lock().expect("lock").names.extend(names);
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.0.lock().expect("lock").names.clone();
        names.sort();
        names
    }
}

impl Transport for Receiver {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let (is_down, is_silent) = {
            let inner = self.0.lock().expect("lock");
            (inner.is_down, inner.is_silent)
        };
        if is_silent {
            return Box::pin(std::future::pending());
        }
        if is_down {
            return Box::pin(async { Err(TransportError::network("refused")) });
        }
        self.take_in(&request.body);
        let delay = self.0.lock().expect("lock").delay;
        Box::pin(async move {
            sleep(delay).await;
            Ok(Response { status: 200, ..Response::default() })
        })
    }
}

struct Page {
    processor: BatchSpanProcessor,
    provider: TracerProvider,
}

impl Page {
    fn open(receiver: &Receiver) -> Self {
        Self::with(receiver, SpoolConfig::default())
    }

    fn with(receiver: &Receiver, spool: impl Into<Option<SpoolConfig>>) -> Self {
        Self::batching(receiver, spool, BatchConfig::default())
    }

    fn batching(receiver: &Receiver, spool: impl Into<Option<SpoolConfig>>, batch: BatchConfig) -> Self {
        let exporter = SpanExporter::builder().with_transport(receiver.clone()).build().expect("exporter");
        let processor = BatchSpanProcessor::builder(exporter).with_spool(spool).with_config(batch).build();
        let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
        advance(Duration::from_millis(10));
        Self { processor, provider }
    }

    fn trace(&self, names: &[&'static str]) {
        let tracer = self.provider.tracer("test");
        for name in names {
            tracer.start(*name).end();
        }
    }

    fn check_books(&self) {
        let books = self.processor.diagnostics();
        assert_eq!(books.recorded, books.exported + books.dropped.total() + books.spooled + books.queued, "{books:?}");
    }
}

/// How many requests are in the spool.
fn records() -> usize {
    contents().iter().filter(|(key, _)| !key.starts_with("lease:")).count()
}

/// A page that leaves span `a` in the spool, to a receiver that is down.
fn leave_in_an_outage(receiver: &Receiver) {
    receiver.set_down(true);
    let page = Page::open(receiver);
    page.trace(&["a"]);
    advance(SECOND * 6);
    raise(PageEvent::PageHide { persisted: false });
    crash();
    assert_eq!(contents().len(), 1);
}

#[test]
fn what_an_outage_leaves_is_sent_by_the_next_page() {
    let receiver = Receiver::default();
    receiver.set_down(true);
    let page = Page::open(&receiver);
    page.trace(&["a", "b"]);
    // In the middle of its attempts, and after they are used up.
    for seconds in [6, 30] {
        advance(SECOND * seconds);
        page.check_books();
    }
    page.trace(&["c"]);
    raise(PageEvent::PageHide { persisted: false });
    assert_eq!(page.processor.diagnostics().spooled, 3);
    page.check_books();
    crash();

    let still_down = Page::open(&receiver);
    advance(SECOND * 60);
    crash();
    drop(still_down);
    receiver.set_down(false);
    let next = Page::open(&receiver);
    advance(SECOND);
    assert_eq!(receiver.names(), ["a", "b", "c"]);
    assert_eq!(next.processor.diagnostics().resent, 3);
    assert_eq!(contents(), []);
}

#[test]
fn what_was_spooled_outlives_a_page_that_cannot_send_it_either() {
    for is_left in [false, true] {
        let receiver = Receiver::default();
        leave_in_an_outage(&receiver);

        // It ends within the time that an ordinary request is tried again and again.
        let second = Page::open(&receiver);
        advance(SECOND * 3);
        if is_left {
            raise(PageEvent::PageHide { persisted: false });
        }
        crash();
        assert_eq!(contents().len(), 1, "left: {is_left}");
        receiver.set_down(false);
        let _next = Page::open(&receiver);
        advance(SECOND);
        assert_eq!((receiver.names(), contents()), (vec!["a".to_owned()], vec![]), "left: {is_left}");
        drop(second);
    }
}

#[test]
fn what_was_spooled_is_sent_when_the_receiver_is_back() {
    let receiver = Receiver::default();
    leave_in_an_outage(&receiver);
    let next = Page::open(&receiver);
    advance(SECOND * 40);
    receiver.set_down(false);
    advance(SECOND * 30);
    assert_eq!((receiver.names(), next.processor.diagnostics().resent), (vec!["a".to_owned()], 1));
}

#[test]
fn what_fails_after_a_success_is_tried_again_soon() {
    let created = crate::platform::clock::date_now();
    for number in 0..3 {
        let body = br#"{"resourceSpans":[]}"#.to_vec();
        let record = StoredRecord { format: 1, url: URL.to_owned(), created, spans: 1, body };
        plant(&format!("0000000000000{number}-gone-0"), Some(record));
    }
    let receiver = scripted::Receiver::new(status(200));
    receiver.then([status(200), Answer::Down]);
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).build().expect("exporter");
    let processor = BatchSpanProcessor::builder(exporter).build();
    advance(SECOND * 2);
    assert_eq!((processor.diagnostics().resent, contents()), (3, vec![]));
}

#[test]
fn what_was_spooled_waits_for_room_among_the_requests_that_outlive_the_page() {
    let receiver = Receiver::default();
    leave_in_an_outage(&receiver);
    receiver.set_down(false);
    let taken = crate::exporter::unload::Permit::acquire(crate::exporter::unload::MAX_BYTES);
    let _next = Page::open(&receiver);
    advance(SECOND * 3);
    assert_eq!((receiver.names().len(), contents().len()), (0, 1));
    drop(taken);
    advance(SECOND);
    assert_eq!(receiver.names(), ["a"]);
}

#[test]
fn a_page_left_while_it_retries_spools_and_sends_nothing_twice() {
    let receiver = Receiver::default();
    receiver.set_down(true);
    let page = Page::open(&receiver);
    page.trace(&["a"]);
    advance(SECOND * 5 + Duration::from_millis(500));
    raise(PageEvent::PageHide { persisted: true });
    receiver.set_down(false);
    // Back from the back/forward cache, with its timers.
    raise(PageEvent::PageShow);
    advance(SECOND * 60);
    assert_eq!(receiver.names(), [""; 0]);
    page.check_books();
    crash();
    let _next = Page::open(&receiver);
    advance(SECOND);
    assert_eq!(receiver.names(), ["a"]);
}

#[test]
fn a_crash_loses_at_most_the_last_second_without_fetch_later() {
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    page.trace(&["a", "b"]);
    advance(SECOND);
    page.trace(&["c"]);
    advance(SECOND);
    page.trace(&["too late"]);
    assert_eq!(crash(), [[0_u8; 0]; 0]);
    let _next = Page::open(&receiver);
    advance(SECOND);
    assert_eq!(receiver.names(), ["a", "b", "c"]);
}

#[test]
fn a_crash_in_the_middle_of_an_outage_loses_nothing() {
    let receiver = Receiver::default();
    receiver.set_down(true);
    let page = Page::open(&receiver);
    page.trace(&["a"]);
    // Its request has failed, and is being tried again.
    advance(SECOND * 7);
    crash();
    receiver.set_down(false);
    let _next = Page::open(&receiver);
    advance(SECOND);
    assert_eq!(receiver.names(), ["a"]);
}

#[test]
fn a_crash_loses_at_most_the_last_second_with_fetch_later() {
    fetch_later::support(true);
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    page.trace(&["a", "b"]);
    advance(SECOND);
    page.trace(&["c"]);
    advance(SECOND);
    assert_eq!(contents(), []);
    for body in crash() {
        receiver.take_in(&body);
    }
    let _next = Page::open(&receiver);
    advance(SECOND * 60);
    assert_eq!(receiver.names(), ["a", "b", "c"]);
    drop(page);
}

#[test]
fn copies_are_taken_back_before_spans_are_sent() {
    for is_supported in [false, true] {
        fetch_later::support(is_supported);
        let receiver = Receiver::default();
        let page = Page::open(&receiver);
        page.trace(&["a"]);
        advance(SECOND * 2);
        receiver.set_silent(true);
        let flush = page.processor.flush();
        let mut flush = std::pin::pin!(flush);
        let _ = futures_poll(flush.as_mut());
        crate::platform::run_until_stalled();
        assert_eq!(crash(), [[0_u8; 0]; 0], "fetchLater: {is_supported}");
        assert_eq!(contents(), []);
    }
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[test]
fn what_is_in_doubt_is_sent_again_only_if_asked_for() {
    let config = SpoolConfig { resend_in_doubt: true, ..SpoolConfig::default() };
    let receiver = Receiver::default();
    let page = Page::with(&receiver, config);
    page.trace(&["a"]);
    advance(SECOND * 2);
    receiver.set_silent(true);
    advance(SECOND * 4);
    crash();
    receiver.set_silent(false);
    let _next = Page::with(&receiver, config);
    advance(SECOND);
    assert_eq!(receiver.names(), ["a"]);
    assert_eq!(contents(), []);
    drop(page);
}

#[test]
fn a_living_pages_copies_are_left_alone() {
    let receiver = Receiver::default();
    let first = Page::open(&receiver);
    receiver.set_down(true);
    first.trace(&["a"]);
    advance(SECOND * 2);
    assert_eq!(contents().len(), 1);
    receiver.set_down(false);
    let second = Page::open(&receiver);
    advance(Duration::from_millis(100));
    assert_eq!(second.processor.diagnostics().resent, 0);
    advance(SECOND * 60);
    assert_eq!(receiver.names(), ["a"]);
    assert_eq!(contents(), []);
}

#[test]
fn without_locks_a_living_pages_copies_are_left_alone_for_as_long_as_it_lives() {
    locks::support(false);
    let receiver = Receiver::default();
    receiver.set_down(true);
    let first = Page::open(&receiver);
    first.trace(&["a"]);
    // A page looks when the first one has waited for longer than a lease lasts that is not renewed.
    let mut waited = Duration::ZERO;
    let mut of_one_record = String::new();
    while waited < SECOND * 17 {
        advance(SECOND);
        let copies: Vec<String> =
            contents().into_iter().map(|(key, _)| key).filter(|key| !key.starts_with("lease:")).collect();
        waited = if copies == [of_one_record.as_str()] { waited + SECOND } else { Duration::ZERO };
        of_one_record = copies.concat();
    }
    let reachable = Receiver::default();
    let second = Page::open(&reachable);
    advance(SECOND * 2);
    assert_eq!(reachable.names(), [""; 0], "the first page will send it itself");
    receiver.set_down(false);
    advance(SECOND * 120);
    assert_eq!(receiver.names(), ["a"]);
    assert_eq!((second.processor.diagnostics().resent, contents()), (0, vec![]));
    first.check_books();
}

#[test]
fn a_page_that_writes_its_first_copy_while_another_looks_keeps_it() {
    for turns in 0..10 {
        let receiver = Receiver::default();
        let exporter = SpanExporter::builder().with_transport(receiver.clone()).build().expect("exporter");
        let open = || Spool::open(SpoolConfig::default(), URL.into(), Arc::default());
        let (looking, writing) = (open(), open());
        crate::platform::spawn(async move {
            looking.drain(&exporter).await;
        });
        let writer = writing.clone();
        crate::platform::spawn(async move {
            for _ in 0..turns {
                let _ = crate::platform::locks::held().await;
            }
            writer.claim();
            let body = Arc::new(br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}"#.to_vec());
            let _ = writer.put(&Payload { body, spans: 1 });
        });
        advance(SECOND);
        assert_eq!((receiver.names(), records()), (vec![], 1), "after {turns} turns");
        contents().into_iter().for_each(|(key, _)| writing.remove(&key, 0));
        writing.disclaim();
    }
}

#[test]
fn a_page_does_not_take_its_own_copies_for_those_of_a_page_that_is_gone() {
    for has_locks in [true, false] {
        locks::support(has_locks);
        let receiver = Receiver::default();
        receiver.set_down(true);
        let one_by_one = BatchConfig { max_export_batch_size: 1, ..BatchConfig::default() };
        let page = Page::batching(&receiver, SpoolConfig::default(), one_by_one);
        // Three requests, each with its copy.
        for name in ["a", "b", "c"] {
            page.trace(&[name]);
            advance(SECOND * 6);
        }
        assert_eq!(records(), 3);
        // The first that arrives has the spool looked at, while the others still wait for their turn.
        receiver.set_down(false);
        receiver.set_delay(SECOND);
        advance(SECOND * 120);
        assert_eq!(receiver.names(), ["a", "b", "c"], "locks: {has_locks}");
        assert_eq!((page.processor.diagnostics().resent, contents()), (0, vec![]), "locks: {has_locks}");
        page.check_books();
    }
}

#[test]
fn a_page_that_is_left_hands_over_and_spools_the_rest() {
    fetch_later::support(true);
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    let names: Vec<&'static str> = (0..2000).map(|_| "a span with a name that takes some room").collect();
    page.provider.tracer("warm-up").start("first").end();
    page.trace(&names[..500]);
    page.trace(&names[500..]);
    raise(PageEvent::PageHide { persisted: false });
    page.check_books();
    let handed = receiver.names().len();
    assert!(handed > 100, "{handed} spans fit into keepalive requests");
    let spooled = page.processor.diagnostics().spooled;
    for body in crash() {
        assert!(body.len() <= 60 * 1024);
        receiver.take_in(&body);
    }
    assert_eq!(receiver.names().len() as u64 + spooled, 2001);
    let _next = Page::open(&receiver);
    advance(SECOND * 10);
    assert_eq!(receiver.names().len(), 2001);
}

#[test]
fn a_page_that_is_left_before_its_storage_is_open_leaves_its_spans_all_the_same() {
    hold_up();
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    let names: Vec<&'static str> = (0..2000).map(|_| "a span with a name that takes some room").collect();
    // These have copies, which wait as well.
    page.trace(&names[..300]);
    advance(SECOND * 2);
    page.trace(&names[300..]);
    raise(PageEvent::PageHide { persisted: false });
    page.check_books();
    let spooled = page.processor.diagnostics().spooled;
    assert!(spooled > 1000, "{spooled}");
    crash();
    let next = Page::open(&receiver);
    advance(SECOND * 10);
    assert_eq!((receiver.names().len(), next.processor.diagnostics().resent), (2000, spooled));
    assert_eq!(contents(), []);
}

#[test]
fn what_is_old_too_much_or_not_understood_is_removed_with_words() {
    let record = |age_hours: f64, format: u32, bytes: usize| StoredRecord {
        format,
        url: URL.to_owned(),
        created: crate::platform::clock::date_now() - age_hours * 3_600_000.0,
        spans: 1,
        body: vec![b' '; bytes],
    };
    plant("00000000000001-old-0", Some(record(25.0, 1, 10)));
    plant("00000000000002-corrupt-0", None);
    plant("garbage", None);
    plant("00000000000003-older-0", Some(record(0.0, 0, 10)));
    plant("00000000000004-newer-0", Some(record(0.0, 2, 10)));
    plant("00000000000005-large-0", Some(record(0.0, 1, 6 * 1024 * 1024)));
    plant("00000000000006-other-0", Some(StoredRecord { url: "http://elsewhere/".into(), ..record(0.0, 1, 10) }));
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    advance(SECOND);
    let keys: Vec<String> = contents().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["00000000000004-newer-0", "00000000000006-other-0"]);
    assert_eq!(page.processor.diagnostics().spool_lost, 5, "each was of one span");
    assert!(page.processor.diagnostics().last_error.is_some());
    page.check_books();
}

#[test]
fn what_is_turned_away_is_counted_as_lost() {
    for (answer, resent, lost) in
        [(status(400), 0, 3), (Answer::Http(200, None, r#"{"partialSuccess":{"rejectedSpans":"1"}}"#.to_owned()), 2, 1)]
    {
        let body = br#"{"resourceSpans":[]}"#.to_vec();
        let created = crate::platform::clock::date_now();
        plant("00000000000001-gone-0", Some(StoredRecord { format: 1, url: URL.to_owned(), created, spans: 3, body }));
        let exporter = SpanExporter::builder().with_transport(scripted::Receiver::new(answer)).build();
        let processor = BatchSpanProcessor::builder(exporter.expect("an exporter")).build();
        advance(SECOND);
        let books = processor.diagnostics();
        assert_eq!((books.resent, books.spool_lost, books.recorded), (resent, lost, 0));
        assert_eq!(contents(), []);
    }
}

#[test]
fn what_this_page_has_in_the_spool_counts_against_its_bound_also_after_a_look() {
    let max_bytes = 1500;
    let receiver = Receiver::default();
    receiver.set_down(true);
    // What a living page keeps makes this one look again after half a minute.
    let living = locks::hold("opentelemetry-browser:living").expect("a lock");
    let created = crate::platform::clock::date_now();
    let record = StoredRecord { format: 1, url: URL.to_owned(), created, spans: 0, body: Vec::new() };
    plant("00000000000001-living-0", Some(record));
    let page = Page::with(&receiver, SpoolConfig { max_bytes, ..SpoolConfig::default() });
    let stored = || contents().iter().filter_map(|(_, record)| Some(record.as_ref()?.body.len())).sum::<usize>();
    page.trace(&["a", "b"]);
    advance(SECOND * 31);
    let before = stored();
    assert!(before > max_bytes / 4 && before < max_bytes, "{before}");
    for name in ["c", "d", "e", "f", "g", "h"] {
        page.trace(&[name]);
        advance(SECOND);
        assert!(stored() <= max_bytes, "{} bytes", stored());
    }
    drop(living);
}

#[test]
fn storage_that_is_denied_or_full_is_said_and_never_in_the_way() {
    for (denied, full) in [(true, false), (false, true)] {
        spoil(denied, full);
        let receiver = Receiver::default();
        let page = Page::open(&receiver);
        page.trace(&["a"]);
        advance(SECOND * 2);
        assert!(page.processor.diagnostics().last_error.is_some());
        assert!(block_on(page.processor.flush()).is_ok());
        assert_eq!(receiver.names(), ["a"]);
        page.check_books();
        spoil(false, false);
        crash();
    }
}

#[test]
fn what_the_storage_refuses_is_dropped_not_spooled() {
    for (denied, full) in [(true, false), (false, true)] {
        for has_copies in [true, false] {
            let receiver = Receiver::default();
            receiver.set_down(true);
            spoil(denied, full);
            let page = Page::open(&receiver);
            page.trace(&["a", "b"]);
            if has_copies {
                advance(SECOND * 2);
            }
            let report = block_on(page.processor.shutdown()).expect_err("down").report();
            assert_eq!((report.delivered, report.retrying, report.spooled, report.dropped), (0, 0, 0, 2));
            let books = page.processor.diagnostics();
            assert_eq!((books.spooled, books.dropped.storage + books.dropped.shutdown), (0, 2), "{books:?}");
            page.check_books();
            spoil(false, false);
            crash();
        }
    }
}

#[test]
fn what_the_storage_refuses_when_a_page_is_left_is_told_if_it_comes_back() {
    let receiver = Receiver::default();
    receiver.set_down(true);
    let page = Page::open(&receiver);
    page.trace(&["a", "b"]);
    advance(SECOND * 7);
    // The copies are there; what comes after them is not taken.
    spoil(false, true);
    page.trace(&["c"]);
    raise(PageEvent::PageHide { persisted: true });
    raise(PageEvent::PageShow);
    advance(SECOND);
    let books = page.processor.diagnostics();
    assert_eq!((books.spooled, books.dropped.storage, books.queued), (2, 1, 0));
    let report = block_on(page.processor.flush()).expect_err("one is lost").report();
    assert_eq!((report.spooled, report.dropped), (2, 1));
    page.check_books();
    spoil(false, false);
}

#[test]
fn a_shutdown_spools_what_it_could_not_deliver() {
    let receiver = Receiver::default();
    receiver.set_down(true);
    let page = Page::open(&receiver);
    page.trace(&["a", "b"]);
    let report = block_on(page.processor.shutdown()).expect_err("down").report();
    assert_eq!((report.delivered, report.retrying, report.spooled, report.dropped), (0, 0, 2, 0));
    page.check_books();

    let off = Page::with(&receiver, None);
    off.trace(&["c"]);
    let report = block_on(off.processor.shutdown()).expect_err("down").report();
    assert_eq!((report.delivered, report.retrying, report.spooled, report.dropped), (0, 0, 0, 1));
}
