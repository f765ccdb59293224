//! A page that is open for an hour of the virtual clock: what it holds does not grow, and each span arrives once.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::platform::console::warnings;
use crate::platform::lifecycle::raise;
use crate::platform::storage::contents;
use crate::platform::{PageEvent, fetch_later};
use crate::spool::SpoolConfig;
use crate::testing::memory;
use crate::transport::{BoxFuture, Request, Response, Transport, TransportError};

/// How many spans end in a second.
const SPANS: usize = 20;
const MINUTE: usize = 60;

/// A receiver that adds up what it takes in, and keeps nothing of it.
#[derive(Clone, Debug, Default)]
struct Sums(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_down: AtomicBool,
    /// How many names came, all of them together, and all of their squares.
    sums: [AtomicU64; 3],
}

impl Sums {
    fn seen(&self) -> [u64; 3] {
        [0, 1, 2].map(|power| self.0.sums[power].load(Ordering::Relaxed))
    }

    fn take(&self, number: u64) {
        for (sum, term) in self.0.sums.iter().zip([1, number, number.wrapping_mul(number)]) {
            sum.fetch_add(term, Ordering::Relaxed);
        }
    }
}

impl Transport for Sums {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        if self.0.is_down.load(Ordering::Relaxed) {
            return Box::pin(async { Err(TransportError::network("refused")) });
        }
        let body = String::from_utf8(request.body.to_vec()).expect("JSON is text");
        for name in body.split(r#""name":""#).skip(1) {
            // The scope has one as well.
            if let Ok(number) = name.split('"').next().unwrap_or_default().parse() {
                self.take(number);
            }
        }
        Box::pin(async { Ok(Response { status: 200, ..Response::default() }) })
    }
}

#[test]
fn for_an_hour_nothing_grows_and_each_span_arrives_once() {
    // The harness keeps what a test prints, in this thread's memory: in a process of its own nothing is kept.
    if !std::env::args().any(|argument| argument == "--nocapture") {
        let this = std::thread::current();
        let mut alone = Command::new(std::env::current_exe().expect("the path of this program"));
        let output = alone.args(["--exact", this.name().expect("the test's name"), "--nocapture"]).output();
        let output = output.expect("this program once more");
        // Its standard output has lines like those that count tests.
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    fetch_later::support(true);
    let receiver = Sums::default();
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).build().expect("an exporter");
    let processor = BatchSpanProcessor::builder(exporter).with_spool(SpoolConfig::default()).build();
    let mut ended = 0;
    let mut held = Vec::with_capacity(6);
    for minute in 0..60 {
        let mut is_left = false;
        for second in 0..MINUTE {
            receiver.0.is_down.store(minute % 10 == 3 && second < 20, Ordering::Relaxed);
            match (minute % 10, second) {
                (5, 0) => raise(PageEvent::Hidden),
                (5, 30) => raise(PageEvent::Visible),
                (7, 0) => {
                    raise(PageEvent::Hidden);
                    raise(PageEvent::PageHide { persisted: true });
                    is_left = true;
                }
                (7, 20) => {
                    raise(PageEvent::PageShow);
                    raise(PageEvent::Visible);
                    is_left = false;
                }
                // A machine that sleeps: much time at once.
                (8, 0) => advance(SECOND * 600),
                _ => {}
            }
            // Nothing runs in a page that is in the cache.
            if !is_left {
                end(&processor, ended..ended + SPANS);
                ended += SPANS;
                advance(SECOND);
            }
        }
        checked(&processor);
        if minute % 10 == 9 {
            advance(SECOND * 30);
            drop(warnings());
            held.push((memory::held(), timers(), contents().len()));
        }
    }
    let counts = checked(&processor);
    let all = 0..ended as u64;
    let sums = [ended as u64, all.clone().sum(), all.map(|number| number * number).sum()];
    assert_eq!(receiver.seen(), sums, "{counts:?}");
    assert_eq!((counts.recorded, counts.exported), (ended as u64, ended as u64), "{counts:?}");
    // The first ten minutes fill most of what is kept for reuse; a queue may grow once more, by 11 KB. A byte of each span were
    // 60 KB.
    let (bytes, timers, stored) = held[0];
    for later in &held[1..] {
        let grown = later.0 - bytes;
        assert!(grown < 32 << 10 && (later.1, later.2) == (timers, stored), "{grown} bytes more: {held:?}");
    }
}
