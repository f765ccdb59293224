//! Spans made by hand.

use std::time::{Duration, SystemTime};

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// A sampled root span. Its name, which is all that tells it from others, gives it its ids.
pub(crate) fn span(name: impl Into<String>) -> SpanData {
    let name = name.into();
    let number = name.bytes().fold(1_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) | 1;
    SpanData {
        span_context: SpanContext::new(
            TraceId::from(u128::from(number)),
            SpanId::from(number),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_123_456_789),
        end_time: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_234_567_890),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("test").build(),
    }
}
