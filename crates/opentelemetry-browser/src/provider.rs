//! The provider: spans with a fine clock, and tracers that outlive a shutdown.
//!
//! [`TracerProvider`] is a handle on a slot; the pipeline in the slot (an engine with its clock and limits) can be
//! replaced. Tracers hold the slot, not the pipeline: one that is kept across a shutdown and a new install records into the new
//! pipeline.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanLimits};

use crate::attributes::AttributeLimits;
use crate::clock::Clock;
use crate::diagnostics::Counters;
use crate::engine::Engine;
use crate::engine::upstream::UpstreamEngine;
use crate::tracer::Tracer;

mod builder;

pub use builder::TracerProviderBuilder;

/// What a slot holds.
pub(crate) struct Pipeline {
    pub(crate) engine: Box<dyn Engine>,
    /// No other pipeline has the same.
    pub(crate) generation: u32,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    /// What spans without a parent are children of, if that is not a trace of their own.
    pub(crate) default_parent: Option<SpanContext>,
    pub(crate) counters: Arc<Counters>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("limits", &self.limits).finish_non_exhaustive()
    }
}

fn next_generation() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The specification's limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) span: AttributeLimits,
    pub(crate) event: AttributeLimits,
    pub(crate) link: AttributeLimits,
    /// The most events of a span.
    pub(crate) events: usize,
    /// The most links of a span.
    pub(crate) links: usize,
}

impl Limits {
    fn new(limits: &SpanLimits, value_length: Option<usize>) -> Self {
        let of = |count: u32| AttributeLimits { count: count as usize, value_length };
        Self {
            span: of(limits.max_attributes_per_span),
            event: of(limits.max_attributes_per_event),
            link: of(limits.max_attributes_per_link),
            events: limits.max_events_per_span as usize,
            links: limits.max_links_per_span as usize,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Slot(RwLock<Arc<Pipeline>>);

impl Slot {
    pub(crate) fn pipeline(&self) -> Arc<Pipeline> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, pipeline: Arc<Pipeline>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = pipeline;
    }
}

/// A [`TracerProvider`](opentelemetry::trace::TracerProvider) whose spans have times finer than a millisecond.
///
/// Upstream's `SdkTracerProvider` does the sampling, makes the ids and runs the processors; its own clock has whole
/// milliseconds in a browser. The spans of this one take start, end and event times from a [`Clock`].
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
    slot: Arc<Slot>,
}

impl TracerProvider {
    /// Configures a provider.
    pub fn builder() -> TracerProviderBuilder {
        TracerProviderBuilder::default()
    }

    /// Puts the fine clock around a provider that was built elsewhere.
    ///
    /// Attributes that are set after the start replace each other, also here. But upstream's span appends them to those of the
    /// builder, so that a key which is in both comes twice, of which exporters take the last; and the limits stay upstream's.
    pub fn new(sdk: SdkTracerProvider) -> Self {
        let limits = SpanLimits { max_attributes_per_span: u32::MAX, ..SpanLimits::default() };
        Self::from_pipeline(Pipeline {
            engine: Box::new(UpstreamEngine::around(sdk)),
            generation: next_generation(),
            clock: Clock::new(),
            limits: Limits::new(&limits, None),
            default_parent: None,
            counters: Arc::default(),
        })
    }

    pub(crate) fn from_pipeline(pipeline: Pipeline) -> Self {
        Self { slot: Arc::new(Slot(RwLock::new(Arc::new(pipeline)))) }
    }

    /// A provider with the same pipeline in a slot of its own.
    pub(crate) fn fork(&self) -> Self {
        Self { slot: Arc::new(Slot(RwLock::new(self.slot.pipeline()))) }
    }

    /// Makes all tracers of this provider record into another's pipeline from now on.
    pub(crate) fn adopt(&self, other: &Self) {
        self.slot.replace(other.slot.pipeline());
    }

    /// Asks the processors to export what they hold. In a browser this cannot wait: see
    /// [`BatchSpanProcessor::flush`](crate::BatchSpanProcessor::flush).
    ///
    /// # Errors
    /// Those of the processors.
    pub fn force_flush(&self) -> OTelSdkResult {
        self.slot.pipeline().engine.force_flush()
    }

    /// Ends recording: spans that start or end after this are lost. The processors start their last export.
    ///
    /// # Errors
    /// Those of the processors, or that it is shut down already.
    pub fn shutdown(&self) -> OTelSdkResult {
        self.slot.pipeline().engine.shutdown()
    }
}

impl opentelemetry::trace::TracerProvider for TracerProvider {
    type Tracer = Tracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
        Tracer::new(self.slot.clone(), scope)
    }
}
