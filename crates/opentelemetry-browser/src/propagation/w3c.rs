//! W3C Trace Context, and Baggage.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use opentelemetry::Context;
#[cfg(feature = "baggage")]
use opentelemetry::baggage::{BaggageExt, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

#[cfg(feature = "baggage")]
use super::header;
use super::header::BAGGAGE;
use crate::hex::{ascii, hex};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

static FIELDS: LazyLock<[String; 3]> = LazyLock::new(|| [TRACEPARENT, TRACESTATE, BAGGAGE].map(str::to_owned));

/// The length of a `traceparent` of version 00; later versions may be longer.
pub(super) const LENGTH: usize = 55;

/// The [random-trace-id flag](https://www.w3.org/TR/trace-context-2/#random-trace-id-flag) of level 2.
pub(crate) const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// The flags that are passed on.
const KNOWN: TraceFlags = TraceFlags::new(0x03);

/// Propagates [W3C Trace Context](https://www.w3.org/TR/trace-context-2/), level 2, and
/// [Baggage](https://www.w3.org/TR/baggage/).
///
/// It does what upstream's `TraceContextPropagator` does, and passes on the one flag of level 2, which upstream's drops: whether the
/// trace's id is random. (A trace that begins here goes without the flag, though its id is: upstream does not let it be set in what
/// is exported.) A `traceparent` that is malformed is ignored. A `tracestate` is passed on with the feature `trace-state`.
///
/// Baggage is passed on as it came. An entry that is malformed is ignored, as all of it is if the header has more than 8,192 bytes;
/// what is wrong, [`remote_parent_with`](super::remote_parent_with) says.
///
/// ```
/// opentelemetry::global::set_text_map_propagator(opentelemetry_browser::propagation::W3cPropagator::new());
/// ```
#[derive(Default)]
pub struct W3cPropagator(());

impl fmt::Debug for W3cPropagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("W3cPropagator")
    }
}

impl W3cPropagator {
    /// Makes the propagator.
    pub fn new() -> Self {
        Self::default()
    }
}

impl TextMapPropagator for W3cPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span();
        let context = span.span_context();
        if context.is_valid() {
            let mut header = Vec::with_capacity(LENGTH);
            header.extend_from_slice(b"00-");
            hex(&mut header, &context.trace_id().to_bytes());
            header.push(b'-');
            hex(&mut header, &context.span_id().to_bytes());
            header.push(b'-');
            hex(&mut header, &[(context.trace_flags() & KNOWN).to_u8()]);
            injector.set(TRACEPARENT, ascii(&header));
            // Upstream writes it also if there is none; an empty header says nothing, but has to be allowed by CORS.
            if cfg!(feature = "trace-state") {
                let state = context.trace_state().header();
                if !state.is_empty() && is_printable(&state) {
                    injector.set(TRACESTATE, state);
                }
            }
        }
        #[cfg(feature = "baggage")]
        if !cx.baggage().is_empty() {
            injector.set(BAGGAGE, header::write(cx.baggage()));
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let extracted = match extractor.get(TRACEPARENT).and_then(parse) {
            Some((trace_id, span_id, flags)) => {
                let state =
                    extractor.get(TRACESTATE).filter(|state| cfg!(feature = "trace-state") && is_printable(state));
                let state = state.and_then(|state| TraceState::from_str(state).ok()).unwrap_or_default();
                cx.with_remote_span_context(SpanContext::new(trace_id, span_id, flags & KNOWN, true, state))
            }
            None => cx.clone(),
        };
        #[cfg(feature = "baggage")]
        if let Some(baggage) = extractor.get(BAGGAGE) {
            let entries = header::read(baggage).flatten();
            return extracted.with_baggage(
                entries.map(|(key, value, metadata)| KeyValueMetadata::new(key, value, metadata.as_str())),
            );
        }
        extracted
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&*FIELDS)
    }
}

/// Whether a `tracestate` has only what a header may have: upstream reads and writes any character in its values.
pub(super) fn is_printable(state: &str) -> bool {
    state.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

/// The ids and the flags of a well-formed `traceparent`. What is wrong with any other, only [`remote_parent`](super::remote_parent)
/// says.
pub(super) fn parse(traceparent: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let bytes = traceparent.trim_ascii().as_bytes();
    let (known, rest) = bytes.split_at_checked(LENGTH)?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_formed = known.iter().enumerate().all(|(at, byte)| match at {
        2 | 35 | 52 => *byte == b'-',
        _ => is_hex(*byte),
    });
    let is_version_sound = match &known[..2] {
        b"00" => rest.is_empty(),
        b"ff" => false,
        _ => rest.is_empty() || rest[0] == b'-',
    };
    if !(is_formed && is_version_sound) {
        return None;
    }
    let nibble = |digit: u8| (digit & 0xf) + (digit >> 6) * 9;
    let byte = |at: usize| nibble(known[at]) << 4 | nibble(known[at + 1]);
    let trace_id = TraceId::from_bytes(std::array::from_fn(|index| byte(3 + index * 2)));
    let span_id = SpanId::from_bytes(std::array::from_fn(|index| byte(36 + index * 2)));
    let is_something = trace_id != TraceId::INVALID && span_id != SpanId::INVALID;
    is_something.then(|| (trace_id, span_id, TraceFlags::new(byte(53))))
}
