//! What the store promises, in memory; with helpers for the tests beside it.

mod ages;
pub mod disk;
mod full;
pub mod logs;
mod looking;
mod lost;
mod metrics;
mod model;
mod times;

use std::{collections::BTreeSet, sync::Mutex};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1 as proto,
};

use super::{clock::Reading, summary::Share, *};
use crate::model::{Origin, SpanId};

fn origin(service: &str) -> Arc<Origin> {
    let value = Some(AnyValue { value: Some(Value::StringValue(service.into())) });
    let attributes = vec![KeyValue { key: "service.name".into(), value, ..Default::default() }];
    Arc::new(Origin::new(Resource { attributes, ..Default::default() }, InstrumentationScope::default()))
}

fn trace_id(number: u8) -> TraceId {
    TraceId::from_bytes(&[number; 16]).unwrap()
}

fn span(trace: u8, id: u8, parent: u8, start: u64, service: &str) -> Span {
    span_of(&origin(service), trace, id, parent, start)
}

fn span_of(origin: &Arc<Origin>, trace: u8, id: u8, parent: u8, start: u64) -> Span {
    let parent_span_id = if parent == 0 { vec![] } else { vec![parent; 8] };
    let span = proto::Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        parent_span_id,
        name: format!("span {id}"),
        start_time_unix_nano: start,
        end_time_unix_nano: start.saturating_add(10),
        ..Default::default()
    };
    Span::new(span, origin).unwrap()
}

fn store(spans: usize) -> Store {
    in_memory(Limits { spans, ..Limits::default() })
}

fn in_memory(limits: Limits) -> Store {
    Store::in_memory(limits).unwrap()
}

impl Store {
    /// Waits until they are kept, or are not.
    fn try_insert(&self, spans: impl IntoIterator<Item = Span>) -> Result<Inserted, Failed> {
        let mut draft = self.draft();
        spans.into_iter().for_each(|span| draft.add_span(span));
        wait(self.submit(draft).done())
    }

    /// Has what is due done; what is submitted from here on sees the clock as it is now.
    fn tick(&self) {
        assert_eq!(self.insert([]), Inserted::default());
    }

    fn insert(&self, spans: impl IntoIterator<Item = Span>) -> Inserted {
        self.try_insert(spans).expect("to be kept")
    }

    fn newest(&self, limit: usize) -> Vec<Summary> {
        self.summaries(&self.search(&Filter::default(), limit))
    }
}

fn drafted(store: &Store, span: Span) -> Draft {
    let mut draft = store.draft();
    draft.add_span(span);
    draft
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A clock that is set by the test, in milliseconds.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<Reading>>);

impl TestClock {
    const HOUR: u64 = 60 * 60 * 1_000;
    const YEAR: u64 = 365 * 24 * Self::HOUR;

    /// In a year that is long over.
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Reading { steady: 0, wall: 50 * Self::YEAR })))
    }

    fn clock(&self) -> Clock {
        let time = Arc::clone(&self.0);
        Clock::new(Box::new(move || *time.lock().unwrap()))
    }

    fn pass(&self, millis: u64) {
        let mut time = self.0.lock().unwrap();
        time.steady += millis;
        time.wall += millis;
    }

    /// Sets the system's time.
    fn set(&self, to: impl Fn(u64) -> u64) {
        let mut time = self.0.lock().unwrap();
        time.wall = to(time.wall);
    }

    fn now(&self) -> u64 {
        self.0.lock().unwrap().steady
    }
}

fn kept_traces(store: &Store) -> BTreeSet<TraceId> {
    store.newest(usize::MAX).iter().map(|summary| summary.trace_id).collect()
}

#[test]
fn a_summary_follows_its_spans_in_any_order() {
    let store = store(100);
    let mut failed = span(1, 3, 2, 15, "db");
    failed.status = opentelemetry_proto::tonic::trace::v1::status::StatusCode::Error.into();
    store.insert([failed, span(1, 2, 1, 5, "web")]);
    assert_eq!(store.newest(1)[0].root.name.as_ref(), "span 2", "the earliest while the root is missing");
    store.insert([span(1, 1, 0, 10, "web")]);

    let summary = &store.newest(1)[0];
    assert_eq!(summary.root.name.as_ref(), "span 1");
    assert_eq!((summary.start, summary.end, summary.spans, summary.errors), (5, 25, 3, 1));
    let share = |(name, share): (&Arc<str>, &Share)| (name.to_string(), share.spans, share.errors);
    let services: Vec<_> = summary.services.iter().map(share).collect();
    assert_eq!(services, [("db".into(), 1, 1), ("web".into(), 2, 0)]);
    assert_eq!(store.root(trace_id(1)).as_ref(), Some(&summary.root));
    assert_eq!(store.root(trace_id(2)), None);
    let starts: Vec<u64> = store.trace(trace_id(1)).unwrap().iter().map(|span| span.start).collect();
    assert_eq!(starts, [5, 10, 15]);
}

#[test]
fn spans_whose_parent_is_not_there_are_counted_until_it_is() {
    let store = store(200);
    let orphans = |trace| store.orphans([trace_id(trace)]);
    store.insert([span(1, 3, 2, 15, "db"), span(1, 4, 2, 16, "db"), span(1, 5, 4, 17, "db"), span(1, 6, 6, 18, "db")]);
    assert_eq!((orphans(1), orphans(2)), (vec![2], vec![0]), "of a trace that is not here there is none");
    store.insert([span(1, 2, 9, 5, "web")]);
    assert_eq!(orphans(1), [1], "the parent came, and is without its own");
    // So many that their ids are in a set.
    store.insert((1..=100).map(|id| span(3, id, id + 1, 0, "web")));
    assert_eq!(store.orphans([trace_id(1), trace_id(3)]), [1, 1]);
}

#[test]
fn of_two_spans_with_one_id_both_stay_unless_they_are_equal() {
    for further in [0, 40] {
        let store = store(100);
        // With many spans they are remembered in another way.
        store.insert((0..further).map(|number| span(1, 100 + number, 0, 5, "web")));
        let mut finished = span(1, 1, 0, 5, "web");
        finished.attributes.push(KeyValue { key: "k".into(), ..Default::default() });
        let all = || [span(1, 1, 0, 5, "web"), span(1, 1, 0, 5, "api"), finished.clone()];
        assert_eq!(store.insert(all()), Inserted { stored: 3, duplicates: 0, refused: 0 });
        assert_eq!(store.insert(all()), Inserted { stored: 0, duplicates: 3, refused: 0 });
        let mut spans = store.spans(trace_id(1)).unwrap().unwrap();
        let ids = spans.ids();
        assert!(ids.is_shared(SpanId::from_bytes(&[1; 8]).unwrap()));
        assert!(!ids.is_shared(SpanId::from_bytes(&[100; 8]).unwrap()));
        let spans: Vec<_> = spans.flatten().filter(|span| span.id.as_bytes() == &[1; 8]).collect();
        assert_eq!(spans.len(), 3);
        assert_eq!(store.totals().spans, 3 + usize::from(further));
    }
}

#[test]
fn the_oldest_trace_goes_first_with_its_service_and_bytes() {
    let store = store(4);
    store.insert([
        span(1, 1, 0, 500, "old"),
        span(2, 1, 0, 50, "new"),
        span(1, 2, 1, 501, "old"),
        span(3, 1, 0, 1, "new"),
    ]);
    assert_eq!(kept_traces(&store), [1, 2, 3].map(trace_id).into());
    // By arrival, not by start: a browser's clock may be wrong.
    store.insert([span(4, 1, 0, 2, "new")]);
    assert_eq!(kept_traces(&store), [2, 3, 4].map(trace_id).into());
    assert_eq!(store.services(), ["new".into()]);
    assert!(store.trace(trace_id(1)).is_none());

    let empty = in_memory(Limits::default());
    empty.insert([span(2, 1, 0, 50, "new"), span(3, 1, 0, 1, "new"), span(4, 1, 0, 2, "new")]);
    let (totals, others) = (store.totals(), empty.totals());
    assert_eq!((totals.traces, totals.spans), (others.traces, others.spans));
    assert!(totals.bytes > others.bytes, "two blocks take more than one");
}

#[test]
fn the_trace_that_grows_pushes_out_others_but_is_itself_bounded() {
    let store = store(3);
    store.insert([span(1, 1, 0, 0, "a"), span(2, 1, 0, 0, "a")]);
    let inserted = store.insert([span(1, 2, 1, 0, "a"), span(1, 3, 1, 0, "a"), span(1, 4, 1, 0, "a")]);
    assert_eq!(inserted, Inserted { stored: 2, duplicates: 0, refused: 1 });
    assert_eq!(kept_traces(&store), [trace_id(1)].into());
    assert_eq!(store.totals().spans, 3);
}

#[test]
fn bytes_are_bounded_too() {
    let limits = Limits { spans: 1000, bytes: 100_000, ..Limits::default() };
    let store = in_memory(limits);
    for number in 1..=50 {
        let mut big = span(number, 1, 0, 0, "a");
        big.status_message = "x".repeat(10_000);
        assert_eq!(store.insert([big]).stored, 1);
        assert!(store.totals().bytes <= limits.bytes);
    }
    assert_eq!(store.totals().traces, 9);
    let mut huge = span(99, 1, 0, 0, "a");
    huge.name = "x".repeat(100_000);
    assert_eq!(store.insert([huge]).refused, 1);
    assert_eq!(store.totals().traces, 9, "nothing went for a span that does not fit anyway");
}

#[test]
fn newest_first_by_start_and_no_more_than_asked_for() {
    let store = store(100);
    store.insert((1..=9).map(|number| span(number, 1, 0, u64::from(number % 5), "a")));
    let starts: Vec<u64> = store.newest(4).iter().map(|summary| summary.start).collect();
    assert_eq!(starts, [4, 4, 3, 3]);
    let first = Filter { start: 0..=0, ..Filter::default() };
    assert_eq!(store.search(&first, 4), [trace_id(5)]);
}

#[test]
fn who_follows_is_told_what_changed_and_fits() {
    let store = store(100);
    store.insert([span(1, 1, 0, 5, "web")]);
    let mut follower = store.follow();
    let (seen, _) = store.changed_since(0, &Filter::default());
    store.insert([span(2, 1, 0, 7, "web"), span(3, 1, 0, 6, "db"), span(2, 1, 0, 7, "web")]);
    assert!(follower.has_changed().unwrap());
    follower.mark_unchanged();
    let (latest, changed) = store.changed_since(seen, &Filter::default());
    assert_eq!(changed.unwrap(), [2, 3].map(trace_id), "newest start first");
    let of_db = Filter { service: Some("db".into()), ..Filter::default() };
    assert_eq!(store.changed_since(seen, &of_db).1.unwrap(), [trace_id(3)]);
    assert_eq!(store.search(&of_db, 5), [trace_id(3)]);
    let listed = |since, limit| store.listed(since, &Filter::default(), limit);
    assert_eq!(listed(Some(seen), 2), Listed { ids: [2, 3].map(trace_id).into(), version: latest, complete: false });
    assert_eq!(listed(Some(seen), 1), Listed { ids: vec![trace_id(2)], version: latest, complete: true }, "too many");
    for since in [None, Some(99)] {
        assert_eq!(listed(since, 9), Listed { ids: [2, 3, 1].map(trace_id).into(), version: latest, complete: true });
    }

    store.insert([span(2, 1, 0, 7, "web")]);
    assert!(!follower.has_changed().unwrap(), "a duplicate changes nothing");
    assert_eq!(store.changed_since(latest, &Filter::default()).1.unwrap().len(), 0);
    assert!(store.changed_since(99, &Filter::default()).1.is_none(), "of an earlier run");
}

#[test]
fn calls_between_services_are_counted() {
    let store = store(100);
    store.insert([span(1, 1, 0, 5, "web"), span(1, 2, 1, 6, "api"), span(1, 3, 1, 7, "api"), span(1, 4, 2, 8, "api")]);
    store.insert([span(2, 1, 0, 50, "web"), span(2, 2, 9, 51, "api")]);
    let calls = |start: RangeInclusive<u64>| {
        let found = store.dependencies(&start);
        found.iter().map(|one| (one.parent.to_string(), one.child.to_string(), one.calls)).collect::<Vec<_>>()
    };
    assert_eq!(calls(0..=u64::MAX), [("web".to_owned(), "api".to_owned(), 2)]);
    assert_eq!(calls(50..=u64::MAX), []);
}

#[test]
fn one_wrong_clock_does_not_empty_the_map_of_services() {
    let store = store(100_000);
    let day = 86_400_000_000_000;
    let calls = || store.dependencies(&(50 * day..=51 * day)).iter().map(|one| one.calls).sum::<u64>();
    store.insert([span(1, 1, 0, 50 * day, "web"), span(1, 2, 1, 50 * day, "api")]);
    assert_eq!(calls(), 1);
    // In a trace one clock is at 1970, in another one far ahead.
    store.insert([span(2, 1, 0, 50 * day, "web"), span(2, 2, 1, 0, "api"), span(2, 3, 1, 50 * day, "db")]);
    store.insert([span(3, 1, 0, 90 * day, "web"), span(3, 2, 1, 50 * day, "api")]);
    assert_eq!(calls(), 4);
    // A program by itself whose traces are the newest.
    let origin = origin("alone");
    for number in 0..21_000_u32 {
        let mut one = span_of(&origin, 9, 1, 0, 51 * day);
        one.trace_id = TraceId::parse(&format!("ff{number:x}")).unwrap();
        store.submit(drafted(&store, one));
    }
    store.tick();
    assert_eq!(calls(), 4);
}

#[test]
fn equal_origins_of_one_trace_are_kept_once() {
    let store = store(100);
    store.insert([span(1, 1, 0, 0, "a"), span(1, 2, 1, 1, "a")]);
    let spans = store.trace(trace_id(1)).unwrap();
    assert!(Arc::ptr_eq(&spans[0].origin, &spans[1].origin));
}
