//! Who is told what, and how often.

use std::sync::{Arc, Mutex};

use super::super::{Counters, Diagnosis};
use super::*;
use crate::delivery::ledger::{DropReason, Place};
use crate::platform::{advance, console, run_until_stalled};

fn error(cause: Cause) -> LastError {
    LastError::new(format!("it failed: {}", cause.name()), cause)
}

fn reported(reporter: Reporter) -> Arc<Counters> {
    let counters = Arc::<Counters>::default();
    counters.report_to(reporter);
    counters
}

#[test]
fn the_console_warns_once_per_cause_and_minute() {
    let counters = reported(Reporter::default());
    let fail = |cause| {
        counters.failed(error(cause));
        run_until_stalled();
    };
    fail(Cause::Timeout);
    fail(Cause::Timeout);
    fail(Cause::Status(503));
    fail(Cause::Status(500));
    fail(Cause::Status(503));
    let warnings = console::warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert_eq!(warnings[0], "opentelemetry-browser: it failed: timeout");
    advance(Duration::from_secs(59));
    fail(Cause::Timeout);
    assert!(console::warnings().is_empty());
    advance(Duration::from_secs(1));
    fail(Cause::Timeout);
    fail(Cause::Timeout);
    assert_eq!(console::warnings().len(), 1);
}

#[test]
fn the_console_is_silent_on_success_and_when_it_shall_be() {
    let counters = reported(Reporter::default());
    counters.delivered();
    run_until_stalled();
    assert!(console::warnings().is_empty());
    let mut reporter = Reporter::default();
    reporter.set_warns(false);
    let counters = reported(reporter);
    counters.failed(error(Cause::Timeout));
    run_until_stalled();
    assert!(console::warnings().is_empty());
}

#[test]
fn a_warning_waits_for_the_cause_and_has_the_advice() {
    let counters = reported(Reporter::default());
    assert!(counters.outage_begins());
    counters.failed(error(Cause::Unknown));
    run_until_stalled();
    assert!(console::warnings().is_empty(), "the cause is being looked for");
    counters.explained(Diagnosis::new(Cause::Cors).with_advice("allow it"));
    run_until_stalled();
    let warnings = console::warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("CORS") && warnings[0].ends_with("\nallow it"), "{}", warnings[0]);
}

#[test]
fn a_failure_that_is_over_before_its_cause_is_known_is_not_warned_of() {
    let counters = reported(Reporter::default());
    assert!(counters.outage_begins());
    counters.failed(error(Cause::Unknown));
    run_until_stalled();
    counters.answered();
    counters.delivered();
    counters.explained(Diagnosis::new(Cause::Unreachable));
    run_until_stalled();
    assert!(console::warnings().is_empty());
}

#[test]
fn the_callback_is_called_outside_of_all_locks_once_per_turn() {
    let calls = Arc::<Mutex<Vec<Diagnostics>>>::default();
    let slot = Arc::<Mutex<Option<Arc<Counters>>>>::default();
    let mut reporter = Reporter::default();
    let (noted, known) = (calls.clone(), slot.clone());
    reporter.set_callback(move |diagnostics| {
        noted.lock().unwrap().push(diagnostics.clone());
        // It may ask, and it may record.
        if let Some(counters) = &*known.lock().unwrap() {
            counters.ledger.admit(Place::Queued);
            assert_eq!(counters.snapshot().last_error, diagnostics.last_error);
        }
    });
    let counters = reported(reporter);
    *slot.lock().unwrap() = Some(counters.clone());
    counters.failed(error(Cause::Timeout));
    (0..7).for_each(|_| counters.ledger.admit(Place::Dropped(DropReason::Refused)));
    counters.lost();
    counters.failed(error(Cause::Status(400)));
    assert!(calls.lock().unwrap().is_empty(), "nobody is called before the event loop turns");
    run_until_stalled();
    counters.delivered();
    counters.delivered();
    run_until_stalled();
    let calls = calls.lock().unwrap();
    let errors: Vec<_> = calls.iter().map(|seen| seen.last_error.as_ref().map(|error| error.cause)).collect();
    assert_eq!(errors, [Some(Cause::Status(400)), None], "an error, and that it is over");
    assert_eq!(calls[0].dropped.refused, 7);
    *slot.lock().unwrap() = None;
}

#[test]
fn a_callback_that_loses_what_it_records_is_not_called_without_end() {
    let calls = Arc::<Mutex<usize>>::default();
    let slot = Arc::<Mutex<Option<Arc<Counters>>>>::default();
    let mut reporter = Reporter::default();
    let (counted, known) = (calls.clone(), slot.clone());
    reporter.set_callback(move |_| {
        *counted.lock().unwrap() += 1;
        assert!(*counted.lock().unwrap() < 100, "the event loop would never get on");
        // As a span that ends after the shutdown, or a log record that finds the queue full.
        known.lock().unwrap().as_ref().unwrap().came_too_late();
    });
    let counters = reported(reporter);
    *slot.lock().unwrap() = Some(counters.clone());
    counters.came_too_late();
    run_until_stalled();
    assert_eq!(*calls.lock().unwrap(), 1);
    (0..7).for_each(|_| counters.came_too_late());
    run_until_stalled();
    assert_eq!(*calls.lock().unwrap(), 1);
    advance(Duration::from_secs(1));
    run_until_stalled();
    assert_eq!(*calls.lock().unwrap(), 2, "nothing that was lost stays untold");
    // An error that is another is told at once, and what waits with it.
    counters.failed(error(Cause::Timeout));
    run_until_stalled();
    assert_eq!(*calls.lock().unwrap(), 3);
    *slot.lock().unwrap() = None;
}
