//! W3C Trace Context, by upstream's propagator, and Baggage.

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::header::{self, BAGGAGE};

const TRACEPARENT: &str = "traceparent";

static FIELDS: LazyLock<[String; 3]> = LazyLock::new(|| [TRACEPARENT, "tracestate", BAGGAGE].map(str::to_owned));

/// The length of a `traceparent` of version 00; later versions may be longer.
pub(super) const LENGTH: usize = 55;

/// The [random-trace-id flag](https://www.w3.org/TR/trace-context-2/#random-trace-id-flag) of level 2.
pub(crate) const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// Propagates [W3C Trace Context](https://www.w3.org/TR/trace-context-2/), level 2, and
/// [Baggage](https://www.w3.org/TR/baggage/).
///
/// It is upstream's `TraceContextPropagator`, and adds the one flag of level 2, which upstream's drops: whoever goes on with a trace
/// passes on whether its id is random. (A trace that begins here goes without the flag, though its id is: upstream does not let it
/// be set in what is exported.) A `traceparent` that is malformed is ignored.
///
/// Baggage is passed on as it came. An entry that is malformed is ignored, as all of it is if the header has more than 8,192 bytes;
/// what is wrong, [`remote_parent_with`](super::remote_parent_with) says.
///
/// ```
/// opentelemetry::global::set_text_map_propagator(opentelemetry_browser::propagation::W3cPropagator::new());
/// ```
#[derive(Debug, Default)]
pub struct W3cPropagator {
    upstream: TraceContextPropagator,
}

impl W3cPropagator {
    /// Makes the propagator.
    pub fn new() -> Self {
        Self::default()
    }

    fn extract_parent(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let Some(flags) = extractor.get(TRACEPARENT).and_then(flags) else { return cx.clone() };
        let extracted = self.upstream.extract_with_context(cx, extractor);
        if flags & RANDOM != RANDOM {
            return extracted;
        }
        let span = extracted.span();
        let context = span.span_context();
        let (flags, state) = (context.trace_flags() | RANDOM, context.trace_state().clone());
        extracted.with_remote_span_context(SpanContext::new(context.trace_id(), context.span_id(), flags, true, state))
    }
}

/// Restores the flag in what upstream's propagator writes.
struct WithRandom<'a>(&'a mut dyn Injector);

impl Injector for WithRandom<'_> {
    fn set(&mut self, name: &str, mut value: String) {
        if name == TRACEPARENT
            && let Some(flags) = value.len().checked_sub(2).and_then(|at| u8::from_str_radix(value.get(at..)?, 16).ok())
        {
            value.truncate(value.len() - 2);
            value.push_str(&format!("{:02x}", flags | RANDOM.to_u8()));
        }
        self.0.set(name, value);
    }
}

impl TextMapPropagator for W3cPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        if cx.span().span_context().trace_flags() & RANDOM == RANDOM {
            self.upstream.inject_context(cx, &mut WithRandom(injector));
        } else {
            self.upstream.inject_context(cx, injector);
        }
        if !cx.baggage().is_empty() {
            injector.set(BAGGAGE, header::write(cx.baggage()));
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let extracted = self.extract_parent(cx, extractor);
        let Some(baggage) = extractor.get(BAGGAGE) else { return extracted };
        let entries = header::read(baggage).flatten();
        extracted
            .with_baggage(entries.map(|(key, value, metadata)| KeyValueMetadata::new(key, value, metadata.as_str())))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
}

/// The flags of a well-formed `traceparent`. What is wrong with any other, only [`remote_parent`](super::remote_parent) says.
pub(super) fn flags(traceparent: &str) -> Option<TraceFlags> {
    let bytes = traceparent.trim().as_bytes();
    let (known, rest) = bytes.split_at_checked(LENGTH)?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_formed = known.iter().enumerate().all(|(at, byte)| match at {
        2 | 35 | 52 => *byte == b'-',
        _ => is_hex(*byte),
    });
    let is_something = |range: std::ops::Range<usize>| known[range].iter().any(|digit| *digit != b'0');
    let is_version_sound = match &known[..2] {
        b"00" => rest.is_empty(),
        b"ff" => false,
        _ => rest.is_empty() || rest[0] == b'-',
    };
    if !(is_formed && is_version_sound && is_something(3..35) && is_something(36..52)) {
        return None;
    }
    let digit = |at: usize| char::from(known[at]).to_digit(16);
    Some(TraceFlags::new((digit(53)? << 4 | digit(54)?) as u8))
}
