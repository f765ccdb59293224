//! Exceptions that are recorded on spans, for whoever makes something else of them than events.

use std::time::SystemTime;

use opentelemetry::trace::SpanContext;
use opentelemetry::{InstrumentationScope, KeyValue};

/// What the [conventions](https://opentelemetry.io/docs/specs/semconv/exceptions/) call such an event.
pub(super) const EXCEPTION: &str = "exception";

/// An exception, and the span that it was recorded on.
pub(crate) struct Seen<'a> {
    pub(crate) context: &'a SpanContext,
    pub(crate) scope: &'a InstrumentationScope,
    pub(crate) time: SystemTime,
    pub(crate) attributes: &'a [KeyValue],
}

/// Takes an exception, and says whether it stays an event of its span, too. Called under upstream's lock of the span.
pub(crate) type TakeException = Box<dyn Fn(Seen<'_>) -> bool + Send + Sync>;
