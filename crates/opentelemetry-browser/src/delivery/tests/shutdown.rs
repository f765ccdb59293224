//! The end of a processor.

use super::*;
use crate::platform::{advance, block_on, lifecycle, run_until_stalled};
use crate::testing::receiver::{Answer, status};

#[test]
fn a_shutdown_delivers_what_there_is_and_lets_go_of_everything() {
    let receiver = Receiver::new(status(200));
    let listeners = lifecycle::listeners();
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    assert_eq!(lifecycle::listeners(), listeners + 1);
    end(&processor, 0..5);
    assert_eq!(block_on(processor.shutdown()), Ok(report(5, 0, 0)));
    assert_eq!(receiver.delivered(), names(0..5));
    assert_eq!(lifecycle::listeners(), listeners);
    assert_eq!(timers_left(), 0);
    checked(&processor);
}

#[test]
fn spans_after_it_are_dropped_and_counted() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    end(&processor, 0..1);
    let shutdown = processor.shutdown();
    // It begins when it is called, not when it is awaited.
    end(&processor, 1..3);
    assert_eq!(failed(block_on(shutdown)), report(1, 0, 2));
    end(&processor, 3..4);
    let counts = checked(&processor);
    assert_eq!((counts.exported, counts.dropped.shutdown, counts.queued), (1, 3, 0));
    assert_eq!(receiver.delivered(), names(0..1));
    assert_eq!(failed(block_on(processor.flush())), report(0, 0, 1));
    assert_eq!(timers_left(), 0);
}

#[test]
fn a_second_one_does_nothing() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    end(&processor, 0..1);
    assert_eq!(block_on(processor.shutdown()), Ok(report(1, 0, 0)));
    assert_eq!(block_on(processor.shutdown()), Ok(report(0, 0, 0)));
    let trait_object: &dyn opentelemetry_sdk::trace::SpanProcessor = &processor;
    assert!(trait_object.shutdown().is_err(), "the trait says that it was shut down already");
    assert_eq!(receiver.sizes(), [1]);
}

#[test]
fn it_goes_on_when_nobody_waits_for_it() {
    let receiver = Receiver::new(status(200));
    let listeners = lifecycle::listeners();
    for by_trait in [false, true] {
        let processor = builder(&receiver).build();
        end(&processor, 0..2);
        if by_trait {
            let trait_object: &dyn opentelemetry_sdk::trace::SpanProcessor = &processor;
            trait_object.shutdown().expect("the first");
        } else {
            drop(processor.shutdown());
        }
        drop(processor);
        run_until_stalled();
        assert_eq!(lifecycle::listeners(), listeners);
        assert_eq!(timers_left(), 0);
    }
    assert_eq!(receiver.sizes(), [2, 2]);
}

#[test]
fn during_an_outage_what_is_left_is_dropped_and_counted() {
    let receiver = Receiver::new(Answer::Down);
    let listeners = lifecycle::listeners();
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    end(&processor, 0..5);
    advance(SECOND * 30);
    let error = block_on(processor.shutdown()).expect_err("nothing was delivered");
    assert_eq!(error.report(), report(0, 0, 5));
    assert!(error.to_string().contains("connection refused"), "{error}");
    let counts = checked(&processor);
    assert_eq!((counts.dropped.shutdown, counts.queued), (5, 0));
    assert_eq!((lifecycle::listeners(), timers_left()), (listeners, 0));
    receiver.set_usual(status(200));
    advance(SECOND * 600);
    assert_eq!(receiver.delivered(), names(0..0), "what was dropped is not sent after all");
}

#[test]
fn a_receiver_that_never_answers_cannot_hold_it_up() {
    let receiver = Receiver::new(Answer::Later);
    let listeners = lifecycle::listeners();
    let processor = builder(&receiver).with_max_export_batch_size(2).with_export_timeout(SECOND * 9).build();
    end(&processor, 0..5);
    let started = crate::platform::clock::uptime();
    assert_eq!(failed(block_on(processor.shutdown())), report(0, 0, 5));
    assert!(crate::platform::clock::uptime() - started < SECOND * 10);
    let counts = checked(&processor);
    assert_eq!((counts.dropped.shutdown, counts.queued), (5, 0));
    assert_eq!((receiver.under_way(), lifecycle::listeners(), timers_left()), (0, listeners, 0));
}

#[test]
fn what_was_handed_over_before_it_is_counted_when_it_is_answered() {
    for (answer, exported, dropped) in [(status(200), 3, 0), (Answer::Down, 0, 3), (status(503), 0, 3)] {
        let receiver = Receiver::new(Answer::Later);
        let processor = builder(&receiver).with_export_timeout(SECOND * 5).build();
        end(&processor, 0..3);
        lifecycle::raise(crate::platform::PageEvent::Hidden);
        assert_eq!(receiver.sizes(), [3]);
        assert_eq!(failed(block_on(processor.shutdown())), report(0, 3, 0));
        assert!(receiver.answer(answer));
        advance(std::time::Duration::from_millis(1));
        let counts = checked(&processor);
        assert_eq!((counts.exported, counts.dropped.shutdown, counts.queued), (exported, dropped, 0));
        assert_eq!(timers_left(), 0);
        lifecycle::raise(crate::platform::PageEvent::Visible);
    }
}
