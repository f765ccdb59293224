//! The processors of a provider: spans that start and end come in, each processor gets them in its own way.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
#[cfg(feature = "sdk")]
use opentelemetry::{Context, trace::Span as _};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
#[cfg(feature = "sdk")]
use opentelemetry_sdk::trace::Span;
use opentelemetry_sdk::trace::{SpanData, SpanProcessor};

use crate::processor::BatchSpanProcessor;
use crate::resource::Description;

/// Sets attributes of spans that start.
pub(crate) trait AtStart: fmt::Debug + Send + Sync {
    fn attributes(&self, set: &mut dyn FnMut(KeyValue));
}

#[derive(Debug)]
pub(crate) enum Processor {
    /// This crate's, which takes a span as it is kept.
    Batch(BatchSpanProcessor),
    AtStart(Box<dyn AtStart>),
    #[cfg(feature = "sdk")]
    Other(Box<dyn SpanProcessor>),
}

// Each call by itself, rather than one reference to a trait object for all: that would link what it takes to print the processor.
impl Processor {
    pub(super) fn set_resource(&mut self, resource: &Description) {
        match self {
            Self::Batch(processor) => processor.describe(resource),
            Self::AtStart(_) => {}
            #[cfg(feature = "sdk")]
            Self::Other(processor) => processor.set_resource(&resource.into()),
        }
    }

    /// Tells a processor of a span of upstream's SDK.
    #[cfg(feature = "sdk")]
    pub(super) fn start(&self, span: &mut Span, cx: &Context) {
        match self {
            Self::Batch(_) => {}
            Self::AtStart(processor) => processor.attributes(&mut |attribute| span.set_attribute(attribute)),
            Self::Other(processor) => processor.on_start(span, cx),
        }
    }

    fn end(&self, span: Arc<SpanData>) {
        match self {
            Self::Batch(processor) => processor.take_in(span),
            Self::AtStart(_) => {}
            #[cfg(feature = "sdk")]
            Self::Other(processor) => processor.on_end(Arc::unwrap_or_clone(span)),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        match self {
            Self::Batch(processor) => processor.force_flush(),
            Self::AtStart(_) => Ok(()),
            #[cfg(feature = "sdk")]
            Self::Other(processor) => processor.force_flush(),
        }
    }

    fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        match self {
            Self::Batch(processor) => processor.shutdown_with_timeout(timeout),
            Self::AtStart(_) => Ok(()),
            #[cfg(feature = "sdk")]
            Self::Other(processor) => processor.shutdown_with_timeout(timeout),
        }
    }
}

/// Lets each set attributes of a span that starts.
pub(super) fn at_start(processors: &[Processor], set: &mut dyn FnMut(KeyValue)) {
    for processor in processors {
        if let Processor::AtStart(processor) = processor {
            processor.attributes(set);
        }
    }
}

/// Gives a span that has ended to each; the last gets it without a copy.
pub(super) fn end(processors: &[Processor], span: Arc<SpanData>) {
    let mut takers = processors.iter().filter(|processor| !matches!(processor, Processor::AtStart(_)));
    let Some(mut processor) = takers.next() else { return };
    for next in takers {
        processor.end(span.clone());
        processor = next;
    }
    processor.end(span);
}

pub(super) fn force_flush(processors: &[Processor]) -> OTelSdkResult {
    all(processors.iter().map(Processor::force_flush))
}

pub(super) fn shutdown(processors: &[Processor], timeout: Duration) -> OTelSdkResult {
    all(processors.iter().map(|processor| processor.shutdown(timeout)))
}

/// All errors as one.
fn all(results: impl Iterator<Item = OTelSdkResult>) -> OTelSdkResult {
    // Without processors of others there is one that can fail.
    if !cfg!(feature = "sdk") {
        return results.fold(Ok(()), OTelSdkResult::and);
    }
    let errors: Vec<String> = results.filter_map(Result::err).map(|error| error.to_string()).collect();
    if errors.is_empty() { Ok(()) } else { Err(OTelSdkError::InternalFailure(errors.join("; "))) }
}
