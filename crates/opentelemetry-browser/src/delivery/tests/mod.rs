//! The processor on the virtual clock, between spans made by hand and a scripted receiver.

mod batching;
mod compression;
mod endurance;
mod foreign;
mod hidden;
mod invariants;
mod losses;
mod outage;
mod poison;
mod provider;
mod shutdown;
mod suppression;

use std::time::Duration;

use opentelemetry_sdk::trace::SpanProcessor as _;

use super::{BatchSpanProcessor, BatchSpanProcessorBuilder, FlushReport};
use crate::platform::{advance, timers};
use crate::testing::receiver::Receiver;
use crate::testing::span;
use crate::transport::retry::RetryPolicy;
use crate::{Diagnostics, FlushError, SpanExporter};

const SECOND: Duration = Duration::from_secs(1);

/// A processor whose requests are tried once, with nowhere to keep what cannot be sent.
fn builder(receiver: &Receiver) -> BatchSpanProcessorBuilder<SpanExporter> {
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).with_retry(RetryPolicy::none()).build();
    BatchSpanProcessor::builder(exporter.expect("an exporter")).with_spool(None)
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

/// Ends spans of these names.
fn end(processor: &BatchSpanProcessor, numbers: std::ops::Range<usize>) {
    for name in names(numbers) {
        processor.on_end(span(name));
    }
}

/// Ends a span whose request has about this many bytes.
fn end_large(processor: &BatchSpanProcessor, name: &str, bytes: usize) {
    let mut large = span(name);
    large.attributes = vec![opentelemetry::KeyValue::new("blob", "x".repeat(bytes))];
    processor.on_end(large);
}

/// The counts, checked: every span is in one place.
fn checked(processor: &BatchSpanProcessor) -> Diagnostics {
    let counts = processor.diagnostics();
    let held = processor.driver.held();
    assert_eq!(counts.queued, held, "what is held, of {counts:?}");
    assert_eq!(
        counts.recorded,
        counts.exported + counts.dropped.total() + counts.queued + counts.spooled + counts.in_doubt,
        "{counts:?}"
    );
    counts
}

fn report(delivered: u64, retrying: u64, dropped: u64) -> FlushReport {
    FlushReport { delivered, retrying, dropped, ..FlushReport::default() }
}

fn failed(result: Result<FlushReport, FlushError>) -> FlushReport {
    result.expect_err("not everything was delivered").report()
}

/// Lets everything end that is to end by itself, then looks for timers that are left.
fn timers_left() -> usize {
    advance(Duration::from_millis(1));
    timers()
}
