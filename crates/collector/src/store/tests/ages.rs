//! How old traces are, whatever is done to the system's clock.

use std::time::Duration;

use super::{disk::TestDirectory, *};

const HOUR: u64 = TestClock::HOUR;

fn hours(age: u64) -> Limits {
    Limits { age: Duration::from_millis(age * HOUR), ..Limits::default() }
}

fn ahead(wall: u64) -> u64 {
    wall + TestClock::YEAR
}

fn behind(wall: u64) -> u64 {
    wall - TestClock::YEAR
}

fn at_1970(_: u64) -> u64 {
    0
}

/// How the system's time is set.
type Jump = fn(u64) -> u64;

const JUMPS: [Jump; 3] = [ahead, behind, at_1970];

/// Sets the clock, lets spans come, and sets it right again a second later.
fn jump(store: &Store, clock: &TestClock, to: Jump, trace: u8) {
    let right = clock.0.lock().unwrap().wall;
    clock.set(to);
    store.insert([span(trace, 1, 0, 5, "a")]);
    clock.pass(1_000);
    store.tick();
    clock.set(|_| right + 1_000);
    store.tick();
}

#[test]
fn a_jump_of_the_clock_makes_nothing_older_or_younger() {
    for to in JUMPS {
        let (directory, clock) = (TestDirectory::new(), TestClock::new());
        let store = directory.open_at(hours(10), &clock);
        clock.pass(HOUR);
        store.insert([span(1, 1, 0, 5, "a")]);
        clock.pass(2 * HOUR);
        jump(&store, &clock, to, 2);
        assert_eq!(kept_traces(&store), [1, 2].map(trace_id).into());
        clock.pass(HOUR);
        store.insert([span(3, 1, 0, 5, "a")]);
        for (passed, kept) in [(HOUR * 13 / 2, vec![1, 2, 3]), (HOUR, vec![2, 3]), (HOUR * 2, vec![3]), (HOUR, vec![])]
        {
            clock.pass(passed);
            store.tick();
            assert_eq!(kept_traces(&store), kept.into_iter().map(trace_id).collect(), "after {passed} more");
        }
    }
}

#[test]
fn a_jump_of_the_clock_is_nothing_to_later_runs() {
    for to in JUMPS {
        let (directory, clock) = (TestDirectory::new(), TestClock::new());
        let store = directory.open_at(hours(10), &clock);
        clock.pass(HOUR);
        store.insert([span(1, 1, 0, 5, "a")]);
        clock.pass(2 * HOUR);
        jump(&store, &clock, to, 2);
        drop(store);
        clock.pass(HOUR);
        let mut store = directory.open_at(hours(10), &clock);
        for (passed, kept) in [(3_000, vec![1, 2]), (HOUR * 13 / 2, vec![1, 2]), (HOUR, vec![2]), (HOUR * 2, vec![])] {
            clock.pass(passed);
            store.tick();
            assert_eq!(kept_traces(&store), kept.into_iter().map(trace_id).collect(), "after {passed} more");
            // Again and again.
            drop(store);
            store = directory.open_at(hours(10), &clock);
        }
    }
}

/// The clock is wrong when the program starts, for a short run.
#[test]
fn a_run_with_a_wrong_clock_loses_nothing() {
    for to in JUMPS {
        let (directory, clock) = (TestDirectory::new(), TestClock::new());
        let store = directory.open_at(hours(10), &clock);
        store.insert([span(1, 1, 0, 5, "a")]);
        drop(store);
        clock.pass(HOUR);
        let right = clock.0.lock().unwrap().wall;
        clock.set(to);
        let store = directory.open_at(hours(10), &clock);
        store.insert([span(2, 1, 0, 5, "a")]);
        clock.pass(1_000);
        store.tick();
        assert_eq!(kept_traces(&store), [1, 2].map(trace_id).into());
        drop(store);

        clock.set(|_| right + HOUR);
        let store = directory.open_at(hours(10), &clock);
        clock.pass(4_000);
        store.insert([span(3, 1, 0, 5, "a")]);
        assert_eq!(kept_traces(&store), [1, 2, 3].map(trace_id).into());
        drop(store);
        // Now it is known when the second one came: before the third one, at the latest.
        clock.pass(5 * HOUR);
        let store = directory.open_at(hours(10), &clock);
        clock.pass(4_000);
        store.tick();
        assert_eq!(kept_traces(&store), [1, 2, 3].map(trace_id).into());
        clock.pass(4 * HOUR);
        store.tick();
        assert!(!kept_traces(&store).contains(&trace_id(1)));
        clock.pass(2 * HOUR);
        store.tick();
        assert_eq!(kept_traces(&store), [].into());
    }
}

/// Of runs that each had another clock.
#[test]
fn whatever_clocks_were_there_everything_has_its_time() {
    let orders: [[Jump; 3]; 4] =
        [[ahead, at_1970, behind], [behind, ahead, at_1970], [ahead, ahead, behind], [at_1970, behind, ahead]];
    for clocks in orders {
        let (directory, clock) = (TestDirectory::new(), TestClock::new());
        let store = directory.open_at(hours(10), &clock);
        store.insert([span(1, 1, 0, 5, "a")]);
        drop(store);
        let right = clock.0.lock().unwrap().wall;
        for (trace, to) in (2..).zip(clocks) {
            clock.set(|_| to(right));
            directory.open_at(hours(10), &clock).insert([span(trace, 1, 0, 5, "a")]);
        }
        clock.set(|_| right);
        let store = directory.open_at(hours(10), &clock);
        clock.pass(5 * HOUR);
        store.insert([span(5, 1, 0, 5, "a")]);
        drop(store);
        for (passed, kept) in [(4 * HOUR, vec![1, 2, 3, 4, 5]), (2 * HOUR, vec![5]), (5 * HOUR, vec![])] {
            let store = directory.open_at(hours(10), &clock);
            clock.pass(passed);
            store.tick();
            let mut left = kept_traces(&store);
            if kept == [5] {
                // When it came is known from the next one, if its clock was ahead.
                left.remove(&trace_id(4));
            }
            assert_eq!(left, kept.into_iter().map(trace_id).collect(), "after {passed} more");
        }
    }
}

/// As earlier versions have written it: once the clock was ahead, everything that came after it is of that time.
#[test]
fn a_database_of_the_future_ages_as_others_do() {
    let (directory, clock) = (TestDirectory::new(), TestClock::new());
    let store = directory.open_at(hours(10), &clock);
    store.insert([span(1, 1, 0, 5, "a")]);
    drop(store);
    clock.set(ahead);
    let store = directory.open_at(hours(20_000), &clock);
    for trace in 2..5 {
        store.insert([span(trace, 1, 0, 5, "a")]);
        clock.pass(HOUR);
    }
    drop(store);
    clock.set(behind);
    let store = directory.open_at(hours(10), &clock);
    clock.pass(4_000);
    store.tick();
    assert_eq!(store.totals().traces, 4);
    clock.pass(7 * HOUR);
    store.tick();
    assert_eq!(kept_traces(&store), [2, 3, 4].map(trace_id).into());
    clock.pass(3 * HOUR);
    store.tick();
    assert_eq!(kept_traces(&store), [].into());
}

#[test]
fn sleep_and_time_off_count() {
    let (directory, clock) = (TestDirectory::new(), TestClock::new());
    let store = directory.open_at(hours(10), &clock);
    clock.pass(HOUR);
    for trace in 1..=2 {
        store.insert([span(trace, 1, 0, 5, "a")]);
        // The machine sleeps.
        clock.pass(6 * HOUR);
    }
    store.tick();
    assert_eq!(kept_traces(&store), [trace_id(2)].into());
    drop(store);
    // The program does not run.
    clock.pass(6 * HOUR);
    let store = directory.open_at(hours(10), &clock);
    clock.pass(4_000);
    store.tick();
    assert_eq!(kept_traces(&store), [].into());
}
