//! The span: fine times, attributes that replace each other, and a status whose last error wins.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, SpanContext, Status};
use opentelemetry_sdk::trace::SpanData;

use crate::attributes::{normalize, set};
use crate::clock::Anchor;
use crate::engine::{Recorder, Time, set_status};
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
/// assert!(span.is_recording());
/// span.end();
/// assert!(!span.is_recording(), "it is on its way, and does not change any more");
/// ```
pub struct Span(State);

enum State {
    NotRecording(Box<SpanContext>),
    Recording(Recording),
    /// Its data may wait in a queue.
    Ended(Arc<SpanData>),
    Elsewhere(Box<dyn Recorder>),
}

/// A span that is recorded here: what will be exported of it, and what that needs.
pub(crate) struct Recording {
    /// Nobody else has it before it has ended: it is not moved then, but shared.
    pub(crate) data: Arc<SpanData>,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) anchor: Anchor,
    pub(crate) times: Times,
}

impl Recording {
    fn add_event(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, mut attributes: Vec<KeyValue>) {
        let limits = &self.pipeline.limits;
        let Some(data) = Arc::get_mut(&mut self.data) else { return };
        if data.events.events.len() >= limits.events {
            data.events.dropped_count = data.events.dropped_count.saturating_add(1);
            return;
        }
        let time = Time::of(time, &self.pipeline.clock, self.anchor).get();
        let dropped = normalize(&mut attributes, &limits.event);
        data.events.events.push(Event::new(name, time, attributes, dropped));
    }

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        let limits = &self.pipeline.limits;
        let Some(data) = Arc::get_mut(&mut self.data) else { return };
        if data.links.links.len() >= limits.links {
            data.links.dropped_count = data.links.dropped_count.saturating_add(1);
            return;
        }
        let dropped = normalize(&mut attributes, &limits.link);
        data.links.links.push(Link::new(span_context, attributes, dropped));
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        let Some(data) = Arc::get_mut(&mut self.data) else { return };
        if set(&mut data.attributes, attribute, &self.pipeline.limits.span).is_some() {
            data.dropped_attributes_count = data.dropped_attributes_count.saturating_add(1);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Some(data) = Arc::get_mut(&mut self.data) {
            set_status(&mut data.status, status);
        }
    }

    fn update_name(&mut self, name: Cow<'static, str>) {
        if let Some(data) = Arc::get_mut(&mut self.data) {
            data.name = name;
        }
    }

    fn set_end(&mut self, time: Option<SystemTime>) {
        if let Some(data) = Arc::get_mut(&mut self.data) {
            let clock = &self.pipeline.clock;
            let span = (data.span_context.trace_id(), data.start_time);
            data.end_time = Time::end_of(time, clock, self.anchor, span, &self.times);
        }
    }
}

impl Span {
    pub(crate) fn not_recording(span_context: SpanContext) -> Self {
        Self(State::NotRecording(Box::new(span_context)))
    }

    pub(crate) fn recording(recording: Recording) -> Self {
        Self(State::Recording(recording))
    }

    pub(crate) fn elsewhere(recorder: Box<dyn Recorder>) -> Self {
        Self(State::Elsewhere(recorder))
    }

    fn add_event_at(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, attributes: Vec<KeyValue>) {
        match &mut self.0 {
            State::NotRecording(_) | State::Ended(_) => {}
            State::Recording(recording) => recording.add_event(name, time, attributes),
            State::Elsewhere(recorder) => recorder.add_event(name, time, attributes),
        }
    }

    fn end_at(&mut self, time: Option<SystemTime>) {
        match &mut self.0 {
            State::NotRecording(_) | State::Ended(_) => {}
            State::Recording(recording) => {
                recording.set_end(time);
                let ended = State::Ended(Arc::clone(&recording.data));
                if let State::Recording(Recording { data, pipeline, .. }) = std::mem::replace(&mut self.0, ended) {
                    pipeline.engine.end(data, &pipeline);
                }
            }
            State::Elsewhere(recorder) => recorder.end(time),
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            State::NotRecording(span_context) => f.debug_tuple("Span").field(span_context).finish(),
            State::Recording(Recording { data, .. }) | State::Ended(data) => f.debug_tuple("Span").field(data).finish(),
            State::Elsewhere(recorder) => f.debug_tuple("Span").field(recorder).finish(),
        }
    }
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
        match &self.0 {
            State::NotRecording(span_context) => span_context,
            State::Recording(Recording { data, .. }) | State::Ended(data) => &data.span_context,
            State::Elsewhere(recorder) => recorder.span_context(),
        }
    }

    fn is_recording(&self) -> bool {
        match &self.0 {
            State::NotRecording(_) | State::Ended(_) => false,
            State::Recording(_) => true,
            State::Elsewhere(recorder) => recorder.is_recording(),
        }
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        match &mut self.0 {
            State::NotRecording(_) | State::Ended(_) => {}
            State::Recording(recording) => recording.set_attribute(attribute),
            State::Elsewhere(recorder) => recorder.set_attribute(attribute),
        }
    }

    fn set_status(&mut self, status: Status) {
        match &mut self.0 {
            State::NotRecording(_) | State::Ended(_) => {}
            State::Recording(recording) => recording.set_status(status),
            State::Elsewhere(recorder) => recorder.set_status(status),
        }
    }

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, new_name: T) {
        match &mut self.0 {
            State::NotRecording(_) | State::Ended(_) => {}
            State::Recording(recording) => recording.update_name(new_name.into()),
            State::Elsewhere(recorder) => recorder.update_name(new_name.into()),
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        match &mut self.0 {
            State::NotRecording(_) | State::Ended(_) => {}
            State::Recording(recording) => recording.add_link(span_context, attributes),
            State::Elsewhere(recorder) => recorder.add_link(span_context, attributes),
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
