//! A request that the receiver will never take, among others that it does.

use super::*;
use crate::platform::lifecycle::raise;
use crate::platform::{PageEvent, crash, storage};
use crate::spool::SpoolConfig;
use crate::testing::receiver::{Answer, status};

/// Every way in which a receiver says "not now", for ever.
fn refusals() -> [Answer; 4] {
    let asking = |seconds: &str| Answer::Http(503, Some(seconds.to_owned()), String::new());
    [status(503), Answer::Down, asking("3"), asking("20")]
}

#[test]
fn one_bad_request_does_not_stop_the_others() {
    for refusal in refusals() {
        let receiver = Receiver::new(status(200));
        receiver.set_poison("5", refusal.clone());
        let processor = builder(&receiver).with_max_export_batch_size(20).build();
        // Four spans a second for a minute.
        for second in 0..60 {
            end(&processor, second * 4..second * 4 + 4);
            advance(SECOND);
        }
        let delivered = receiver.delivered().len();
        assert!(delivered > 150, "{delivered} after a minute of {refusal:?}");
        advance(SECOND * 300);
        let counts = checked(&processor);
        assert_eq!((counts.exported, counts.dropped.undeliverable, counts.queued), (239, 1, 0), "{refusal:?}");
        let mut delivered = receiver.delivered();
        delivered.sort_unstable();
        delivered.dedup();
        assert_eq!(delivered.len(), 239, "each of them once: {refusal:?}");
    }
}

#[test]
fn many_bad_requests_do_not_either() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    receiver.set_poison("bad", status(503));
    for number in 0..10 {
        processor.on_end(span("bad"));
        end(&processor, number..number + 1);
    }
    end(&processor, 10..20);
    advance(SECOND * 600);
    let counts = checked(&processor);
    assert_eq!((counts.exported, counts.dropped.undeliverable), (20, 10));
    assert_eq!(counts.last_error.map(|error| error.cause), Some(crate::Cause::Undeliverable));
}

#[test]
fn an_outage_of_hours_costs_no_span() {
    for answer in [Answer::Down, status(503)] {
        let receiver = Receiver::new(answer);
        let processor = builder(&receiver).with_max_export_batch_size(5).build();
        end(&processor, 0..50);
        advance(SECOND * 3600 * 6);
        assert_eq!(checked(&processor).queued, 50);
        receiver.set_usual(status(200));
        advance(SECOND * 120);
        let counts = checked(&processor);
        assert_eq!((counts.exported, counts.dropped.total()), (50, 0));
        assert_eq!(receiver.delivered().len(), 50);
    }
}

#[test]
fn what_a_flush_cannot_deliver_is_told_while_the_rest_is() {
    let receiver = Receiver::new(status(200));
    receiver.set_poison("0", status(503));
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    end(&processor, 0..6);
    assert_eq!(failed(crate::platform::block_on(processor.flush())), report(4, 2, 0));
    checked(&processor);
}

#[test]
fn one_bad_record_of_the_spool_does_not_stop_the_others_nor_the_next_pages() {
    for refusal in [status(503), Answer::Down] {
        let receiver = Receiver::new(Answer::Down);
        let processor = builder(&receiver).with_spool(SpoolConfig::default()).with_max_export_batch_size(10).build();
        for batch in 0..4_usize {
            end(&processor, batch * 10..batch * 10 + 10);
            advance(SECOND * 2);
        }
        advance(SECOND * 10);
        raise(PageEvent::PageHide { persisted: false });
        crash();
        receiver.set_usual(status(200));
        receiver.set_poison("5", refusal);
        let mut resent = 0;
        let mut lost = 0;
        // Pages that live for a few seconds each.
        for _ in 0..60 {
            let page = builder(&receiver).with_spool(SpoolConfig::default()).build();
            advance(SECOND * 35);
            let counts = page.diagnostics();
            resent += counts.resent;
            lost += counts.spool_lost;
            crash();
        }
        assert_eq!((resent, lost, storage::contents()), (39, 1, vec![]));
        let mut delivered = receiver.delivered();
        delivered.sort_unstable();
        delivered.dedup();
        assert_eq!(delivered.len(), 39);
    }
}
