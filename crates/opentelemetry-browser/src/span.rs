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
pub struct Span(State);

enum State {
    /// It never was recorded, or has ended.
    NotRecording(SpanContext),
    Recording(Recording),
    Elsewhere(Box<dyn Recorder>),
}

/// A span that is recorded here: what will be exported of it, and what that needs.
pub(crate) struct Recording {
    pub(crate) data: Box<SpanData>,
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) anchor: Anchor,
    pub(crate) times: Times,
}

impl Recording {
    fn add_event(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, mut attributes: Vec<KeyValue>) {
        let limits = &self.pipeline.limits;
        let events = &mut self.data.events;
        if events.events.len() >= limits.events {
            events.dropped_count = events.dropped_count.saturating_add(1);
            return;
        }
        let time = Time::of(time, &self.pipeline.clock, self.anchor).get();
        let dropped = normalize(&mut attributes, &limits.event);
        events.events.push(Event::new(name, time, attributes, dropped));
    }

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        let limits = &self.pipeline.limits;
        let links = &mut self.data.links;
        if links.links.len() >= limits.links {
            links.dropped_count = links.dropped_count.saturating_add(1);
            return;
        }
        let dropped = normalize(&mut attributes, &limits.link);
        links.links.push(Link::new(span_context, attributes, dropped));
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if set(&mut self.data.attributes, attribute, &self.pipeline.limits.span).is_some() {
            self.data.dropped_attributes_count = self.data.dropped_attributes_count.saturating_add(1);
        }
    }

    fn end(self, time: Option<SystemTime>) {
        let Self { mut data, pipeline, anchor, times } = self;
        data.end_time = Time::end_of(time, &pipeline.clock, anchor, data.start_time, &times);
        pipeline.engine.end(data, &pipeline);
    }
}

impl Span {
    pub(crate) fn not_recording(span_context: SpanContext) -> Self {
        Self(State::NotRecording(span_context))
    }

    pub(crate) fn recording(recording: Recording) -> Self {
        Self(State::Recording(recording))
    }

    pub(crate) fn elsewhere(recorder: Box<dyn Recorder>) -> Self {
        Self(State::Elsewhere(recorder))
    }

    fn add_event_at(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, attributes: Vec<KeyValue>) {
        match &mut self.0 {
            State::NotRecording(_) => {}
            State::Recording(recording) => recording.add_event(name, time, attributes),
            State::Elsewhere(recorder) => recorder.add_event(name, time, attributes),
        }
    }

    fn end_at(&mut self, time: Option<SystemTime>) {
        match &mut self.0 {
            State::NotRecording(_) => {}
            State::Recording(recording) => {
                let ended = State::NotRecording(recording.data.span_context.clone());
                if let State::Recording(recording) = std::mem::replace(&mut self.0, ended) {
                    recording.end(time);
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
            State::Recording(recording) => f.debug_tuple("Span").field(&recording.data).finish(),
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
            State::Recording(recording) => &recording.data.span_context,
            State::Elsewhere(recorder) => recorder.span_context(),
        }
    }

    fn is_recording(&self) -> bool {
        match &self.0 {
            State::NotRecording(_) => false,
            State::Recording(_) => true,
            State::Elsewhere(recorder) => recorder.is_recording(),
        }
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        match &mut self.0 {
            State::NotRecording(_) => {}
            State::Recording(recording) => recording.set_attribute(attribute),
            State::Elsewhere(recorder) => recorder.set_attribute(attribute),
        }
    }

    fn set_status(&mut self, status: Status) {
        match &mut self.0 {
            State::NotRecording(_) => {}
            State::Recording(recording) => set_status(&mut recording.data.status, status),
            State::Elsewhere(recorder) => recorder.set_status(status),
        }
    }

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, new_name: T) {
        match &mut self.0 {
            State::NotRecording(_) => {}
            State::Recording(recording) => recording.data.name = new_name.into(),
            State::Elsewhere(recorder) => recorder.update_name(new_name.into()),
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        match &mut self.0 {
            State::NotRecording(_) => {}
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
