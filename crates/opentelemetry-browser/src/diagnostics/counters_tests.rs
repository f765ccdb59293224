//! Where each span is counted, and when an outage begins, is explained, and ends.

use super::*;

fn network_error() -> LastError {
    LastError::new("http://localhost:4318/v1/traces: Failed to fetch", Cause::Unknown)
}

fn cause(counters: &Counters) -> Option<Cause> {
    counters.snapshot().last_error.map(|error| error.cause)
}

#[test]
fn each_recorded_span_is_in_one_place() {
    let counters = Arc::<Counters>::default();
    let balanced = |expected_queued: u64| {
        let Diagnostics { recorded, exported, dropped, in_doubt, queued, spooled, .. } = counters.snapshot();
        assert_eq!((recorded, queued), (exported + dropped.total() + in_doubt + spooled + queued, expected_queued));
    };
    let ledger = &counters.ledger;
    for _ in 0..10 {
        ledger.admit(Place::Queued);
    }
    balanced(10);
    ledger.shift(9, Place::Queued, Place::Batched);
    balanced(10);
    ledger.shift(3, Place::Batched, Place::Exported);
    ledger.shift(1, Place::Batched, Place::Dropped(DropReason::Rejected));
    ledger.shift(1, Place::Batched, Place::InDoubt);
    ledger.shift(2, Place::Batched, Place::Spooled);
    balanced(3);
    // Those of an earlier page are none of this one's.
    counters.resent(100);
    counters.sampled_out();
    balanced(3);
    assert_eq!((counters.snapshot().resent, counters.snapshot().sampled_out), (100, 1));
}

#[test]
fn a_cause_found_once_holds_for_the_whole_outage() {
    let counters = Arc::<Counters>::default();
    assert!(counters.outage_begins());
    counters.failed(network_error());
    assert!(!counters.outage_begins(), "there is one probe at a time, and one per outage");
    assert_eq!(cause(&counters), Some(Cause::Unknown));
    counters.explained(Diagnosis::new(Cause::Unreachable).with_advice("start it"));
    assert_eq!(cause(&counters), Some(Cause::Unreachable));
    counters.failed(network_error());
    let error = counters.snapshot().last_error.expect("it failed");
    assert_eq!((error.cause, error.advice.as_deref()), (Cause::Unreachable, Some("start it")));
    assert!(error.to_string().ends_with("(likely cause: nothing answers there)"), "{error}");
    assert!(!counters.outage_begins());
    counters.answered();
    counters.delivered();
    assert_eq!(cause(&counters), None);
    assert!(counters.outage_begins(), "the next outage may have another cause");
}

#[test]
fn a_cause_does_not_replace_what_is_known_nor_outlive_its_outage() {
    let counters = Arc::<Counters>::default();
    assert!(counters.outage_begins());
    counters.failed(LastError::status("HTTP status 400", 400));
    counters.explained(Diagnosis::new(Cause::Cors));
    assert_eq!(cause(&counters), Some(Cause::Status(400)));
    counters.answered();
    assert!(counters.outage_begins());
    counters.answered();
    counters.failed(network_error());
    counters.explained(Diagnosis::new(Cause::Cors));
    assert_eq!(cause(&counters), Some(Cause::Unknown), "the probe was of an outage that is over");
}

#[test]
fn a_storage_that_fails_does_not_hide_why_it_was_needed() {
    let counters = Arc::<Counters>::default();
    counters.spool_failed("denied");
    assert_eq!(cause(&counters), Some(Cause::Storage));
    counters.failed(LastError::status("HTTP status 503", 503));
    counters.spool_failed("denied");
    assert_eq!(cause(&counters), Some(Cause::Status(503)));
    crate::platform::run_until_stalled();
    let warnings = crate::platform::console::warnings();
    assert_eq!(warnings.len(), 2, "both are said: {warnings:?}");
}

#[test]
fn a_full_queue_is_an_error_unless_another_one_explains_it() {
    let counters = Arc::<Counters>::default();
    counters.queue_was_full("spans");
    assert_eq!(cause(&counters), Some(Cause::QueueFull));
    counters.failed(LastError::status("HTTP status 503", 503));
    counters.queue_was_full("spans");
    assert_eq!(cause(&counters), Some(Cause::Status(503)));
}
