//! A receiver that cannot be reached, and comes back.

use super::*;
use crate::Cause;
use crate::platform::lifecycle::raise;
use crate::platform::{PageEvent, StoredRecord, block_on, clock, run_until_stalled, storage};
use crate::spool::SpoolConfig;
use crate::testing::receiver::{Answer, status};

#[test]
fn nothing_is_lost_doubled_or_reordered() {
    let receiver = Receiver::new(Answer::Down);
    let processor = builder(&receiver).with_max_export_batch_size(3).build();
    end(&processor, 0..7);
    assert_eq!(failed(block_on(processor.flush())), report(0, 7, 0));
    advance(SECOND * 7);
    end(&processor, 7..9);
    advance(SECOND * 300);
    let counts = checked(&processor);
    assert_eq!((counts.queued, counts.dropped.total()), (9, 0));
    assert!(counts.last_error.expect("the outage").to_string().contains("connection refused"));
    receiver.set_usual(status(200));
    advance(SECOND * 60);
    assert_eq!(receiver.delivered(), names(0..9));
    let counts = checked(&processor);
    assert_eq!((counts.exported, counts.queued, counts.last_error), (9, 0, None));
    assert_eq!(timers_left(), 0);
}

#[test]
fn pauses_grow_up_to_a_minute() {
    let receiver = Receiver::new(Answer::Down);
    let processor = builder(&receiver).build();
    end(&processor, 0..1);
    advance(SECOND * 400);
    let times: Vec<Duration> = receiver.sent().iter().map(|sent| sent.at).collect();
    let pauses: Vec<u64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(pauses[..6], [5, 10, 20, 40, 60, 60]);
    checked(&processor);
}

#[test]
fn new_spans_do_not_hurry_during_an_outage() {
    let receiver = Receiver::new(Answer::Down);
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    end(&processor, 0..2);
    advance(Duration::ZERO);
    let before = receiver.sent().len();
    end(&processor, 2..40);
    advance(SECOND);
    assert_eq!(receiver.sent().len(), before);
    receiver.set_usual(status(200));
    advance(SECOND * 5);
    assert_eq!(receiver.delivered(), names(0..40));
}

#[test]
fn a_parked_request_is_sent_again_as_it_is() {
    let receiver = Receiver::new(Answer::Down);
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    advance(SECOND * 30);
    let sent = receiver.sent();
    assert!(sent.len() > 2);
    for again in &sent[1..] {
        assert!(std::sync::Arc::ptr_eq(&sent[0].request.body, &again.request.body), "encoded once");
    }
    assert_eq!(failed(block_on(processor.shutdown())), report(0, 0, 2));
}

#[test]
fn what_is_parked_counts_against_the_queue() {
    let receiver = Receiver::new(Answer::Down);
    let processor = builder(&receiver).with_max_queue_size(4).build();
    end(&processor, 0..4);
    advance(SECOND);
    end(&processor, 4..7);
    let counts = checked(&processor);
    assert_eq!((counts.queued, counts.dropped.queue_full), (4, 3));
    receiver.set_usual(status(200));
    assert_eq!(failed(block_on(processor.flush())), report(4, 0, 3));
    assert_eq!(receiver.delivered(), names(0..4));
}

#[test]
fn a_flush_tries_at_once_whatever_the_pause() {
    let receiver = Receiver::new(Answer::Down);
    let processor = builder(&receiver).build();
    end(&processor, 0..1);
    advance(SECOND * 100);
    receiver.set_usual(status(200));
    assert_eq!(block_on(processor.flush()), Ok(report(1, 0, 0)));
}

#[test]
fn a_timeout_of_the_export_is_an_outage() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).with_export_timeout(SECOND * 3).build();
    end(&processor, 0..2);
    advance(SECOND * 9);
    assert_eq!(receiver.under_way(), 0, "what takes too long is given up");
    assert_eq!(checked(&processor).queued, 2);
    assert!(processor.diagnostics().last_error.expect("the time-out").to_string().contains("within 3s"));
    receiver.set_usual(status(200));
    advance(SECOND * 60);
    assert_eq!(receiver.delivered(), names(0..2));
    checked(&processor);
}

#[test]
fn the_timeout_is_that_of_a_batch_with_all_of_its_attempts() {
    let receiver = Receiver::new(Answer::Later);
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).with_timeout(SECOND * 10).build();
    let processor = BatchSpanProcessor::builder(exporter.expect("an exporter")).with_spool(None).build();
    end(&processor, 0..2);
    advance(SECOND * 5);
    advance(SECOND * 6);
    assert!(receiver.answer(status(503)));
    advance(SECOND * 3);
    let sent = receiver.sent();
    assert_eq!((sent.len(), receiver.under_way()), (2, 1));
    assert_eq!(sent[1].at + sent[1].request.timeout, sent[0].at + SECOND * 10, "a second attempt has what is left");
    advance(SECOND * 2);
    assert_eq!((receiver.sent().len(), receiver.under_way()), (2, 0), "both have had their ten seconds");
    assert_eq!(checked(&processor).queued, 2);
    let error = processor.diagnostics().last_error.expect("the time-out");
    assert!(error.message.contains("within 10s") && error.message.contains("503"), "{error}");
    assert_eq!(error.cause, Cause::Status(503), "the attempt before says more");
    receiver.set_usual(status(200));
    advance(SECOND * 60);
    assert_eq!(receiver.delivered(), names(0..2));
    checked(&processor);
}

#[test]
fn each_attempt_has_time_for_its_answer() {
    // Three pauses of this length would leave half a second to a fourth attempt.
    const ALL: Duration = Duration::from_millis(9500);
    for answer in [Answer::Http(503, Some("3".into()), String::new()), Answer::Down] {
        let receiver = Receiver::new(answer);
        let exporter = SpanExporter::builder().with_transport(receiver.clone()).with_timeout(ALL).build();
        let processor = BatchSpanProcessor::builder(exporter.expect("an exporter")).with_spool(None).build();
        end(&processor, 0..2);
        advance(SECOND * 100);
        let times: Vec<_> = receiver.sent().iter().map(|sent| sent.request.timeout).collect();
        assert!(times.len() > 3 && times.iter().all(|time| *time >= SECOND), "{times:?}");
        checked(&processor);
    }
}

#[test]
fn a_receiver_that_says_when_is_asked_then() {
    let receiver = Receiver::new(status(200));
    receiver.then([Answer::Http(503, Some("37".into()), String::new())]);
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    advance(SECOND * 5);
    end(&processor, 2..3);
    advance(SECOND * 36);
    assert_eq!(receiver.sizes(), [2]);
    advance(SECOND);
    assert_eq!(receiver.delivered(), names(0..3));
}

#[test]
fn a_receiver_that_says_never_is_asked_after_an_hour() {
    let receiver = Receiver::new(status(200));
    receiver.then([Answer::Http(429, Some("99999999999999999999".into()), String::new())]);
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    advance(SECOND * 3604);
    assert_eq!(receiver.sizes(), [2]);
    advance(SECOND);
    assert_eq!(receiver.delivered(), names(0..2));
}

#[test]
fn a_receiver_that_always_says_at_once_is_not_stormed() {
    let receiver = Receiver::new(Answer::Http(503, Some("0".into()), String::new()));
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    run_until_stalled();
    advance(SECOND * 60);
    assert!(receiver.sent().len() < 10, "{} requests in a minute", receiver.sent().len());
    checked(&processor);
}

#[test]
fn a_request_that_is_under_way_does_not_suffer_from_another_that_fails() {
    let record = StoredRecord {
        format: 1,
        url: "http://localhost:4318/v1/traces".to_owned(),
        created: clock::date_now(),
        spans: 1,
        attempts: 0,
        body: br#"{"resourceSpans":[]}"#.to_vec(),
    };
    storage::plant("00000000000001-gone-0", Some(record));
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).with_spool(SpoolConfig::default()).build();
    end(&processor, 0..3);
    advance(SECOND * 5);
    assert_eq!(receiver.sizes(), [0, 3], "one out of the spool, and one of this page");
    assert!(receiver.answer(Answer::Down));
    run_until_stalled();
    // The receiver may still be there: what is queued is handed over.
    end(&processor, 3..5);
    raise(PageEvent::Hidden);
    assert_eq!(receiver.sizes(), [0, 3, 2]);
    raise(PageEvent::PageHide { persisted: true });
    assert_eq!(checked(&processor).spooled, 0, "what is under way is not left to the next page as well");
    raise(PageEvent::PageShow);
    while receiver.answer(status(200)) {}
    run_until_stalled();
    assert_eq!(checked(&processor).exported, 5);
}

#[test]
fn a_hidden_page_without_room_does_not_look_for_it_all_the_time() {
    let receiver = Receiver::new(Answer::Down);
    let processor = builder(&receiver).build();
    end(&processor, 0..3);
    advance(SECOND * 5);
    let taken = crate::transport::unload::Permit::acquire(crate::transport::unload::MAX_BYTES);
    raise(PageEvent::Hidden);
    end(&processor, 3..5);
    // A timer that is set for now again and again would not let this come to its end.
    advance(SECOND * 300);
    drop(taken);
    receiver.set_usual(status(200));
    advance(SECOND * 120);
    assert_eq!(checked(&processor).exported, 5);
    raise(PageEvent::Visible);
}
