//! How a span starts: from a builder to a span that waits to be exported, with one allocation for it.
//!
//! It follows upstream's SDK and [the specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#sdk-span-creation), with
//! upstream's samplers and id generators.

use std::sync::Arc;

use opentelemetry::trace::{
    Event, Link, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags,
};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator, SamplingDecision, SamplingResult, ShouldSample, SpanData, SpanEvents, SpanLinks,
};

use super::processors;
use super::readings::Readings;
use super::recording::Recording;
use super::runtime::{Limits, Runtime};
use super::span::Span;
use super::time::Start;
use crate::attributes::{normalize, set};
use crate::propagation::RANDOM;

/// A span to be started.
pub(super) struct Request<'a> {
    pub(super) runtime: &'a Arc<Runtime>,
    pub(super) scope: &'a InstrumentationScope,
    pub(super) builder: SpanBuilder,
    pub(super) parent_cx: &'a Context,
    pub(super) readings: Readings,
}

/// Makes spans out of builders.
pub(super) trait Starter: Send + Sync {
    fn start(&self, request: Request<'_>) -> Span;

    fn force_flush(&self, runtime: &Runtime) -> OTelSdkResult {
        runtime.force_flush()
    }

    fn shutdown(&self, runtime: &Runtime) -> OTelSdkResult {
        runtime.shutdown()
    }
}

/// Makes spans as this crate keeps them.
pub(super) struct OwnStarter {
    /// `None` for upstream's default, ParentBased(AlwaysOn), which is not linked then.
    pub(super) sampler: Option<Box<dyn ShouldSample>>,
    pub(super) ids: Box<dyn IdGenerator>,
}

impl Starter for OwnStarter {
    fn start(&self, request: Request<'_>) -> Span {
        let Request { runtime, scope, mut builder, parent_cx, readings } = request;
        // Redactions and transports run in a context that is suppressed; what they start below another is as endless.
        if parent_cx.is_telemetry_suppressed() || Context::is_current_telemetry_suppressed() {
            return Span::not_recording(SpanContext::NONE);
        }
        let parent_span = parent_cx.span();
        let parent = parent_span.span_context();
        let is_child = parent.is_valid();
        let span_id = self.ids.new_span_id();
        let trace_id = if is_child { parent.trace_id() } else { self.ids.new_trace_id() };
        let span_kind = builder.span_kind.take().unwrap_or(SpanKind::Internal);
        let sampling = match &self.sampler {
            Some(sampler) => sampler.should_sample(
                sampled_by(parent_cx),
                trace_id,
                &builder.name,
                &span_kind,
                builder.attributes.as_deref().unwrap_or(&[]),
                builder.links.as_deref().unwrap_or(&[]),
            ),
            None => by_parent(parent_cx),
        };
        let flags = if is_child { parent.trace_flags() } else { TraceFlags::default() };
        let context = |flags| SpanContext::new(trace_id, span_id, flags, false, sampling.trace_state);
        let is_sampled = match sampling.decision {
            SamplingDecision::Drop => {
                runtime.counters.sampled_out();
                // Whether the trace's id is random holds for all of its spans (Trace Context level 2).
                return Span::not_recording(context(flags & RANDOM));
            }
            decision => decision == SamplingDecision::RecordAndSample,
        };
        if runtime.is_shutdown() {
            runtime.counters.came_too_late();
            return Span::not_recording(SpanContext::NONE);
        }

        let (clock, limits) = (&runtime.clock, &runtime.limits);
        let start = Start::of(builder.start_time, clock, &readings);
        let anchor = if is_child && !parent.is_remote() {
            clock.anchor_of(trace_id)
        } else {
            clock.begin_trace(trace_id, start.reading)
        };
        let start_time = start.time(anchor);
        if let Some(events) = &mut builder.events {
            readings.place_events(events, anchor);
        }
        let mut attributes = builder.attributes.unwrap_or_default();
        attributes.extend(sampling.attributes);
        let mut dropped_attributes_count = normalize(&mut attributes, &limits.span);
        processors::at_start(&runtime.processors, &mut |attribute| {
            dropped_attributes_count += u32::from(set(&mut attributes, attribute, &limits.span).is_some());
        });
        let data = SpanData {
            span_context: context(flags.with_sampled(is_sampled)),
            parent_span_id: if is_child { parent.span_id() } else { SpanId::INVALID },
            parent_span_is_remote: is_child && parent.is_remote(),
            span_kind,
            name: builder.name,
            start_time,
            end_time: start_time,
            attributes,
            dropped_attributes_count,
            events: events(builder.events, limits),
            links: links(builder.links, limits),
            status: Status::Unset,
            instrumentation_scope: scope.clone(),
        };
        Span::recording(Recording { data: Arc::new(data), runtime: Arc::clone(runtime), anchor, readings })
    }
}

/// What a sampler sees of a parent. An active span without ids, such as one of before the install, is none; upstream's `ParentBased`
/// would take it for one that was sampled out.
pub(super) fn sampled_by(parent_cx: &Context) -> Option<&Context> {
    (!parent_cx.has_active_span() || parent_cx.span().span_context().is_valid()).then_some(parent_cx)
}

/// What upstream's ParentBased(AlwaysOn) says.
pub(crate) fn by_parent(parent_cx: &Context) -> SamplingResult {
    let parent = parent_cx.span();
    // A span without ids, such as one of before the install, is no parent.
    let is_dropped = parent.span_context().is_valid() && !parent.span_context().is_sampled();
    SamplingResult {
        decision: if is_dropped { SamplingDecision::Drop } else { SamplingDecision::RecordAndSample },
        attributes: Vec::new(),
        trace_state: parent.span_context().trace_state().clone(),
    }
}

/// A builder's events, within the limits.
fn events(given: Option<Vec<Event>>, limits: &Limits) -> SpanEvents {
    let mut events = SpanEvents::default();
    if let Some(given) = given {
        (events.events, events.dropped_count) = within(limits.events, given);
        for event in &mut events.events {
            event.dropped_attributes_count = normalize(&mut event.attributes, &limits.event);
        }
    }
    events
}

/// A builder's links, within the limits.
fn links(given: Option<Vec<Link>>, limits: &Limits) -> SpanLinks {
    let mut links = SpanLinks::default();
    if let Some(given) = given {
        (links.links, links.dropped_count) = within(limits.links, given);
        for link in &mut links.links {
            link.dropped_attributes_count = normalize(&mut link.attributes, &limits.link);
        }
    }
    links
}

/// The first of a list, and how many there are more.
fn within<T>(limit: usize, mut list: Vec<T>) -> (Vec<T>, u32) {
    let dropped = list.len().saturating_sub(limit);
    list.truncate(limit);
    (list, u32::try_from(dropped).unwrap_or(u32::MAX))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::trace::Sampler;

    use super::*;
    use crate::TracerProvider;
    use crate::diagnostics::Counters;

    #[test]
    fn after_a_shutdown_a_span_is_lost_only_if_it_would_have_been_recorded() {
        for (sampler, counted) in [(Sampler::AlwaysOff, (1, 0)), (Sampler::AlwaysOn, (0, 1))] {
            let counters = Arc::<Counters>::default();
            let provider = TracerProvider::builder().with_sampler(sampler).with_counters(counters.clone()).build();
            provider.shutdown().unwrap();
            drop(provider.tracer("test").start("late"));
            let seen = counters.snapshot();
            assert_eq!((seen.sampled_out, seen.dropped.shutdown), counted);
        }
    }
}
