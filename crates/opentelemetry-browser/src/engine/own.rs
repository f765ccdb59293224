//! The engine of this crate: from a builder to a span that waits to be exported, with one allocation for it.
//!
//! It follows upstream's SDK and [the specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#sdk-span-creation), with
//! upstream's samplers and id generators. Processors hear only of spans that have ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    IdGenerator, SamplingDecision, SamplingResult, ShouldSample, Span, SpanData, SpanEvents, SpanLinks, SpanProcessor,
};

use super::{Engine, Parts, Request, Start, sampled_by};
use crate::attributes::normalize;
use crate::processor::BatchSpanProcessor;
use crate::propagation::RANDOM;
use crate::provider::{Limits, Pipeline};
use crate::span::{self, Recording};

/// How long processors may take to shut down: upstream's default.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Who is told that a span has ended.
#[derive(Debug)]
pub(crate) enum EndProcessor {
    /// This crate's, which takes a span as it is kept.
    Batch(BatchSpanProcessor),
    Other(Box<dyn SpanProcessor>),
}

// Each call by itself, rather than one reference to a trait object for all: that would link what it takes to print the processor.
impl EndProcessor {
    pub(super) fn set_resource(&mut self, resource: &Resource) {
        match self {
            Self::Batch(processor) => processor.set_resource(resource),
            Self::Other(processor) => processor.set_resource(resource),
        }
    }

    pub(super) fn start(&self, span: &mut Span, cx: &Context) {
        if let Self::Other(processor) = self {
            processor.on_start(span, cx);
        }
    }

    pub(super) fn end(&self, span: Arc<SpanData>) {
        match self {
            Self::Batch(processor) => processor.take_in(span),
            Self::Other(processor) => processor.on_end(Arc::unwrap_or_clone(span)),
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        match self {
            Self::Batch(processor) => processor.force_flush(),
            Self::Other(processor) => processor.force_flush(),
        }
    }

    fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        match self {
            Self::Batch(processor) => processor.shutdown_with_timeout(timeout),
            Self::Other(processor) => processor.shutdown_with_timeout(timeout),
        }
    }

    pub(super) fn flush_each(processors: &[Self]) -> OTelSdkResult {
        all(processors.iter().map(Self::force_flush))
    }

    pub(super) fn shutdown_each(processors: &[Self], timeout: Duration) -> OTelSdkResult {
        all(processors.iter().map(|processor| processor.shutdown(timeout)))
    }
}

/// All errors as one.
fn all(results: impl Iterator<Item = OTelSdkResult>) -> OTelSdkResult {
    let errors: Vec<String> = results.filter_map(Result::err).map(|error| error.to_string()).collect();
    if errors.is_empty() { Ok(()) } else { Err(OTelSdkError::InternalFailure(errors.join("; "))) }
}

pub(crate) struct OwnEngine {
    /// `None` for upstream's default, ParentBased(AlwaysOn), which is not linked then.
    sampler: Option<Box<dyn ShouldSample>>,
    ids: Box<dyn IdGenerator>,
    processors: Vec<EndProcessor>,
    is_shutdown: AtomicBool,
}

impl OwnEngine {
    pub(crate) fn make(parts: Parts) -> Box<dyn Engine> {
        let Parts { sampler, ids, resource, mut processors, .. } = parts;
        processors.iter_mut().for_each(|processor| processor.set_resource(&resource));
        Box::new(Self { sampler, ids, processors, is_shutdown: AtomicBool::new(false) })
    }
}

impl Engine for OwnEngine {
    fn start(&self, request: Request<'_>) -> span::Span {
        let Request { pipeline, scope, mut builder, parent_cx, times, .. } = request;
        if parent_cx.is_telemetry_suppressed() {
            return span::Span::not_recording(SpanContext::NONE);
        }
        if self.is_shutdown.load(Ordering::Relaxed) {
            pipeline.counters.came_too_late();
            return span::Span::not_recording(SpanContext::NONE);
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
        let is_sampled = match sampling.decision {
            SamplingDecision::RecordAndSample => true,
            SamplingDecision::RecordOnly => false,
            SamplingDecision::Drop => {
                pipeline.counters.sampled_out();
                // Whether the trace's id is random holds for all of its spans (Trace Context level 2).
                let flags = flags & RANDOM;
                return span::Span::not_recording(SpanContext::new(
                    trace_id,
                    span_id,
                    flags,
                    false,
                    sampling.trace_state,
                ));
            }
        };

        let (clock, limits) = (&pipeline.clock, &pipeline.limits);
        let start = Start { created: times.created(), ..Start::of(builder.start_time, clock) };
        let anchor = if is_child && !parent.is_remote() {
            clock.anchor_of(trace_id)
        } else {
            clock.begin_trace(trace_id, start.reading)
        };
        let start_time = start.time(anchor);
        if let Some(events) = &mut builder.events {
            times.place_events(events, anchor);
        }
        let mut attributes = builder.attributes.unwrap_or_default();
        attributes.extend(sampling.attributes);
        let dropped_attributes_count = normalize(&mut attributes, &limits.span);
        let data = SpanData {
            span_context: SpanContext::new(
                trace_id,
                span_id,
                flags.with_sampled(is_sampled),
                false,
                sampling.trace_state,
            ),
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
        span::Span::recording(Recording { data: Arc::new(data), pipeline: Arc::clone(pipeline), anchor, times })
    }

    fn end(&self, span: Arc<SpanData>, pipeline: &Pipeline) {
        if self.is_shutdown.load(Ordering::Relaxed) {
            if span.span_context.is_sampled() {
                pipeline.counters.came_too_late();
            }
            return;
        }
        let Some((last, others)) = self.processors.split_last() else { return };
        for processor in others {
            processor.end(span.clone());
        }
        last.end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        EndProcessor::flush_each(&self.processors)
    }

    fn shutdown(&self) -> OTelSdkResult {
        if self.is_shutdown.swap(true, Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        EndProcessor::shutdown_each(&self.processors, SHUTDOWN_TIMEOUT)
    }
}

impl Drop for OwnEngine {
    /// As upstream does it: what waits is exported, which nobody could ask for any more.
    fn drop(&mut self) {
        let _ = self.shutdown();
    }
}

/// What upstream's ParentBased(AlwaysOn) says.
fn by_parent(parent_cx: &Context) -> SamplingResult {
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
