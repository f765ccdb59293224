//! A page that is hidden, left, and shown again.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::platform::lifecycle::{self, raise};
use crate::platform::{PageEvent, block_on, crash, fetch_later, run_until_stalled, storage};
use crate::spool::SpoolConfig;
use crate::testing::receiver::{Answer, Sent, status};
use crate::transport::unload::{MAX_BYTES, MAX_REQUESTS, available};
use crate::transport::{BoxFuture, Request, Response, Transport, TransportError};

/// The bytes of requests that outlive the page.
fn keepalive_bytes(sent: &[Sent]) -> usize {
    sent.iter().filter(|sent| sent.request.keepalive).map(|sent| sent.request.body.len()).sum()
}

#[test]
fn what_is_queued_goes_before_the_event_is_over() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    end(&processor, 0..20);
    raise(PageEvent::Hidden);
    // Nothing ran in between: the page may never run again.
    assert_eq!(receiver.sizes(), [20]);
    assert!(receiver.sent()[0].request.keepalive);
    run_until_stalled();
    assert_eq!(checked(&processor).exported, 20);
    assert_eq!(available(), MAX_BYTES);
}

#[test]
fn requests_stay_within_the_budget_and_the_rest_follows_as_it_is_freed() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).build();
    end(&processor, 0..2000);
    raise(PageEvent::Hidden);
    run_until_stalled();
    let sent = receiver.sent();
    assert!(sent.iter().all(|sent| sent.request.keepalive));
    assert!(keepalive_bytes(&sent) <= MAX_BYTES, "{}", keepalive_bytes(&sent));
    assert!(keepalive_bytes(&sent) > MAX_BYTES - 500, "the budget is used: {}", keepalive_bytes(&sent));
    let first: usize = receiver.sizes().iter().sum();
    assert!(first > 100 && first < 2000);
    assert_eq!(checked(&processor).queued, 2000);
    receiver.set_usual(status(200));
    while receiver.answer(status(200)) {
        run_until_stalled();
    }
    assert_eq!(checked(&processor).exported, 2000);
    let mut delivered = receiver.delivered();
    delivered.sort_by_key(|name| name.parse::<usize>().expect("a number"));
    assert_eq!(delivered, names(0..2000));
    assert!(receiver.sent().iter().all(|sent| sent.request.keepalive && sent.request.body.len() <= MAX_BYTES));
}

#[test]
fn there_are_at_most_nine_requests() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).with_max_export_batch_size(1).build();
    end(&processor, 0..50);
    raise(PageEvent::Hidden);
    run_until_stalled();
    assert_eq!(receiver.sizes(), [1; MAX_REQUESTS]);
    assert_eq!(checked(&processor).queued, 50);
    // Each answer makes room for the next.
    for _ in 0..50 {
        assert!(receiver.answer(status(200)));
        run_until_stalled();
        assert!(receiver.under_way() <= MAX_REQUESTS);
        checked(&processor);
    }
    assert_eq!(receiver.delivered(), names(0..50));
}

#[test]
fn a_budget_that_others_use_up_is_waited_for() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    let taken = crate::transport::unload::Permit::acquire(MAX_BYTES);
    end(&processor, 0..3);
    raise(PageEvent::Hidden);
    run_until_stalled();
    assert_eq!(receiver.sizes().len(), 0);
    drop(taken);
    advance(SECOND * 5);
    assert_eq!(receiver.delivered(), names(0..3));
    assert!(receiver.sent()[0].request.keepalive);
}

#[test]
fn one_giant_span_does_not_hold_up_the_others() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    end_large(&processor, "giant", 100_000);
    end(&processor, 2..4);
    raise(PageEvent::Hidden);
    advance(SECOND * 10);
    assert_eq!(receiver.delivered(), ["0", "1", "giant", "2", "3"]);
    let plain: Vec<_> = receiver.sent().into_iter().filter(|sent| !sent.request.keepalive).collect();
    assert_eq!(plain.len(), 1);
    assert_eq!(plain[0].names, ["giant"]);
    checked(&processor);
}

#[test]
fn a_giant_span_goes_in_ordinary_life_too() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    end_large(&processor, "giant", 1_000_000);
    assert_eq!(block_on(processor.flush()), Ok(report(1, 0, 0)));
    assert!(!receiver.sent()[0].request.keepalive);
}

#[test]
fn a_hidden_page_that_lives_on_goes_on() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    raise(PageEvent::Hidden);
    end(&processor, 0..3);
    assert_eq!(block_on(processor.flush()), Ok(report(3, 0, 0)));
    end(&processor, 3..5);
    advance(SECOND * 5);
    raise(PageEvent::Visible);
    end(&processor, 5..6);
    advance(SECOND * 5);
    assert_eq!(receiver.delivered(), names(0..6));
    checked(&processor);
}

#[test]
fn a_hand_over_that_fails_while_the_page_lives_is_tried_again() {
    for answer in [Answer::Down, status(503)] {
        let receiver = Receiver::new(status(200));
        receiver.then([answer]);
        let processor = builder(&receiver).build();
        end(&processor, 0..3);
        raise(PageEvent::Hidden);
        assert_eq!(receiver.sizes(), [3]);
        advance(SECOND * 10);
        assert_eq!(receiver.delivered(), names(0..3));
        assert_eq!(checked(&processor).exported, 3);
        raise(PageEvent::Visible);
    }
}

#[test]
fn hand_overs_that_fail_in_any_order_are_tried_again_in_theirs() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    end(&processor, 0..8);
    raise(PageEvent::Hidden);
    assert_eq!(receiver.sizes(), [2; 4]);
    while receiver.answer_newest(Answer::Down) {
        run_until_stalled();
        checked(&processor);
    }
    receiver.set_usual(status(200));
    advance(SECOND * 120);
    assert_eq!(receiver.delivered(), names(0..8));
    checked(&processor);
}

#[test]
fn what_a_page_on_its_way_out_handed_over_is_not_sent_again() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).build();
    end(&processor, 0..3);
    raise(PageEvent::PageHide { persisted: true });
    assert_eq!(receiver.sizes(), [3]);
    // Back from the back/forward cache, the page is told that the request failed, though it may have arrived.
    raise(PageEvent::PageShow);
    assert!(receiver.answer(Answer::Down));
    advance(SECOND * 600);
    assert_eq!(receiver.sizes(), [3]);
    let counts = checked(&processor);
    assert_eq!((counts.exported, counts.in_doubt), (0, 3));
    assert!(counts.last_error.expect("it failed").to_string().contains("is not known"));
}

#[test]
fn what_the_receiver_turned_away_from_a_page_on_its_way_out_is_sent_again() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).build();
    end(&processor, 0..3);
    raise(PageEvent::PageHide { persisted: true });
    raise(PageEvent::PageShow);
    assert!(receiver.answer(status(503)));
    receiver.set_usual(status(200));
    advance(SECOND * 10);
    assert_eq!(receiver.delivered(), names(0..3));
    checked(&processor);
}

/// How many requests are in the spool.
fn records() -> usize {
    storage::contents().iter().filter(|(key, _)| !key.contains(':')).count()
}

#[test]
fn a_giant_span_of_a_page_that_is_left_goes_to_the_spool() {
    for has_fetch_later in [false, true] {
        fetch_later::support(has_fetch_later);
        let receiver = Receiver::new(Answer::Later);
        let processor = builder(&receiver).with_spool(SpoolConfig::default()).build();
        run_until_stalled();
        end_large(&processor, "giant", 100_000);
        end(&processor, 0..3);
        raise(PageEvent::PageHide { persisted: true });
        assert_eq!(receiver.sizes(), [3], "the others go; a plain request would end with the page");
        assert!(receiver.sent()[0].request.keepalive);
        assert_eq!(checked(&processor).spooled, 1);
        assert!(receiver.answer(status(200)));
        run_until_stalled();
        let counts = checked(&processor);
        assert_eq!((counts.exported, counts.spooled, counts.queued), (3, 1, 0));
        assert_eq!(records(), 1);
        crash();
        let _next = builder(&receiver).with_spool(SpoolConfig::default()).build();
        advance(SECOND);
        assert!(receiver.answer(status(200)));
        run_until_stalled();
        assert_eq!(receiver.delivered(), ["0", "1", "2", "giant"]);
    }
}

#[test]
fn a_plain_request_that_ends_with_the_page_is_no_delivery() {
    for resend_in_doubt in [false, true] {
        let receiver = Receiver::new(Answer::Later);
        let spool = SpoolConfig { resend_in_doubt, ..SpoolConfig::default() };
        let processor = builder(&receiver).with_spool(spool).build();
        let taken = crate::transport::unload::Permit::acquire(MAX_BYTES);
        end(&processor, 0..3);
        advance(SECOND * 5);
        assert!(!receiver.sent()[0].request.keepalive);
        raise(PageEvent::PageHide { persisted: true });
        assert_eq!(checked(&processor).spooled, 3, "it is cut off");
        drop(taken);
        receiver.set_usual(status(200));
        raise(PageEvent::PageShow);
        run_until_stalled();
        assert!(!receiver.answer(Answer::Down), "nobody waits for it");
        advance(SECOND * 10);
        assert_eq!(checked(&processor).exported, 3);
        assert_eq!(receiver.delivered(), names(0..3));
        raise(PageEvent::Visible);
        crash();
        storage::contents().into_iter().for_each(|(key, _)| storage::Storage.remove(&key));
    }
}

#[test]
fn full_batches_are_sent_whole_and_the_rest_so_that_it_can_outlive_the_page() {
    fetch_later::support(true);
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).with_max_export_batch_size(1000).build();
    for batch in 0..2_usize {
        end(&processor, batch * 1000..(batch + 1) * 1000);
    }
    end(&processor, 2000..2600);
    advance(SECOND * 6);
    let sent = receiver.sent();
    let (whole, rest) = sent.split_at(2);
    assert!(whole.iter().all(|sent| !sent.request.keepalive && sent.names.len() == 1000));
    assert!(rest.len() > 1 && rest.iter().all(|sent| sent.request.keepalive && sent.request.body.len() <= MAX_BYTES));
    assert_eq!(receiver.delivered().len(), 2600);
}

#[test]
fn a_page_that_is_about_to_be_left_sends_nothing_that_could_not_outlive_it() {
    fetch_later::support(true);
    for is_told in [false, true] {
        let receiver = Receiver::new(status(200));
        lifecycle::tell_of_leaving(is_told);
        let processor = builder(&receiver).build();
        end(&processor, 0..600);
        raise(PageEvent::Leaving);
        end(&processor, 600..1600);
        run_until_stalled();
        assert!(receiver.sent().iter().all(|sent| sent.request.keepalive));
        // The page has stayed.
        advance(SECOND * 60);
        end(&processor, 1600..2112);
        advance(SECOND);
        let plain = receiver.sent().iter().filter(|sent| !sent.request.keepalive).count();
        assert_eq!(plain, usize::from(is_told), "without notice a page may be left at any time");
        lifecycle::tell_of_leaving(true);
    }
}

#[test]
fn a_page_that_comes_back_sends_what_did_not_fit() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).build();
    end(&processor, 0..2000);
    raise(PageEvent::Hidden);
    raise(PageEvent::PageHide { persisted: true });
    assert!(keepalive_bytes(&receiver.sent()) <= MAX_BYTES);
    receiver.set_usual(status(200));
    raise(PageEvent::PageShow);
    raise(PageEvent::Visible);
    while receiver.answer(status(200)) {
        run_until_stalled();
    }
    advance(SECOND * 5);
    let mut delivered = receiver.delivered();
    delivered.sort_by_key(|name| name.parse::<usize>().expect("a number"));
    assert_eq!(delivered, names(0..2000));
    assert_eq!(checked(&processor).exported, 2000);
}

#[test]
fn nothing_queued_is_nothing_sent() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    for event in [PageEvent::Hidden, PageEvent::PageHide { persisted: false }, PageEvent::PageShow, PageEvent::Visible]
    {
        raise(event);
        advance(SECOND * 10);
    }
    assert_eq!(receiver.sizes().len(), 0);
    assert_eq!(timers_left(), 0);
    checked(&processor);
}

#[test]
fn what_ends_after_the_last_handler_is_handed_over_too() {
    for is_down in [false, true] {
        let receiver = Receiver::new(Answer::Later);
        let processor = builder(&receiver).with_spool(SpoolConfig::default()).build();
        if is_down {
            receiver.set_usual(Answer::Down);
            end(&processor, 0..1);
            advance(SECOND * 6);
        }
        raise(PageEvent::PageHide { persisted: false });
        let before = receiver.sizes().len();
        // A listener of the page's own, which came later; a microtask follows it, and no timer.
        end(&processor, 1..4);
        run_until_stalled();
        end(&processor, 4..5);
        run_until_stalled();
        if is_down {
            assert_eq!(checked(&processor).spooled, 5);
        } else {
            assert_eq!(receiver.sizes()[before..], [3, 1]);
            assert!(receiver.sent().iter().all(|sent| sent.request.keepalive));
        }
        crash();
        storage::contents().into_iter().for_each(|(key, _)| storage::Storage.remove(&key));
    }
}

#[test]
fn what_a_page_left_to_a_receiver_that_was_not_there_is_sent_by_the_next_one() {
    for is_back in [false, true] {
        let receiver = Receiver::new(Answer::Later);
        let processor = builder(&receiver).with_spool(SpoolConfig::default()).build();
        end(&processor, 0..3);
        // Nothing has failed yet: it is handed over.
        raise(PageEvent::PageHide { persisted: false });
        assert_eq!(receiver.sizes(), [3]);
        drop(processor);
        crash();
        receiver.set_usual(if is_back { status(200) } else { Answer::Down });
        let next = builder(&receiver).with_spool(SpoolConfig::default()).build();
        advance(SECOND * 10);
        receiver.set_usual(status(200));
        advance(SECOND * 60);
        let counts = next.diagnostics();
        // A receiver that is there has probably got them; one that is not has not.
        let expected = if is_back { (0, 3, vec![]) } else { (3, 0, names(0..3)) };
        assert_eq!((counts.resent, counts.spool_in_doubt, receiver.delivered()), expected);
        assert_eq!(storage::contents(), []);
        crash();
    }
}

/// A transport in whose first request the browser ends the script, as near as a panic comes to that.
#[derive(Debug)]
struct Ended(Receiver, AtomicBool);

impl Transport for Ended {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        assert!(self.1.swap(true, Ordering::Relaxed), "the script is ended");
        self.0.send(request)
    }
}

#[test]
fn a_script_that_the_browser_ends_while_the_page_is_left_loses_nothing() {
    let receiver = Receiver::new(Answer::Later);
    let transport = Ended(receiver.clone(), AtomicBool::new(false));
    let exporter = SpanExporter::builder().with_transport(transport).build().expect("an exporter");
    let processor =
        BatchSpanProcessor::builder(exporter).with_max_export_batch_size(2).with_spool(SpoolConfig::default()).build();
    end(&processor, 0..5);
    std::panic::catch_unwind(|| raise(PageEvent::PageHide { persisted: false })).expect_err("it is ended");
    let keys: Vec<_> = storage::contents().into_iter().map(|(key, _)| key.starts_with("doubt:")).collect();
    assert_eq!(keys, [false, true], "it is written before it is sent");
    run_until_stalled();
    assert_eq!(receiver.sizes(), [2, 1], "the others are sent in a microtask");
    let counts = checked(&processor);
    assert_eq!((counts.queued, counts.spooled), (5, 0), "what had begun may have been sent");
    crash();
    receiver.set_usual(Answer::Down);
    let next = builder(&receiver).with_spool(SpoolConfig::default()).build();
    advance(SECOND * 10);
    receiver.set_usual(status(200));
    advance(SECOND * 60);
    assert_eq!(receiver.delivered(), names(0..5));
    assert_eq!(next.diagnostics().resent, 5);
    assert_eq!(storage::contents(), []);
}

#[test]
fn a_page_that_is_asked_whether_it_may_be_left_has_a_copy_of_everything_by_then() {
    let receiver = Receiver::new(Answer::Later);
    let page = builder(&receiver).with_spool(SpoolConfig::default()).build();
    end(&page, 0..2000);
    raise(PageEvent::Unloading);
    let sent: usize = receiver.sizes().iter().sum();
    assert!(sent > 100, "{sent} are handed over");
    // Firefox ends the scripts that it tells of `pagehide`.
    crash();
    receiver.set_usual(Answer::Down);
    let next = builder(&receiver).with_spool(SpoolConfig::default()).build();
    advance(SECOND * 40);
    receiver.set_usual(status(200));
    advance(SECOND * 120);
    assert_eq!((next.diagnostics().resent, storage::contents()), (2000, vec![]));
    let mut delivered = receiver.delivered();
    delivered.sort_by_key(|name| name.parse::<usize>().expect("a number"));
    assert_eq!(delivered, names(0..2000));
}

#[test]
fn a_page_that_stays_after_all_sends_everything_once() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).with_spool(SpoolConfig::default()).build();
    end(&processor, 0..2000);
    raise(PageEvent::Unloading);
    end(&processor, 2000..2010);
    receiver.set_usual(status(200));
    while receiver.answer(status(200)) {
        run_until_stalled();
    }
    advance(SECOND * 60);
    assert_eq!((checked(&processor).exported, storage::contents()), (2010, vec![]));
    assert_eq!(receiver.delivered().len(), 2010);
}
