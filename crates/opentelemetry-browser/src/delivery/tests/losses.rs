//! What a receiver refuses, and what a flush says about it.

use super::*;
use crate::platform::{block_on, run_until_stalled};
use crate::testing::receiver::{Answer, status};

fn rejecting(spans: u64, message: &str) -> Answer {
    let partial = serde_json::json!({"partialSuccess": {"rejectedSpans": spans.to_string(), "errorMessage": message}});
    Answer::Http(200, None, partial.to_string())
}

#[test]
fn what_the_receiver_rejects_is_dropped_counted_and_told() {
    let receiver = Receiver::new(rejecting(2, "too old"));
    let processor = builder(&receiver).build();
    end(&processor, 0..5);
    let error = block_on(processor.flush()).expect_err("two are lost");
    assert_eq!(error.report(), report(3, 0, 2));
    assert!(error.to_string().contains("rejected 2 of 5 spans: too old"), "{error}");
    let counts = checked(&processor);
    assert_eq!((counts.exported, counts.dropped.rejected), (3, 2));
}

#[test]
fn a_rejection_without_a_reason_is_told_all_the_same() {
    let receiver = Receiver::new(rejecting(5, ""));
    let processor = builder(&receiver).build();
    end(&processor, 0..5);
    let error = block_on(processor.flush()).expect_err("all are lost");
    assert!(error.to_string().contains("rejected 5 of 5 spans"), "{error}");
}

#[test]
fn a_warning_of_the_receiver_is_no_loss() {
    let receiver = Receiver::new(rejecting(0, "deprecated"));
    let processor = builder(&receiver).build();
    end(&processor, 0..5);
    assert_eq!(block_on(processor.flush()), Ok(report(5, 0, 0)));
    let error = processor.diagnostics().last_error.expect("the warning");
    assert!(error.to_string().contains("deprecated"), "{error}");
}

#[test]
fn what_is_refused_is_not_sent_again() {
    for code in [400, 401, 404] {
        let receiver = Receiver::new(status(code));
        let processor = builder(&receiver).build();
        end(&processor, 0..3);
        let error = block_on(processor.flush()).expect_err("refused");
        assert_eq!(error.report(), report(0, 0, 3));
        assert!(error.to_string().contains(&format!("HTTP status {code}")), "{error}");
        advance(SECOND * 300);
        assert_eq!(receiver.sizes(), [3]);
        assert_eq!(checked(&processor).dropped.refused, 3);
    }
}

#[test]
fn what_is_too_long_is_halved_until_it_is_taken() {
    let receiver = Receiver::new(status(200));
    receiver.set_most(3);
    let processor = builder(&receiver).build();
    end(&processor, 0..10);
    assert_eq!(block_on(processor.flush()), Ok(report(10, 0, 0)));
    assert_eq!(receiver.delivered(), (0..10).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(receiver.sizes(), [10, 5, 2, 3, 5, 2, 3]);
    checked(&processor);
}

#[test]
fn a_receivers_limit_is_learned_and_forgotten_slowly() {
    let receiver = Receiver::new(status(200));
    receiver.set_most(200);
    let processor = builder(&receiver).build();
    end(&processor, 0..512);
    assert_eq!(block_on(processor.flush()), Ok(report(512, 0, 0)));
    let sizes = receiver.sizes();
    assert!(sizes[0] > 200 && sizes[1..].iter().all(|size| *size <= 200), "{sizes:?}");
    // It takes more from now on.
    receiver.set_most(1000);
    for _ in 0..100 {
        end(&processor, 0..512);
        assert_eq!(block_on(processor.flush()), Ok(report(512, 0, 0)));
    }
    assert!(receiver.sizes().iter().rev().take(10).any(|size| *size == sizes[0]), "{:?}", receiver.sizes());
    checked(&processor);
}

#[test]
fn few_records_that_are_called_too_long_make_no_request_of_others_short() {
    let receiver = Receiver::new(status(200));
    receiver.set_poison("1", status(413));
    let processor = builder(&receiver).build();
    end(&processor, 0..4);
    assert_eq!(failed(block_on(processor.flush())), report(3, 0, 1));
    let before = receiver.sizes().len();
    end(&processor, 100..130);
    assert_eq!(block_on(processor.flush()), Ok(report(30, 0, 0)));
    assert_eq!(receiver.sizes()[before..], [30]);
}

#[test]
fn what_is_too_long_by_itself_is_lost_alone() {
    let receiver = Receiver::new(status(200));
    receiver.set_poison("1", status(413));
    let processor = builder(&receiver).build();
    end(&processor, 0..4);
    assert_eq!(failed(block_on(processor.flush())), report(3, 0, 1));
    let counts = checked(&processor);
    assert_eq!((counts.exported, counts.dropped.refused), (3, 1));
    assert_eq!(receiver.sizes(), [4, 2, 1, 1, 2], "halves, one of which is halved again");
}

#[test]
fn a_loss_before_a_flush_is_told_by_the_next_one_and_only_by_it() {
    let receiver = Receiver::new(status(200));
    receiver.then([status(400)]);
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    end(&processor, 0..2);
    advance(SECOND);
    end(&processor, 2..3);
    assert_eq!(failed(block_on(processor.flush())), report(1, 0, 2));
    assert_eq!(block_on(processor.flush()), Ok(report(0, 0, 0)));
}

#[test]
fn a_loss_beyond_a_flushs_target_is_told_by_the_next_one() {
    let receiver = Receiver::new(status(400));
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    let flush = processor.flush();
    let mut flush = std::pin::pin!(flush);
    // It starts the export, which is encoded only after further spans have ended: they share its request.
    assert!(poll_once(flush.as_mut()).is_none());
    end(&processor, 2..5);
    assert_eq!(failed(block_on(flush)), report(0, 0, 2));
    assert_eq!(receiver.sizes(), [5]);
    assert_eq!(failed(block_on(processor.flush())), report(0, 0, 3));
    assert_eq!(block_on(processor.flush()), Ok(report(0, 0, 0)));
}

#[test]
fn flushes_at_the_same_time_each_tell_of_their_own_spans() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    let mut first = std::pin::pin!(processor.flush());
    assert!(poll_once(first.as_mut()).is_none());
    run_until_stalled();
    end(&processor, 2..5);
    let mut second = std::pin::pin!(processor.flush());
    assert!(poll_once(second.as_mut()).is_none());
    assert!(receiver.answer(status(200)));
    run_until_stalled();
    assert_eq!(poll_once(first.as_mut()), Some(Ok(report(2, 0, 0))), "it does not wait for later spans");
    assert!(poll_once(second.as_mut()).is_none());
    assert!(receiver.answer(status(400)));
    run_until_stalled();
    assert_eq!(poll_once(second.as_mut()).map(failed), Some(report(2, 0, 3)));
}

#[test]
fn a_flush_that_was_dropped_takes_no_loss_with_it_and_no_other_flush() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).with_export_timeout(SECOND * 20).build();
    receiver.then([status(400)]);
    end(&processor, 0..1);
    advance(SECOND * 5);
    end(&processor, 1..3);
    {
        // It would have told of the first loss.
        let mut dropped = std::pin::pin!(processor.flush());
        assert!(poll_once(dropped.as_mut()).is_none());
    }
    run_until_stalled();
    assert!(receiver.answer(status(400)));
    run_until_stalled();
    end(&processor, 3..4);
    // Its request is never answered: the flush's own time is up.
    assert_eq!(failed(block_on(processor.flush())), report(0, 1, 3));
    checked(&processor);
}

#[test]
fn a_loss_that_one_of_two_flushes_has_told_is_not_told_again() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    let mut kept = std::pin::pin!(processor.flush());
    assert!(poll_once(kept.as_mut()).is_none());
    {
        let mut dropped = std::pin::pin!(processor.flush());
        assert!(poll_once(dropped.as_mut()).is_none());
    }
    run_until_stalled();
    assert!(receiver.answer(status(400)));
    run_until_stalled();
    assert_eq!(poll_once(kept.as_mut()).map(failed), Some(report(0, 0, 2)));
    assert_eq!(block_on(processor.flush()), Ok(report(0, 0, 0)));
}

#[test]
fn a_flush_settles_within_its_time() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).with_export_timeout(SECOND * 7).with_max_export_batch_size(2).build();
    receiver.then([status(200)]);
    end(&processor, 0..6);
    let started = crate::platform::clock::uptime();
    assert_eq!(failed(block_on(processor.flush())), report(2, 4, 0));
    let took = crate::platform::clock::uptime() - started;
    assert!(took >= SECOND * 7 && took <= SECOND * 7 + Duration::from_millis(50), "{took:?}");
    checked(&processor);
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
