//! Spans by upstream's SDK, with the fine clock around them: for processors that see spans when they start, and for providers that
//! were built elsewhere. It is linked only where it is used.

mod finish;
mod other;
mod span;

use std::any::Any;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceId, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator, Sampler, SamplingResult, SdkTracerProvider, ShouldSample, SpanLimits, SpanProcessor,
};

use super::builder::{Parts, TracerProviderBuilder};
use super::processors::Processors;
use super::provider::{Pipeline, TracerProvider};
use super::runtime::{Limits, Runtime};
use super::span::Span;
use super::start::{Request, Starter, sampled_by};
use super::time::Start;
use crate::attributes::unique;
use crate::clock::Clock;
use crate::processor::BatchSpanProcessor;
use crate::propagation::RANDOM;
#[cfg(feature = "sessions")]
use crate::session::SessionProcessor;
use finish::Finisher;
use other::Other;
use span::{Recording, UpstreamSpan};

impl TracerProvider {
    /// Puts the fine clock around a provider that was built elsewhere.
    ///
    /// Attributes that are set after the start replace each other, also here. But upstream's span appends them to those of the
    /// builder, so that a key which is in both comes twice, of which exporters take the last; and the limits stay upstream's.
    pub fn new(sdk: SdkTracerProvider) -> Self {
        let limits = SpanLimits { max_attributes_per_span: u32::MAX, ..SpanLimits::default() };
        let runtime = Runtime::new(Clock::new(), Limits::new(&limits, None), Arc::default(), Vec::new(), None);
        let starter = Box::new(SdkStarter { sdk, parent_decides: false, has_finisher: false });
        Self::from_pipeline(Pipeline { runtime, starter, default_parent: None })
    }
}

impl TracerProviderBuilder {
    /// Adds a processor. They are called in the order in which they were added.
    ///
    /// With any other than this crate's [`BatchSpanProcessor`] and [`SessionProcessor`](crate::SessionProcessor), each span is one of
    /// upstream's SDK as well, since `on_start` is given such a span; it costs about twice as much then. See [`with_end_processor`](Self::with_end_processor).
    pub fn with_span_processor<P: SpanProcessor + 'static>(mut self, processor: P) -> Self {
        let known = &processor as &dyn Any;
        if let Some(batch) = known.downcast_ref::<BatchSpanProcessor>() {
            return self.with_processor(batch.clone());
        }
        #[cfg(feature = "sessions")]
        if let Some(session) = known.downcast_ref::<SessionProcessor>() {
            return self.with_processor(session.clone());
        }
        self.make_starter = SdkStarter::make;
        self.with_processor(Other(processor))
    }

    /// Adds a processor that need not be told when a span starts: its `on_start` is not called, unless another processor's is.
    ///
    /// ```
    /// use opentelemetry::trace::{Span as _, Tracer, TracerProvider as _};
    /// use opentelemetry_browser::TracerProvider;
    /// # use opentelemetry::Context;
    /// # use opentelemetry_sdk::error::OTelSdkResult;
    /// use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
    ///
    /// #[derive(Debug)]
    /// struct Counter;
    ///
    /// impl SpanProcessor for Counter {
    ///     fn on_start(&self, _span: &mut Span, _cx: &Context) {}
    ///     fn on_end(&self, span: SpanData) {
    ///         println!("{} has ended", span.name);
    ///     }
    ///     // ...
    /// #     fn force_flush(&self) -> OTelSdkResult { Ok(()) }
    /// #     fn shutdown_with_timeout(&self, _timeout: std::time::Duration) -> OTelSdkResult { Ok(()) }
    /// }
    ///
    /// let provider = TracerProvider::builder().with_end_processor(Counter).build();
    /// assert!(provider.tracer("shop").start("checkout").is_recording());
    /// ```
    pub fn with_end_processor(self, processor: impl SpanProcessor + 'static) -> Self {
        self.with_processor(Other(processor))
    }
}

/// An `SdkTracerProvider`.
#[derive(Debug)]
struct SdkStarter {
    sdk: SdkTracerProvider,
    /// Whether a span with an unsampled parent is never recorded.
    parent_decides: bool,
    /// Whether a [`Finisher`] completes the spans; else they are completed before they end.
    has_finisher: bool,
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

/// Ids from a generator whose type is forgotten.
#[derive(Debug)]
struct Ids(Box<dyn IdGenerator>);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        self.0.new_trace_id()
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

/// A sampler that takes no span without ids for a parent.
#[derive(Clone, Debug)]
struct Rooted(Box<dyn ShouldSample>);

impl ShouldSample for Rooted {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        self.0.should_sample(parent.and_then(sampled_by), trace_id, name, kind, attributes, links)
    }
}

impl SdkStarter {
    fn make(parts: Parts) -> (Box<dyn Starter>, Processors) {
        // Upstream would count an attribute that is set twice as two.
        let limits = SpanLimits { max_attributes_per_span: u32::MAX, ..parts.span_limits };
        let sdk = SdkTracerProvider::builder()
            .with_sampler(Rooted(
                parts.sampler.unwrap_or_else(|| Box::new(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))),
            ))
            .with_id_generator(Ids(parts.ids))
            .with_resource((&parts.resource).into())
            .with_span_limits(limits)
            .with_span_processor(Finisher::new(parts.processors, parts.attribute_limits))
            .build();
        (Box::new(Self { sdk, parent_decides: parts.parent_decides, has_finisher: true }), Vec::new())
    }

    fn parent(&self, request: &Request<'_>) -> Parent {
        let span = request.parent_cx.span();
        let context = span.span_context();
        match (context.is_valid(), context.is_remote()) {
            (true, false) => Parent::Local { trace_id: context.trace_id(), is_sampled: context.is_sampled() },
            (true, true) if self.parent_decides && !context.is_sampled() => {
                Parent::Local { trace_id: context.trace_id(), is_sampled: false }
            }
            (true, true) => Parent::None { remote: Some(context.trace_id()) },
            _ => Parent::None { remote: None },
        }
    }
}

impl Starter for SdkStarter {
    fn start(&self, request: Request<'_>) -> Span {
        if Context::is_current_telemetry_suppressed() {
            return Span::not_recording(SpanContext::NONE);
        }
        let parent = self.parent(&request);
        let Request { runtime, scope, mut builder, parent_cx, readings } = request;
        let tracer = self.sdk.tracer_with_scope(scope.clone());
        let clock = &runtime.clock;
        let is_hopeless = parent_cx.is_telemetry_suppressed()
            || matches!(parent, Parent::Local { is_sampled: false, .. } if self.parent_decides);
        if is_hopeless {
            // Upstream reads no clock for a start time that is given.
            builder.start_time.get_or_insert(SystemTime::UNIX_EPOCH);
            let inner = tracer.build_with_context(builder, parent_cx);
            if !parent_cx.is_telemetry_suppressed() {
                runtime.counters.sampled_out();
            }
            return Span::not_recording(unsampled(inner.span_context(), parent_cx));
        }

        let given = builder.start_time;
        let mut start = Start::default();
        if given.is_none() || !self.has_finisher {
            start = Start::of(given, clock, &readings);
            let has_late_events = start.created.is_some() && builder.events.is_some();
            let anchor = match parent {
                Parent::Local { trace_id, .. } => clock.anchor_of(trace_id),
                // Where there is no correcting it afterwards, the anchor is checked before.
                Parent::None { remote } if !self.has_finisher || has_late_events => {
                    clock.begin_trace(remote.unwrap_or(TraceId::INVALID), start.reading)
                }
                Parent::None { .. } => clock.current(),
            };
            builder.start_time = Some(start.time(anchor));
            readings.place_events(builder.events.as_deref_mut().unwrap_or_default(), anchor);
        }
        normalize_parts(&mut builder, &runtime.limits);
        let inner = tracer.build_with_context(builder, parent_cx);
        if !inner.is_recording() {
            if inner.span_context().is_valid() {
                runtime.counters.sampled_out();
            } else {
                // No sampler was asked: upstream's provider has been shut down.
                runtime.counters.came_too_late();
            }
            return Span::not_recording(unsampled(inner.span_context(), parent_cx));
        }
        if given.is_some() && self.has_finisher {
            start = Start::of(given, clock, &readings);
        }
        let trace_id = inner.span_context().trace_id();
        let anchor = match parent {
            Parent::None { .. } if self.has_finisher => clock.begin_trace(trace_id, start.reading),
            Parent::None { remote: None } => clock.enroll(trace_id),
            _ => clock.anchor_of(trace_id),
        };
        runtime.counters.opened();
        Span::elsewhere(Box::new(UpstreamSpan {
            inner,
            runtime: runtime.clone(),
            scope: scope.clone(),
            has_finisher: self.has_finisher,
            recording: Some(Recording {
                anchor,
                start: start.time(anchor),
                attributes: Vec::new(),
                dropped_attributes: 0,
                inherited: None,
                status: Status::Unset,
                readings,
            }),
        }))
    }

    fn force_flush(&self, _runtime: &Runtime) -> OTelSdkResult {
        self.sdk.force_flush()
    }

    fn shutdown(&self, _runtime: &Runtime) -> OTelSdkResult {
        self.sdk.shutdown()
    }
}

/// The context of a span that is not sampled. Whether the trace's id is random holds for all of its spans (Trace Context level 2);
/// upstream drops the flag that says so.
fn unsampled(context: &SpanContext, parent_cx: &Context) -> SpanContext {
    let parent = parent_cx.span();
    let parent = parent.span_context();
    if !context.is_valid() || !parent.is_valid() {
        return context.clone();
    }
    let flags = context.trace_flags() | (parent.trace_flags() & RANDOM);
    SpanContext::new(context.trace_id(), context.span_id(), flags, false, context.trace_state().clone())
}

/// Applies to the events and links of a builder what a [`Span`] applies to those that are added to it.
fn normalize_parts(builder: &mut SpanBuilder, limits: &Limits) {
    for event in builder.events.iter_mut().flatten() {
        unique(&mut event.attributes, &limits.event);
    }
    for link in builder.links.iter_mut().flatten() {
        unique(&mut link.attributes, &limits.link);
    }
}
