//! Engines: what makes spans out of builders, and ends them.
//!
//! [`own`] does it all itself, by upstream's samplers and id generators: a span is one allocation that goes from its start to the
//! queue. It serves where nobody wants to see spans when they start. [`upstream`] is upstream's SDK with the fine clock around it,
//! for processors that do, and for providers that were built elsewhere; it is linked only where it is used.

mod finish;
pub(crate) mod own;
pub(crate) mod upstream;

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use opentelemetry::trace::{SpanBuilder, SpanContext, Status, TraceContextExt as _, TraceId};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{IdGenerator, ShouldSample, SpanData, SpanLimits};

use own::EndProcessor;

use crate::attributes::AttributeLimits;
use crate::clock::{Anchor, Clock};
use crate::provider::Pipeline;
use crate::span::Span;
use crate::tracing::Times;

/// A span to be started.
pub(crate) struct Request<'a> {
    pub(crate) pipeline: &'a Arc<Pipeline>,
    pub(crate) scope: &'a InstrumentationScope,
    /// What an engine keeps with a tracer.
    pub(crate) kept: &'a Kept,
    pub(crate) builder: SpanBuilder,
    pub(crate) parent_cx: &'a Context,
    pub(crate) times: Times,
}

/// What an engine is made of.
pub(crate) struct Parts {
    /// `None` for upstream's default.
    pub(crate) sampler: Option<Box<dyn ShouldSample>>,
    pub(crate) ids: Box<dyn IdGenerator>,
    pub(crate) resource: Resource,
    pub(crate) processors: Vec<EndProcessor>,
    pub(crate) span_limits: SpanLimits,
    pub(crate) attribute_limits: AttributeLimits,
    /// Whether a span with an unsampled parent is never recorded.
    pub(crate) parent_decides: bool,
}

/// Something of an engine's, and the generation of the slot that it belongs to.
pub(crate) type Kept = Mutex<Option<(u32, Box<dyn Any + Send + Sync>)>>;

/// Starts spans.
pub(crate) trait Engine: Send + Sync {
    fn start(&self, request: Request<'_>) -> Span;

    /// Hands a span that has ended to the processors; only an engine that keeps spans as this crate does is asked.
    fn end(&self, span: Arc<SpanData>, pipeline: &Pipeline);

    fn force_flush(&self) -> OTelSdkResult;

    fn shutdown(&self) -> OTelSdkResult;
}

/// A recording span that is kept elsewhere.
pub(crate) trait Recorder: fmt::Debug + Send + Sync {
    fn span_context(&self) -> &SpanContext;
    fn is_recording(&self) -> bool;
    fn add_event(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, attributes: Vec<KeyValue>);
    fn set_attribute(&mut self, attribute: KeyValue);
    fn set_status(&mut self, status: Status);
    fn update_name(&mut self, name: Cow<'static, str>);
    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>);
    fn end(&mut self, time: Option<SystemTime>);
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

/// A time within a span's life.
#[derive(Clone, Copy)]
pub(crate) enum Time {
    /// Which the caller has chosen.
    Explicit(SystemTime),
    Now(SystemTime),
}

impl Time {
    /// The time that a caller gave, unless it is what upstream's clock says of now.
    pub(crate) fn of(given: Option<SystemTime>, clock: &Clock, anchor: Anchor) -> Self {
        match given.map(|time| clock.implicit(time).ok_or(time)) {
            Some(Err(explicit)) => Self::Explicit(explicit),
            Some(Ok(reading)) => Self::Now(anchor.at(reading)),
            None => Self::Now(anchor.at(clock.reading())),
        }
    }

    /// When a span of this trace and start ends.
    pub(crate) fn end_of(
        given: Option<SystemTime>,
        clock: &Clock,
        anchor: Anchor,
        (trace_id, start): (TraceId, SystemTime),
        times: &Times,
    ) -> SystemTime {
        let time = match times.exited().filter(|_| given.is_some()) {
            Some(exited) => Self::Now(anchor.at(exited)),
            None => Self::of(given, clock, anchor),
        };
        match time {
            // Whoever gives a time has a reason, even for one that equals the start.
            Self::Explicit(time) => time,
            Self::Now(time) => clock.end(trace_id, start, time),
        }
    }

    pub(crate) fn get(self) -> SystemTime {
        let (Self::Explicit(time) | Self::Now(time)) = self;
        time
    }
}

/// What a sampler sees of a parent. An active span without ids, such as one of before the install, is none; upstream's `ParentBased`
/// would take it for one that was sampled out.
fn sampled_by(parent_cx: &Context) -> Option<&Context> {
    (!parent_cx.has_active_span() || parent_cx.span().span_context().is_valid()).then_some(parent_cx)
}

/// Ok is final and Unset is ignored; of two errors the later describes what is wrong now.
pub(crate) fn set_status(status: &mut Status, new: Status) {
    if *status != Status::Ok && new != Status::Unset {
        *status = new;
    }
}
