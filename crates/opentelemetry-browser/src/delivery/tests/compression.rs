//! Compressed requests: once per request in life, and at once or not at all where there is no later.

use std::sync::Arc;

use super::*;
use crate::platform::lifecycle::raise;
use crate::platform::{PageEvent, block_on, compress, console, run_until_stalled};
use crate::testing::receiver::{Answer, Sent, status};
use crate::transport::unload::MAX_BYTES;
use crate::{Cause, Compression};

fn compressing(receiver: &Receiver, policy: RetryPolicy) -> BatchSpanProcessorBuilder<SpanExporter> {
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).with_retry(policy);
    let exporter = exporter.with_compression(Compression::Gzip).build().expect("an exporter");
    BatchSpanProcessor::builder(exporter).with_spool(None)
}

fn is_gzip(sent: &Sent) -> bool {
    let encodings: Vec<&str> = sent
        .request
        .headers
        .iter()
        .filter(|(name, _)| name == "content-encoding")
        .map(|(_, value)| value.as_str())
        .collect();
    assert!(encodings.is_empty() || encodings == ["gzip"], "{encodings:?}");
    assert_eq!(sent.request.body.starts_with(&[0x1f, 0x8b]), !encodings.is_empty(), "the header tells");
    !encodings.is_empty()
}

#[test]
fn requests_are_compressed_if_that_is_chosen() {
    let receiver = Receiver::new(status(200));
    let processor = compressing(&receiver, RetryPolicy::none()).build();
    end(&processor, 0..100);
    assert_eq!(block_on(processor.flush()), Ok(report(100, 0, 0)));
    let sent = receiver.sent();
    assert!(sent.iter().all(is_gzip));
    assert_eq!(receiver.delivered(), names(0..100));
    let plain = Receiver::new(status(200));
    let processor = builder(&plain).build();
    end(&processor, 0..100);
    assert_eq!(block_on(processor.flush()), Ok(report(100, 0, 0)));
    assert!(!plain.sent().iter().any(is_gzip));
    assert!(plain.sent()[0].request.body.len() > 5 * sent[0].request.body.len());
}

#[test]
fn a_request_is_compressed_once_for_all_attempts() {
    let receiver = Receiver::new(status(200));
    let policy = RetryPolicy { max_attempts: 2, ..RetryPolicy::default() };
    let processor = compressing(&receiver, policy).build();
    receiver.then([status(503), Answer::Down, status(502)]);
    end(&processor, 0..10);
    assert_eq!(failed(block_on(processor.flush())), report(0, 10, 0));
    advance(SECOND * 60);
    assert_eq!(checked(&processor).exported, 10);
    let mut sent = receiver.sent();
    // The receiver is asked whether it is there, too, by a request without spans.
    sent.retain(|sent| !sent.names.is_empty());
    assert_eq!(sent.len(), 4, "two attempts before the pause, two after it");
    assert!(sent.iter().all(is_gzip));
    assert!(sent.iter().all(|later| Arc::ptr_eq(&later.request.body, &sent[0].request.body)));
}

#[test]
fn a_page_that_is_hidden_does_not_wait_for_compression() {
    compress::provide(true, false);
    let receiver = Receiver::new(status(200));
    let processor = compressing(&receiver, RetryPolicy::none()).build();
    end(&processor, 0..5);
    processor.driver.export_soon();
    run_until_stalled();
    assert!(receiver.sent().is_empty(), "it is being compressed");
    end(&processor, 5..8);
    raise(PageEvent::Hidden);
    assert_eq!(receiver.sizes(), [5, 3]);
    assert!(!receiver.sent().iter().any(is_gzip));
    advance(SECOND);
    assert_eq!(receiver.delivered(), names(0..8), "each of them once");
    assert_eq!(checked(&processor).exported, 8);
    raise(PageEvent::Visible);
    end(&processor, 8..9);
    assert_eq!(block_on(processor.flush()), Ok(report(1, 0, 0)));
    assert!(receiver.sent().last().is_some_and(is_gzip));
}

#[test]
fn a_shutdown_waits_for_compression() {
    let receiver = Receiver::new(status(200));
    let processor = compressing(&receiver, RetryPolicy::none()).build();
    end(&processor, 0..5);
    assert_eq!(block_on(processor.shutdown()), Ok(report(5, 0, 0)));
    assert_eq!(checked(&processor).exported, 5);
    assert_eq!(timers_left(), 0);
}

#[test]
fn without_compression_streams_requests_go_as_they_are_and_that_is_said_once() {
    compress::provide(false, false);
    let receiver = Receiver::new(status(200));
    let told = std::sync::Arc::<std::sync::Mutex<Vec<_>>>::default();
    let noted = told.clone();
    let processor = compressing(&receiver, RetryPolicy::none())
        .with_diagnostics_callback(move |diagnostics| {
            noted.lock().expect("nobody panics").extend(diagnostics.last_error.as_ref().map(|error| error.cause));
        })
        .build();
    receiver.then([Answer::Later, Answer::Later]);
    for _ in 0..2 {
        end(&processor, 0..5);
        processor.driver.export_soon();
        run_until_stalled();
        assert!(receiver.answer(status(200)));
        run_until_stalled();
    }
    assert_eq!(checked(&processor).exported, 10);
    assert!(!receiver.sent().iter().any(is_gzip));
    assert_eq!(*told.lock().expect("nobody panics"), [Cause::NoCompression]);
    assert_eq!(console::warnings().len(), 1);
    compress::provide(true, false);
}

#[test]
fn an_encoder_that_needs_no_waiting_carries_several_times_the_spans_out_of_a_page() {
    let spans = |has_encoder| {
        compress::provide(true, has_encoder);
        let receiver = Receiver::new(Answer::Later);
        let processor = compressing(&receiver, RetryPolicy::none()).build();
        end(&processor, 0..16_000);
        raise(PageEvent::Hidden);
        let sent = receiver.sent();
        assert!(sent.iter().all(|sent| is_gzip(sent) == has_encoder && sent.request.keepalive));
        let bytes: usize = sent.iter().map(|sent| sent.request.body.len()).sum();
        assert!(bytes <= MAX_BYTES, "{bytes}");
        checked(&processor);
        let spans: usize = receiver.sizes().iter().sum();
        receiver.set_usual(status(200));
        while receiver.answer(status(200)) {
            run_until_stalled();
        }
        advance(SECOND * 60);
        assert_eq!(checked(&processor).exported, 16_000, "the rest follows");
        assert_eq!(receiver.delivered().len(), 16_000, "each of them once");
        raise(PageEvent::Visible);
        spans
    };
    let (plain, compressed) = (spans(false), spans(true));
    assert!(compressed > 5 * plain, "{compressed} against {plain}");
    compress::provide(true, false);
}

#[test]
fn compressed_requests_are_cut_to_the_room_there_is() {
    compress::provide(true, true);
    let receiver = Receiver::new(Answer::Later);
    let processor = compressing(&receiver, RetryPolicy::none()).build();
    let room = 5_000;
    let taken = crate::transport::unload::Permit::acquire(MAX_BYTES - room);
    // What is random does not become shorter, so the first guess of how many fit is far too high.
    for number in 0..200_u64 {
        let noise: String = (0..200_u64).map(|at| noise_character(number * 1000 + at)).collect();
        let mut noisy = span(number.to_string());
        noisy.attributes = vec![opentelemetry::KeyValue::new("noise", noise)];
        processor.on_end(noisy);
    }
    raise(PageEvent::Hidden);
    let sent = receiver.sent();
    let bytes: usize = sent.iter().map(|sent| sent.request.body.len()).sum();
    assert!(bytes <= room, "{bytes}");
    assert!(bytes > room / 2, "the room is used: {bytes}");
    drop(taken);
    receiver.set_usual(status(200));
    while receiver.answer(status(200)) {
        run_until_stalled();
    }
    advance(SECOND * 60);
    assert_eq!(receiver.delivered().len(), 200);
    raise(PageEvent::Visible);
    compress::provide(true, false);
}

fn noise_character(seed: u64) -> char {
    let mixed = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    char::from(b'0' + ((mixed >> 40) % 75) as u8)
}
