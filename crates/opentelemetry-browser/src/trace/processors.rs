//! The processors of a provider: spans that start and end come in, each processor gets them in its own way.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "sdk")]
use opentelemetry::Context;
use opentelemetry::KeyValue;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanProcessor};

use crate::processor::BatchSpanProcessor;
use crate::resource::Description;

/// What a provider tells its processors. What one of upstream's needs is linked only where there is one.
pub(crate) trait Processor: Send + Sync {
    /// Learns what the spans are about.
    fn describe(&mut self, _resource: &Description) {}

    /// Sets attributes of a span that starts.
    fn at_start(&self, _set: &mut dyn FnMut(KeyValue)) {}

    /// Hears of a span of upstream's SDK that starts.
    #[cfg(feature = "sdk")]
    fn start(&self, span: &mut opentelemetry_sdk::trace::Span, _cx: &Context) {
        self.at_start(&mut |attribute| opentelemetry::trace::Span::set_attribute(span, attribute));
    }

    /// Whether log records are exported that belong to no trace that is recorded.
    #[cfg(feature = "logs")]
    fn keeps_logs(&self) -> bool {
        true
    }

    /// Whether it is given the spans that have ended.
    fn takes_ended(&self) -> bool {
        true
    }

    fn end(&self, _span: Arc<SpanData>) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    /// Two results as one: of those before it, and its own.
    fn join(&self, before: OTelSdkResult, own: OTelSdkResult) -> OTelSdkResult {
        before.and(own)
    }
}

pub(crate) type Processors = Vec<Box<dyn Processor>>;

/// This crate's takes a span as it is kept.
impl Processor for BatchSpanProcessor {
    fn describe(&mut self, resource: &Description) {
        Self::describe(self, resource);
    }

    fn end(&self, span: Arc<SpanData>) {
        self.take_in(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        SpanProcessor::force_flush(self)
    }

    fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.shutdown_with_timeout(timeout)
    }
}

/// Lets each set attributes of a span that starts.
pub(crate) fn at_start(processors: &[Box<dyn Processor>], set: &mut dyn FnMut(KeyValue)) {
    for processor in processors {
        processor.at_start(set);
    }
}

/// Gives a span that has ended to each; the last gets it without a copy.
pub(super) fn end(processors: &[Box<dyn Processor>], span: Arc<SpanData>) {
    let mut takers = processors.iter().filter(|processor| processor.takes_ended());
    let Some(mut processor) = takers.next() else { return };
    for next in takers {
        processor.end(span.clone());
        processor = next;
    }
    processor.end(span);
}

pub(super) fn force_flush(processors: &[Box<dyn Processor>]) -> OTelSdkResult {
    let mut all = Ok(());
    for processor in processors {
        all = processor.join(all, processor.force_flush());
    }
    all
}

pub(super) fn shutdown(processors: &[Box<dyn Processor>], timeout: Duration) -> OTelSdkResult {
    let mut all = Ok(());
    for processor in processors {
        all = processor.join(all, processor.shutdown(timeout));
    }
    all
}

impl fmt::Debug for dyn Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Processor")
    }
}
