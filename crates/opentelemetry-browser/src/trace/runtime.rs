//! What a span needs while it lives: the clock, the limits, the counters, and the processors that take it when it has ended.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::SpanContext;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanLimits};

use super::exceptions::{EXCEPTION, Seen, TakeException};
use super::processors::{self, Processors};
use crate::attributes::AttributeLimits;
use crate::clock::Clock;
use crate::diagnostics::Counters;

/// How long processors may take to shut down: upstream's default.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

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
    pub(super) fn new(limits: &SpanLimits, value_length: Option<usize>) -> Self {
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

pub(crate) struct Runtime {
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) counters: Arc<Counters>,
    /// None, if upstream's SDK has them.
    pub(super) processors: Processors,
    /// What takes exceptions that are recorded on spans.
    pub(super) take_exception: Option<TakeException>,
    is_shutdown: AtomicBool,
}

impl Runtime {
    pub(super) fn new(
        clock: Clock,
        limits: Limits,
        counters: Arc<Counters>,
        processors: Processors,
        take_exception: Option<TakeException>,
    ) -> Arc<Self> {
        Arc::new(Self { clock, limits, counters, processors, take_exception, is_shutdown: AtomicBool::new(false) })
    }

    /// Whether an event stays with its span: an exception may become something else.
    pub(super) fn keeps_event<'a>(
        &self,
        name: &str,
        time: SystemTime,
        attributes: &[KeyValue],
        span: impl FnOnce() -> (&'a SpanContext, &'a InstrumentationScope),
    ) -> bool {
        let Some(take) = self.take_exception.as_ref().filter(|_| name == EXCEPTION) else { return true };
        let (context, scope) = span();
        take(Seen { context, scope, time, attributes })
    }

    pub(super) fn is_shutdown(&self) -> bool {
        self.is_shutdown.load(Ordering::Relaxed)
    }

    /// Hands a span that has ended to the processors.
    pub(super) fn end(&self, span: Arc<SpanData>) {
        if !self.is_shutdown() {
            processors::end(&self.processors, span);
        } else if span.span_context.is_sampled() {
            self.counters.came_too_late();
        }
    }

    pub(super) fn force_flush(&self) -> OTelSdkResult {
        processors::force_flush(&self.processors)
    }

    pub(super) fn shutdown(&self) -> OTelSdkResult {
        if self.is_shutdown.swap(true, Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        processors::shutdown(&self.processors, SHUTDOWN_TIMEOUT)
    }
}

impl Drop for Runtime {
    /// As upstream does it: what waits is exported, which nobody could ask for any more.
    fn drop(&mut self) {
        let _ = self.shutdown();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("limits", &self.limits).finish_non_exhaustive()
    }
}
