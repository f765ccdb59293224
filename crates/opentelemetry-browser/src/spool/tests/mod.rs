//! Pages that end in all ways, one after the other on the same storage.

mod drain;
mod ownership;
mod storage;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};

use super::{Spool, SpoolConfig};
use crate::platform::lifecycle::raise;
use crate::platform::sleep::sleep;
use crate::platform::storage::{contents, hold_up, plant, spoil};
use crate::platform::{PageEvent, StoredRecord, advance, block_on, crash, fetch_later, locks};
use crate::testing::receiver::{self as scripted, Answer, status};
use crate::transport::{BoxFuture, Request, Response, Transport, TransportError};
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
        let Some(scopes) = json["resourceSpans"][0]["scopeSpans"].as_array() else {
            // It is only asked whether it is there.
            assert_eq!(json["resourceSpans"].as_array().map(Vec::len), Some(0));
            return;
        };
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
        assert_eq!(
            books.recorded,
            books.exported + books.dropped.total() + books.spooled + books.queued + books.in_doubt,
            "{books:?}"
        );
    }
}

/// How many requests are in the spool.
fn records() -> usize {
    contents().iter().filter(|(key, _)| !key.contains(':')).count()
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
fn a_page_that_comes_back_sends_what_it_has_spooled_once() {
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
    assert_eq!((receiver.names(), contents()), (vec!["a".to_owned()], vec![]));
    let books = page.processor.diagnostics();
    assert_eq!((books.exported, books.spooled, books.resent), (1, 0, 0), "it was this page's");
    page.check_books();
    crash();
    let _next = Page::open(&receiver);
    advance(SECOND * 60);
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
fn what_comes_after_a_rest_is_written_soon_where_there_is_no_fetch_later() {
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    page.trace(&["a", "b"]);
    advance(SECOND / 5);
    assert_eq!(records(), 1);
    // What goes on coming does so in few pieces.
    for _ in 0..40 {
        page.trace(&["c"]);
        advance(SECOND / 10);
    }
    assert!(records() <= 8, "{}", records());
    crash();
    let _next = Page::open(&receiver);
    advance(SECOND);
    assert!(receiver.names().len() >= 32, "{}", receiver.names().len());
}

#[test]
fn what_a_page_leaves_is_sent_by_another_that_is_there() {
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    // A page looks when it begins, and once more.
    advance(SECOND * 10);
    plant("00000000000001-gone-0", None);
    advance(SECOND * 600);
    assert_eq!(contents().len(), 1, "nothing has said that it is there");
    raise(PageEvent::Stored);
    advance(SECOND);
    assert_eq!((contents(), page.processor.diagnostics().spool_lost), (vec![], 1), "it is looked after");
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
fn what_is_under_way_is_in_doubt_and_not_sent_again() {
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
        assert_eq!(records() > 0, !is_supported, "a copy is kept until there is an answer");
        receiver.set_silent(false);
        let next = Page::open(&receiver);
        advance(SECOND);
        let books = next.processor.diagnostics();
        assert_eq!((books.resent, books.spool_in_doubt), (0, u64::from(!is_supported)));
        assert_eq!((receiver.names(), contents()), (vec![], vec![]));
    }
}

/// Looks, whenever something is sent, how many records are marked as being in doubt.
#[derive(Debug)]
struct Marks(Receiver, Arc<Mutex<Vec<usize>>>);

impl Transport for Marks {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let marks = contents().iter().filter(|(key, _)| key.starts_with("doubt:")).count();
        self.1.lock().expect("lock").push(marks);
        self.0.send(request)
    }
}

#[test]
fn what_has_a_copy_is_marked_before_it_is_sent() {
    let (receiver, seen) = (Receiver::default(), Arc::<Mutex<Vec<usize>>>::default());
    let exporter = SpanExporter::builder().with_transport(Marks(receiver.clone(), seen.clone())).build();
    let processor = BatchSpanProcessor::builder(exporter.expect("exporter")).build();
    let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
    provider.tracer("test").start("a").end();
    advance(SECOND * 2);
    assert_eq!(records(), 1);
    let marks = || contents().iter().filter(|(key, _)| key.starts_with("doubt:")).count();
    // The storage has to answer first: a page that is killed in between leaves a copy that is not in doubt.
    let mut flush = std::pin::pin!(processor.flush());
    let _ = futures_poll(flush.as_mut());
    assert_eq!((marks(), seen.lock().expect("lock").clone()), (0, vec![]));
    block_on(flush).expect("it is delivered");
    assert_eq!((receiver.names(), seen.lock().expect("lock").clone()), (vec!["a".to_owned()], vec![1]));
    assert_eq!(contents(), []);
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
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
