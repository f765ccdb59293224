//! The provider: spans with a fine clock, and tracers that outlive a shutdown.
//!
//! [`TracerProvider`] is a handle on a slot; the pipeline in the slot can be replaced. Tracers hold the slot, not the pipeline: one
//! that is kept across a shutdown and a new install records into the new pipeline.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::trace::{SpanBuilder, SpanContext, TraceContextExt};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::error::OTelSdkResult;

use super::readings::Readings;
use super::runtime::Runtime;
use super::span::Span;
use super::start::{Request, Starter};
use crate::consent;
use crate::platform;

/// What a slot holds.
pub(super) struct Pipeline {
    pub(super) runtime: Arc<Runtime>,
    pub(super) starter: Box<dyn Starter>,
    /// What spans without a parent are children of, if that is not a trace of their own.
    pub(super) default_parent: Option<SpanContext>,
}

impl Pipeline {
    pub(super) fn start(
        &self,
        scope: &InstrumentationScope,
        builder: SpanBuilder,
        parent_cx: &Context,
        readings: Readings,
    ) -> Span {
        if platform::IS_NO_OP {
            // As upstream's NoopTracer has it.
            return Span::not_recording(parent_cx.span().span_context().clone());
        }
        if !consent::is_given() {
            // Nor is anybody told of a trace.
            return Span::not_recording(SpanContext::NONE);
        }
        let is_root = || !parent_cx.span().span_context().is_valid();
        let default_parent = self.default_parent.as_ref().filter(|_| is_root());
        let adopted = default_parent.map(|parent| parent_cx.with_remote_span_context(parent.clone()));
        let parent_cx = adopted.as_ref().unwrap_or(parent_cx);
        self.starter.start(Request { runtime: &self.runtime, scope, builder, parent_cx, readings })
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("runtime", &self.runtime).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Slot(RwLock<Arc<Pipeline>>);

impl Slot {
    fn new(pipeline: Arc<Pipeline>) -> Arc<Self> {
        Arc::new(Self(RwLock::new(pipeline)))
    }

    pub(super) fn pipeline(&self) -> Arc<Pipeline> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A [`TracerProvider`](opentelemetry::trace::TracerProvider) whose spans have times finer than a millisecond.
///
/// Upstream's `SdkTracerProvider` does the sampling, makes the ids and runs the processors; its own clock has whole
/// milliseconds in a browser. The spans of this one take start, end and event times from a [`Clock`](crate::Clock).
///
/// **Implicit and explicit times.** Through `opentelemetry::global` and through `Context`, upstream ends spans and adds events
/// with a time of its own clock. So a time in whole milliseconds that equals the current `Date.now()`, or the millisecond before
/// it, counts as "now" and is replaced by the fine clock's; every other time is kept as it was given.
///
/// It is a handle: clones and tracers share all. When the last of them is dropped, the processors are shut down, as upstream does it;
/// one that is installed by [`Telemetry`](crate::Telemetry) stays.
///
/// ```
/// use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider as _};
/// use opentelemetry_browser::TracerProvider;
///
/// let provider = TracerProvider::builder().build();
/// provider.tracer("shop").in_span("checkout", |cx| assert!(cx.span().is_recording()));
///
/// // Or around a provider of upstream's:
/// let provider = TracerProvider::new(opentelemetry_sdk::trace::SdkTracerProvider::builder().build());
/// provider.tracer("shop").in_span("checkout", |cx| assert!(cx.span().is_recording()));
/// ```
#[derive(Clone, Debug)]
pub struct TracerProvider {
    pub(super) slot: Arc<Slot>,
}

impl TracerProvider {
    pub(super) fn from_pipeline(pipeline: Pipeline) -> Self {
        Self { slot: Slot::new(Arc::new(pipeline)) }
    }

    /// A provider with the same pipeline in a slot of its own.
    pub(crate) fn fork(&self) -> Self {
        Self { slot: Slot::new(self.slot.pipeline()) }
    }

    /// Makes all tracers of this provider record into another's pipeline from now on.
    pub(crate) fn adopt(&self, other: &Self) {
        *self.slot.0.write().unwrap_or_else(PoisonError::into_inner) = other.slot.pipeline();
    }

    /// Asks the processors to export what they hold. In a browser this cannot wait: see
    /// [`BatchSpanProcessor::flush`](crate::BatchSpanProcessor::flush).
    ///
    /// # Errors
    /// Those of the processors.
    pub fn force_flush(&self) -> OTelSdkResult {
        let pipeline = self.slot.pipeline();
        pipeline.starter.force_flush(&pipeline.runtime)
    }

    /// Ends recording: spans that start or end after this are lost. The processors start their last export.
    ///
    /// # Errors
    /// Those of the processors, or that it is shut down already.
    pub fn shutdown(&self) -> OTelSdkResult {
        let pipeline = self.slot.pipeline();
        pipeline.starter.shutdown(&pipeline.runtime)
    }
}
