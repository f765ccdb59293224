//! The span: upstream's, with fine times, attributes that replace each other, and a status whose last error wins.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{Span as _, SpanContext, Status};
use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::trace::Span as SdkSpan;

use crate::attributes::{set, unique};
use crate::clock::Anchor;
use crate::diagnostics::DropReason;
use crate::finish::{Completion, with_completion};
use crate::propagation::RANDOM;
use crate::provider::Pipeline;
use crate::tracing::Times;

/// A span with times finer than a millisecond. See [`TracerProvider`](crate::TracerProvider).
///
/// ```
/// use opentelemetry::KeyValue;
/// use opentelemetry::trace::{Span as _, Status, Tracer as _, TracerProvider as _};
/// use opentelemetry_browser::TracerProvider;
///
/// let mut span = TracerProvider::builder().build().tracer("shop").start("checkout");
/// span.set_attribute(KeyValue::new("cart.items", 2));
/// span.set_attribute(KeyValue::new("cart.items", 3)); // the last one holds
/// span.add_event("paid", vec![KeyValue::new("card", "visa")]);
/// span.set_status(Status::Ok);
/// span.end();
/// ```
#[derive(Debug)]
pub struct Span {
    inner: SdkSpan,
    pipeline: Arc<Pipeline>,
    recording: Option<Recording>,
    /// The context of a span that is not sampled, in a trace whose id is random: upstream drops the flag that says so.
    unsampled: Option<Box<SpanContext>>,
}

#[derive(Debug)]
struct Recording {
    anchor: Anchor,
    start: SystemTime,
    /// Set after the span was started; upstream has those of the builder and of the sampler.
    attributes: Vec<KeyValue>,
    dropped_attributes: u32,
    /// The keys that upstream has. Asked for only when there is no room for more attributes but only for other values.
    inherited: Option<HashSet<Key>>,
    status: Status,
    times: Times,
}

impl Span {
    pub(crate) fn not_recording(inner: SdkSpan, pipeline: Arc<Pipeline>, is_random: bool) -> Self {
        let unsampled = (is_random && inner.span_context().is_valid()).then(|| {
            let context = inner.span_context();
            let (flags, state) = (context.trace_flags() | RANDOM, context.trace_state().clone());
            Box::new(SpanContext::new(context.trace_id(), context.span_id(), flags, false, state))
        });
        Self { inner, pipeline, recording: None, unsampled }
    }

    pub(crate) fn recording(
        inner: SdkSpan,
        pipeline: Arc<Pipeline>,
        anchor: Anchor,
        start: SystemTime,
        times: Times,
    ) -> Self {
        let (attributes, status) = (Vec::new(), Status::Unset);
        let recording = Recording { anchor, start, attributes, dropped_attributes: 0, inherited: None, status, times };
        Self { inner, pipeline, recording: Some(recording), unsampled: None }
    }

    /// The time that a caller gave, or else that of a reading, or else now.
    fn time(&self, anchor: Anchor, given: Option<SystemTime>) -> Time {
        let clock = &self.pipeline.clock;
        match given.map(|time| clock.implicit(time).ok_or(time)) {
            Some(Err(explicit)) => Time::Explicit(explicit),
            Some(Ok(reading)) => Time::Now(anchor.at(reading)),
            None => Time::Now(anchor.at(clock.reading())),
        }
    }

    fn add_event_at(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, mut attributes: Vec<KeyValue>) {
        let Some(recording) = &self.recording else { return };
        let (Time::Explicit(time) | Time::Now(time)) = self.time(recording.anchor, time);
        unique(&mut attributes, &self.pipeline.limits.event);
        self.inner.add_event_with_timestamp(name, time, attributes);
    }

    fn end_at(&mut self, time: Option<SystemTime>) {
        let Some(recording) = self.recording.take() else { return };
        let time = match recording.times.exited().filter(|_| time.is_some()) {
            Some(exited) => Time::Now(recording.anchor.at(exited)),
            None => self.time(recording.anchor, time),
        };
        let time = match time {
            Time::Explicit(time) => time,
            // An explicit start may lie ahead of the clock, but a span that ends now does not end before it began.
            Time::Now(time) => time.max(recording.start),
        };
        if self.pipeline.has_finisher {
            let completion = Completion {
                start_time: recording.start,
                attributes: recording.attributes,
                dropped_attributes: recording.dropped_attributes,
                status: recording.status,
            };
            let is_taken_in = with_completion(completion, || self.inner.end_with_timestamp(time));
            if !is_taken_in && self.inner.span_context().is_sampled() {
                self.pipeline.counters.recorded();
                self.pipeline.counters.dropped(1, DropReason::Shutdown);
            }
        } else {
            self.inner.set_attributes(recording.attributes);
            // Upstream takes the greater of two errors, by the alphabet: it gets only the last.
            self.inner.set_status(recording.status);
            self.inner.end_with_timestamp(time);
        }
    }
}

enum Time {
    Explicit(SystemTime),
    Now(SystemTime),
}

impl opentelemetry::trace::Span for Span {
    fn add_event<T: Into<Cow<'static, str>>>(&mut self, name: T, attributes: Vec<KeyValue>) {
        self.add_event_at(name.into(), None, attributes);
    }

    fn add_event_with_timestamp<T: Into<Cow<'static, str>>>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) {
        self.add_event_at(name.into(), Some(timestamp), attributes);
    }

    fn span_context(&self) -> &SpanContext {
        self.unsampled.as_deref().unwrap_or_else(|| self.inner.span_context())
    }

    fn is_recording(&self) -> bool {
        self.recording.is_some() && self.inner.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        let Some(recording) = &mut self.recording else { return };
        let Some(attribute) = set(&mut recording.attributes, attribute, &self.pipeline.limits.span) else { return };
        let inherited = recording.inherited.get_or_insert_with(|| {
            let attributes = self.inner.exported_data().map(|data| data.attributes).unwrap_or_default();
            attributes.into_iter().map(|attribute| attribute.key).collect()
        });
        if inherited.contains(&attribute.key) {
            recording.attributes.push(attribute);
        } else {
            recording.dropped_attributes = recording.dropped_attributes.saturating_add(1);
        }
    }

    fn set_status(&mut self, status: Status) {
        let Some(recording) = &mut self.recording else { return };
        // Ok is final and Unset is ignored; of two errors the later describes what is wrong now.
        if recording.status != Status::Ok && status != Status::Unset {
            recording.status = status;
        }
    }

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, new_name: T) {
        self.inner.update_name(new_name);
    }

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        if self.recording.is_some() {
            unique(&mut attributes, &self.pipeline.limits.link);
            self.inner.add_link(span_context, attributes);
        }
    }

    fn end(&mut self) {
        self.end_at(None);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.end_at(Some(timestamp));
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.end_at(None);
    }
}
