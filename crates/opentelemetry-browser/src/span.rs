//! The span: upstream's, with fine times, attributes that replace each other, and a status whose last error wins.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanContext, Status};
use opentelemetry_sdk::trace::Span as SdkSpan;

use crate::attributes::{set, unique};
use crate::clock::Anchor;
use crate::finish::{Completion, with_completion};
use crate::provider::Pipeline;

/// A span with times finer than a millisecond. See [`TracerProvider`](crate::TracerProvider).
#[derive(Debug)]
pub struct Span {
    inner: SdkSpan,
    pipeline: Arc<Pipeline>,
    recording: Option<Recording>,
}

#[derive(Debug)]
struct Recording {
    anchor: Anchor,
    start: SystemTime,
    /// Set after the span was started; upstream has those of the builder and of the sampler.
    attributes: Vec<KeyValue>,
    dropped_attributes: u32,
    status: Status,
}

impl Span {
    pub(crate) fn not_recording(inner: SdkSpan, pipeline: Arc<Pipeline>) -> Self {
        Self { inner, pipeline, recording: None }
    }

    pub(crate) fn recording(inner: SdkSpan, pipeline: Arc<Pipeline>, anchor: Anchor, start: SystemTime) -> Self {
        let recording =
            Recording { anchor, start, attributes: Vec::new(), dropped_attributes: 0, status: Status::Unset };
        Self { inner, pipeline, recording: Some(recording) }
    }

    fn now(&self, anchor: Anchor) -> SystemTime {
        anchor.at(self.pipeline.clock.reading())
    }

    fn add_event_at(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, mut attributes: Vec<KeyValue>) {
        let Some(recording) = &self.recording else { return };
        let time = time.unwrap_or_else(|| self.now(recording.anchor));
        unique(&mut attributes, &self.pipeline.limits.event);
        self.inner.add_event_with_timestamp(name, time, attributes);
    }

    fn end_at(&mut self, time: Option<SystemTime>) {
        let Some(recording) = self.recording.take() else { return };
        // An explicit start may lie ahead of the clock, but a span that ends now does not end before it began.
        let time = time.unwrap_or_else(|| self.now(recording.anchor).max(recording.start));
        if self.pipeline.has_finisher {
            let completion = Completion {
                start_time: recording.start,
                attributes: recording.attributes,
                dropped_attributes: recording.dropped_attributes,
                status: recording.status,
            };
            with_completion(completion, || self.inner.end_with_timestamp(time));
        } else {
            self.inner.set_attributes(recording.attributes);
            self.inner.end_with_timestamp(time);
        }
    }

    /// `None` if `time` is "now" by upstream's millisecond clock.
    fn explicit(&self, time: SystemTime) -> Option<SystemTime> {
        (!self.pipeline.clock.is_implicit(time)).then_some(time)
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
        if self.recording.is_some() {
            self.add_event_at(name.into(), self.explicit(timestamp), attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        self.inner.span_context()
    }

    fn is_recording(&self) -> bool {
        self.recording.is_some() && self.inner.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(recording) = &mut self.recording
            && !set(&mut recording.attributes, attribute, &self.pipeline.limits.span)
        {
            recording.dropped_attributes = recording.dropped_attributes.saturating_add(1);
        }
    }

    fn set_status(&mut self, status: Status) {
        let Some(recording) = &mut self.recording else { return };
        // Ok is final and Unset is ignored; of two errors the later describes what is wrong now.
        if recording.status != Status::Ok && status != Status::Unset {
            recording.status = status.clone();
            self.inner.set_status(status);
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
        if self.recording.is_some() {
            self.end_at(self.explicit(timestamp));
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.end_at(None);
    }
}
