//! When and in what portions spans are exported.

use super::*;
use crate::platform::{block_on, run_until_stalled};
use crate::testing::receiver::{Answer, status};

#[test]
fn a_full_batch_goes_at_once() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).with_max_export_batch_size(3).build();
    end(&processor, 0..2);
    advance(SECOND);
    assert_eq!(receiver.sizes(), [] as [usize; 0]);
    end(&processor, 2..3);
    advance(Duration::ZERO);
    assert_eq!(receiver.sizes(), [3]);
    assert_eq!(checked(&processor).exported, 3);
}

#[test]
fn a_burst_goes_in_batches_and_the_rest_with_them() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).with_max_export_batch_size(3).build();
    end(&processor, 0..8);
    advance(Duration::ZERO);
    assert_eq!(receiver.sizes(), [3, 3, 2]);
    assert_eq!(receiver.delivered(), names(0..8));
    checked(&processor);
}

#[test]
fn the_oldest_span_waits_no_longer_than_the_delay() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).with_scheduled_delay(SECOND * 2).build();
    end(&processor, 0..1);
    advance(SECOND);
    end(&processor, 1..2);
    advance(Duration::from_millis(999));
    assert_eq!(receiver.sizes(), [] as [usize; 0]);
    assert_eq!(checked(&processor).queued, 2);
    advance(Duration::from_millis(1));
    assert_eq!(receiver.sizes(), [2]);
    // The next span waits as long again.
    end(&processor, 2..3);
    advance(SECOND);
    assert_eq!(receiver.sizes(), [2]);
    advance(SECOND);
    assert_eq!(receiver.sizes(), [2, 1]);
    assert_eq!(timers_left(), 0, "an idle processor has no timer");
}

#[test]
fn a_flush_does_not_wait_for_either() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).with_scheduled_delay(SECOND * 3600).with_max_export_batch_size(4).build();
    end(&processor, 0..10);
    assert_eq!(block_on(processor.flush()), Ok(report(10, 0, 0)));
    assert_eq!(receiver.sizes(), [4, 4, 2]);
    assert_eq!(block_on(processor.flush()), Ok(report(0, 0, 0)));
    assert_eq!(receiver.sizes().len(), 3, "nothing is sent for nothing");
}

#[test]
fn the_traits_flush_starts_the_work_and_returns() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    processor.force_flush().expect("it only starts");
    assert_eq!(receiver.sizes(), [] as [usize; 0]);
    run_until_stalled();
    assert_eq!(receiver.delivered(), names(0..2));
}

#[test]
fn one_export_at_a_time() {
    let receiver = Receiver::new(Answer::Later);
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    end(&processor, 0..7);
    advance(SECOND * 6);
    for expected in [1, 2, 3, 4] {
        assert_eq!(receiver.sizes().len(), expected);
        assert!(receiver.answer(status(200)));
        run_until_stalled();
        checked(&processor);
    }
    assert_eq!(receiver.most_under_way(), 1);
    assert_eq!(receiver.delivered(), names(0..7));
}

#[test]
fn spans_that_end_during_an_export_go_after_it() {
    let receiver = Receiver::new(status(200));
    receiver.then([Answer::Later]);
    let processor = builder(&receiver).with_max_export_batch_size(2).build();
    end(&processor, 0..2);
    advance(Duration::ZERO);
    end(&processor, 2..7);
    assert!(receiver.answer(status(200)));
    run_until_stalled();
    assert_eq!(receiver.sizes(), [2, 2, 2], "full batches at once");
    advance(SECOND * 5);
    assert_eq!(receiver.delivered(), names(0..7));
    checked(&processor);
}

#[test]
fn a_full_queue_drops_the_newest_and_counts_them() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).with_max_queue_size(5).build();
    end(&processor, 0..12);
    let counts = checked(&processor);
    assert_eq!((counts.recorded, counts.queued, counts.dropped.queue_full), (12, 5, 7));
    assert_eq!(failed(block_on(processor.flush())), report(5, 0, 7));
    assert_eq!(receiver.delivered(), names(0..5));
    assert_eq!(block_on(processor.flush()), Ok(report(0, 0, 0)), "a loss is told once");
    checked(&processor);
}

#[test]
fn a_batch_is_never_larger_than_the_queue() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).with_max_queue_size(4).with_max_export_batch_size(512).build();
    for start in [0, 4, 8] {
        end(&processor, start..start + 4);
        advance(Duration::ZERO);
    }
    assert_eq!(receiver.sizes(), [4, 4, 4]);
    assert_eq!(checked(&processor).dropped.total(), 0);
}

#[test]
fn zero_means_the_least_that_works() {
    let receiver = Receiver::new(status(200));
    let zero = crate::BatchConfig {
        max_queue_size: 0,
        max_queue_bytes: 0,
        max_export_batch_size: 0,
        scheduled_delay: Duration::ZERO,
        export_timeout: SECOND,
    };
    let processor = builder(&receiver).with_config(zero).build();
    end(&processor, 0..1);
    advance(Duration::ZERO);
    assert_eq!(receiver.delivered(), names(0..1));
}

#[test]
fn a_span_that_is_not_sampled_is_not_exported() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    let mut unsampled = span("unsampled");
    let context = unsampled.span_context;
    unsampled.span_context = opentelemetry::trace::SpanContext::new(
        context.trace_id(),
        context.span_id(),
        opentelemetry::trace::TraceFlags::NOT_SAMPLED,
        false,
        context.trace_state().clone(),
    );
    processor.on_end(unsampled);
    assert_eq!(block_on(processor.flush()), Ok(report(0, 0, 0)));
    assert_eq!(checked(&processor).recorded, 0);
    assert_eq!(receiver.sizes().len(), 0);
}

#[test]
fn several_processors_live_side_by_side() {
    let (one, other) = (Receiver::new(status(200)), Receiver::new(Answer::Down));
    let (first, second) = (builder(&one).build(), builder(&other).build());
    end(&first, 0..3);
    end(&second, 3..5);
    assert_eq!(block_on(first.flush()), Ok(report(3, 0, 0)));
    assert_eq!(failed(block_on(second.flush())), report(0, 2, 0));
    block_on(first.shutdown()).expect("all was delivered");
    other.set_usual(status(200));
    end(&second, 5..6);
    assert_eq!(block_on(second.flush()), Ok(report(3, 0, 0)), "the other's end is not this one's");
    assert_eq!(one.delivered(), names(0..3));
    assert_eq!(other.delivered(), names(3..6));
}

#[test]
fn dropping_every_handle_changes_nothing() {
    let receiver = Receiver::new(status(200));
    let processor = builder(&receiver).build();
    end(&processor, 0..2);
    let kept = processor.clone();
    drop(processor);
    advance(SECOND * 5);
    assert_eq!(receiver.delivered(), names(0..2));
    end(&kept, 2..3);
    advance(SECOND * 5);
    assert_eq!(receiver.delivered(), names(0..3));
}

#[test]
fn the_queue_is_bounded_in_bytes_and_one_span_fits_in_any_case() {
    let receiver = Receiver::new(Answer::Down);
    let processor = builder(&receiver).with_max_queue_bytes(1_000_000).build();
    for number in 0..100 {
        end_large(&processor, &number.to_string(), 100_000);
    }
    assert_eq!(checked(&processor).dropped.queue_full, 91);
    // Those that have failed count as well.
    advance(SECOND * 20);
    end_large(&processor, "more", 500_000);
    assert_eq!(checked(&processor).dropped.queue_full, 92);
    let alone = builder(&receiver).with_max_queue_bytes(1_000).build();
    end_large(&alone, "giant", 100_000);
    assert_eq!(checked(&alone).dropped.queue_full, 0);
}

#[test]
fn spans_are_encoded_once_and_in_slices() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (seen, receiver) = (std::sync::Arc::new(AtomicUsize::new(0)), Receiver::new(Answer::Down));
    let counted = seen.clone();
    let exporter = SpanExporter::builder()
        .with_transport(receiver.clone())
        .with_redaction(move |_: &mut opentelemetry_sdk::trace::SpanData| {
            counted.fetch_add(1, Ordering::Relaxed);
        })
        .build();
    let processor = BatchSpanProcessor::builder(exporter.expect("an exporter")).build();
    end(&processor, 0..10_000);
    assert_eq!(seen.load(Ordering::Relaxed), 0, "not while a span ends");
    advance(Duration::ZERO);
    let first = seen.load(Ordering::Relaxed);
    assert!(first <= 1100, "{first} in one turn: two batches at most");
    advance(SECOND * 120);
    assert_eq!(seen.load(Ordering::Relaxed), 10_000, "copies and attempts use the same bytes");
}
