//! The tracer: gives every span it starts a fine start time, read at most once.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use opentelemetry::trace::{Span as _, SpanBuilder, TraceContextExt, TraceId, TracerProvider as _};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::trace::SdkTracer;

use crate::attributes::unique;
use crate::clock::{Anchor, Clock};
use crate::diagnostics::DropReason;
use crate::propagation::RANDOM;
use crate::provider::{Pipeline, Slot};
use crate::span::Span;
use crate::tracing::Times;

#[derive(Clone)]
struct Current {
    generation: u32,
    pipeline: Arc<Pipeline>,
    sdk: SdkTracer,
}

/// Starts spans. See [`TracerProvider`](crate::TracerProvider).
///
/// ```
/// use opentelemetry::trace::{SpanKind, Tracer as _, TracerProvider as _};
/// use opentelemetry_browser::{Tracer, TracerProvider};
///
/// let tracer: Tracer = TracerProvider::builder().build().tracer("shop");
/// let span = tracer.span_builder("GET /cart").with_kind(SpanKind::Client).start(&tracer);
/// ```
#[derive(Debug)]
pub struct Tracer {
    slot: Arc<Slot>,
    scope: InstrumentationScope,
    current: Mutex<Option<Current>>,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.sdk.fmt(f)
    }
}

impl Clone for Tracer {
    fn clone(&self) -> Self {
        Self::new(self.slot.clone(), self.scope.clone())
    }
}

/// Where a span comes in its trace.
enum Parent {
    /// It has no parent in this page: a trace begins here.
    None {
        remote: Option<TraceId>,
    },
    Local {
        trace_id: TraceId,
        is_sampled: bool,
    },
}

impl Tracer {
    pub(crate) fn new(slot: Arc<Slot>, scope: InstrumentationScope) -> Self {
        Self { slot, scope, current: Mutex::new(None) }
    }

    /// The pipeline as it is now. Nothing is called under the lock: samplers and processors may start spans themselves.
    fn current(&self) -> Current {
        let generation = self.slot.generation();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match &*current {
            Some(current) if current.generation == generation => current.clone(),
            _ => {
                let pipeline = self.slot.pipeline();
                let sdk = pipeline.sdk.tracer_with_scope(self.scope.clone());
                current.insert(Current { generation, pipeline, sdk }).clone()
            }
        }
    }
}

impl opentelemetry::trace::Tracer for Tracer {
    type Span = Span;

    fn span_builder<T: Into<Cow<'static, str>>>(&self, name: T) -> SpanBuilder {
        let mut builder = SpanBuilder::from_name(name);
        Times::mark(&mut builder, || self.current().pipeline);
        builder
    }

    fn build_with_context(&self, mut builder: SpanBuilder, parent_cx: &Context) -> Span {
        let times = Times::take(&mut builder);
        let Current { pipeline, sdk, .. } = self.current();
        let adopted = adopted(&pipeline, parent_cx);
        let parent_cx = adopted.as_ref().unwrap_or(parent_cx);
        let clock = &pipeline.clock;
        let (parent, is_random) = {
            let span = parent_cx.span();
            let context = span.span_context();
            let parent = match (context.is_valid(), context.is_remote()) {
                (true, false) => Parent::Local { trace_id: context.trace_id(), is_sampled: context.is_sampled() },
                (true, true) if pipeline.parent_decides && !context.is_sampled() => {
                    Parent::Local { trace_id: context.trace_id(), is_sampled: false }
                }
                (true, true) => Parent::None { remote: Some(context.trace_id()) },
                _ => Parent::None { remote: None },
            };
            (parent, context.is_valid() && context.trace_flags() & RANDOM == RANDOM)
        };
        let is_hopeless = parent_cx.is_telemetry_suppressed()
            || matches!(parent, Parent::Local { is_sampled: false, .. } if pipeline.parent_decides);
        if is_hopeless {
            // Upstream reads no clock for a start time that is given.
            builder.start_time.get_or_insert(SystemTime::UNIX_EPOCH);
            let inner = sdk.build_with_context(builder, parent_cx);
            if !parent_cx.is_telemetry_suppressed() {
                pipeline.counters.sampled_out();
            }
            return Span::not_recording(inner, pipeline, is_random);
        }

        let given = builder.start_time;
        let mut start = Start::default();
        if given.is_none() || !pipeline.has_finisher {
            start = Start { created: times.created(), ..Start::of(given, clock) };
            let has_late_events = start.created.is_some() && builder.events.is_some();
            let anchor = match parent {
                Parent::Local { trace_id, .. } => clock.anchor_of(trace_id),
                // Where there is no correcting it afterwards, the anchor is checked before.
                Parent::None { remote } if !pipeline.has_finisher || has_late_events => {
                    clock.begin_trace(remote.unwrap_or(TraceId::INVALID), start.reading)
                }
                Parent::None { .. } => clock.current(),
            };
            builder.start_time = Some(start.time(anchor));
            times.place_events(builder.events.as_deref_mut().unwrap_or_default(), anchor);
        }
        normalize_parts(&mut builder, &pipeline);
        let inner = sdk.build_with_context(builder, parent_cx);
        if !inner.is_recording() {
            if inner.span_context().is_valid() {
                pipeline.counters.sampled_out();
            } else {
                // No sampler was asked: upstream's provider has been shut down.
                pipeline.counters.recorded();
                pipeline.counters.dropped(1, DropReason::Shutdown);
            }
            return Span::not_recording(inner, pipeline, is_random);
        }
        if given.is_some() && pipeline.has_finisher {
            start = Start::of(given, clock);
        }
        let trace_id = inner.span_context().trace_id();
        let anchor = match parent {
            Parent::None { .. } if pipeline.has_finisher => clock.begin_trace(trace_id, start.reading),
            Parent::None { remote: None } => clock.enroll(trace_id),
            _ => clock.anchor_of(trace_id),
        };
        Span::recording(inner, pipeline, anchor, start.time(anchor), times)
    }
}

/// When a span starts: by a reading of the clock, unless the caller gave a time of its own.
#[derive(Default)]
struct Start {
    explicit: Option<SystemTime>,
    /// The reading at which it was decided to start it, if that is another.
    created: Option<f64>,
    reading: f64,
}

impl Start {
    fn of(given: Option<SystemTime>, clock: &Clock) -> Self {
        let implicit = given.map(|time| clock.implicit(time).ok_or(time));
        match implicit {
            Some(Err(explicit)) => Self { explicit: Some(explicit), reading: clock.reading(), created: None },
            Some(Ok(reading)) => Self { reading, ..Self::default() },
            None => Self { reading: clock.reading(), ..Self::default() },
        }
    }

    fn time(&self, anchor: Anchor) -> SystemTime {
        self.explicit.unwrap_or_else(|| anchor.at(self.created.unwrap_or(self.reading)))
    }
}

/// The context of a span without a parent, with the parent that the provider gives to such spans.
fn adopted(pipeline: &Pipeline, parent_cx: &Context) -> Option<Context> {
    let parent = pipeline.default_parent.as_ref()?;
    let is_root = !parent_cx.span().span_context().is_valid();
    is_root.then(|| parent_cx.with_remote_span_context(parent.clone()))
}

/// Applies to the events and links of a builder what a [`Span`] applies to those that are added to it.
fn normalize_parts(builder: &mut SpanBuilder, pipeline: &Pipeline) {
    for event in builder.events.iter_mut().flatten() {
        unique(&mut event.attributes, &pipeline.limits.event);
    }
    for link in builder.links.iter_mut().flatten() {
        unique(&mut link.attributes, &pipeline.limits.link);
    }
}
