//! How many traces a search by time looks at, whatever times the spans of others have.

use super::*;

const SECOND: u64 = 1_000_000_000;
/// In the year 2023.
const BASE: u64 = 1_700_000_000 * SECOND;

fn minute(number: u8) -> u64 {
    BASE + u64::from(number) * 60 * SECOND
}

/// The traces that are found in the last one of three hours and more, and how many are looked at for that.
fn found_in_an_hour(store: &Store) -> (Vec<TraceId>, usize) {
    let filter = Filter { start: minute(141)..=minute(200), ..Filter::default() };
    let looked_at = {
        let kept = store.inner.read();
        kept.times.around(&filter.start, &kept.traces).count()
    };
    (store.search(&filter, usize::MAX), looked_at)
}

#[test]
fn a_search_by_time_looks_at_what_it_finds() {
    let store = store(10_000);
    store.insert((1..=200).map(|number| span(number, 1, 0, minute(number), "a")));
    let (found, looked_at) = found_in_an_hour(&store);
    assert_eq!((found.len(), looked_at), (60, 60));
    // Times that nobody can mean, in a trace that goes on; alone; and together.
    store.insert([span(201, 1, 0, 0, "a"), span(201, 2, 1, minute(170), "a")]);
    store.insert([span(202, 1, 0, minute(180), "a"), span(202, 2, 1, u64::MAX, "a")]);
    store.insert([span(203, 1, 0, 0, "a")]);
    store.insert([span(204, 1, 0, u64::MAX, "a")]);
    store.insert((1..=40).map(|id| span(205 + id % 4, id, 0, if id % 8 < 4 { 0 } else { u64::MAX }, "a")));
    let (found, looked_at) = found_in_an_hour(&store);
    assert_eq!((found.len(), looked_at), (62, 62));
    assert_eq!(found.last(), Some(&trace_id(201)), "the one that starts first comes last");
    // Those that last for all of the time do not count when they have no span in it.
    assert!((205..=208).map(trace_id).all(|id| store.trace(id).is_some() && !found.contains(&id)));
}

#[test]
fn long_traces_are_found_by_each_of_their_spans_in_order() {
    let store = store(10_000);
    // Each has a span in every minute, and they come in an order of their own, the first one last.
    for minute in [7, 3, 9, 1, 0, 5, 8, 2, 6, 4] {
        store.insert((1..=5).map(|trace| {
            let start = BASE + minute * 60 * SECOND + u64::from(trace);
            span(trace, u8::try_from(minute).unwrap() + 1, 0, start, "a")
        }));
    }
    let all = [5, 4, 3, 2, 1].map(trace_id);
    for minute in 0..10 {
        let from = BASE + minute * 60 * SECOND;
        let filter = Filter { start: from..=from + SECOND, ..Filter::default() };
        assert_eq!(store.search(&filter, 10), all, "{minute}");
        assert_eq!(store.search(&filter, 2), all[..2], "{minute}");
        let one = Filter { start: from + 3..=from + 3, ..Filter::default() };
        assert_eq!(store.search(&one, 10), [trace_id(3)], "{minute}");
        let between = Filter { start: from + SECOND..=from + 40 * SECOND, ..Filter::default() };
        assert_eq!(store.search(&between, 10), [], "{minute}");
    }
}

#[test]
fn what_went_leaves_nothing_behind() {
    let store = store(6);
    let mut id = 0;
    for round in 0..50 {
        // Begins late, is found to have begun earlier, and lasts for long.
        for minutes in [5, 2, 9] {
            id += 1;
            store.insert([span(1 + round, id, 0, BASE + minutes * 60 * SECOND, "a")]);
        }
    }
    assert_eq!((kept_traces(&store).len(), store.inner.read().times.entries()), (2, [2, 4]));
}

#[test]
fn a_clock_that_is_ahead_does_not_come_first_for_ever() {
    let (directory, clock) = (disk::TestDirectory::new(), TestClock::new());
    let store = directory.open_at(Limits::default(), &clock);
    let now = || 50 * TestClock::YEAR * 1_000_000;
    let minutes = |minutes: u64| minutes * 60 * SECOND;
    let far = u64::MAX - SECOND;
    store.insert([span(1, 1, 0, far, "a")]);
    store.insert([span(2, 1, 0, now() + minutes(59), "a")]);
    clock.pass(60_000);
    store.insert([span(3, 1, 0, now() + minutes(1), "a")]);
    store.insert([span(4, 1, 0, far, "a"), span(4, 2, 1, now() - SECOND, "a")]);
    let listed = |store: &Store| store.newest(usize::MAX).iter().map(|trace| trace.trace_id).collect::<Vec<_>>();
    // A clock that is a little ahead is believed; a trace with one span that nobody can mean is where the other one is.
    let expected = [2, 3, 1, 4].map(trace_id);
    assert_eq!(listed(&store), expected);
    let in_future = Filter { start: far..=u64::MAX, ..Filter::default() };
    assert_eq!(store.search(&in_future, 9), [1, 4].map(trace_id), "it is found by its own time");
    // The rest of it comes, from a clock that is right.
    store.insert([span(1, 2, 1, now() + minutes(2), "a")]);
    assert_eq!(listed(&store), [2, 1, 3, 4].map(trace_id));
    assert_eq!(store.search(&in_future, 9), [1, 4].map(trace_id));
    drop(store);
    let store = directory.open_at(Limits { spans: 2, ..Limits::default() }, &clock);
    assert_eq!(store.search(&in_future, 9), [4].map(trace_id));
    drop(store);
    let store = directory.open_at(Limits { spans: 2, ..Limits::default() }, &clock);
    assert_eq!(
        (listed(&store).len(), store.inner.read().times.entries()),
        (1, [1, 1]),
        "nothing is left of the others"
    );
}
