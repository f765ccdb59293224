//! The span, as an app has it: a handle of one that is recorded, here or elsewhere, of one that has ended, or of one that never was recorded.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, Status};
use opentelemetry_sdk::trace::SpanData;

use super::open::Open;
use super::recording::{Recorder, Recording};

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
    Recording(Open),
    /// Its data may wait in a queue.
    Ended(Arc<SpanData>),
    Elsewhere(Box<dyn Elsewhere>),
}

/// A span that is kept elsewhere.
pub(super) trait Elsewhere: Recorder + Send + Sync {
    fn span_context(&self) -> &SpanContext;
    fn is_recording(&self) -> bool;
    fn end(&mut self, time: Option<SystemTime>);
}

impl Span {
    pub(super) fn not_recording(span_context: SpanContext) -> Self {
        Self(State::NotRecording(Box::new(span_context)))
    }

    pub(super) fn recording(recording: Recording) -> Self {
        recording.runtime.counters.opened();
        Self(State::Recording(Open::new(recording)))
    }

    pub(super) fn elsewhere(span: Box<dyn Elsewhere>) -> Self {
        Self(State::Elsewhere(span))
    }

    fn record(&mut self, record: impl FnOnce(&mut dyn Recorder)) {
        match &mut self.0 {
            State::NotRecording(_) | State::Ended(_) => {}
            State::Recording(open) => open.with(|recording| record(recording)),
            State::Elsewhere(span) => record(&mut **span),
        }
    }

    fn end_at(&mut self, time: Option<SystemTime>) {
        match &mut self.0 {
            State::NotRecording(_) | State::Ended(_) => {}
            State::Recording(open) => {
                if let Some((data, runtime)) = open.end(time) {
                    self.0 = State::Ended(data.clone());
                    runtime.counters.closed();
                    runtime.end(data);
                }
            }
            State::Elsewhere(span) => span.end(time),
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            State::NotRecording(span_context) => f.debug_tuple("Span").field(span_context).finish(),
            State::Recording(open) => f.debug_tuple("Span").field(open.context()).finish(),
            State::Ended(data) => f.debug_tuple("Span").field(data).finish(),
            State::Elsewhere(span) => f.debug_tuple("Span").field(span.span_context()).finish(),
        }
    }
}

impl opentelemetry::trace::Span for Span {
    fn add_event<T: Into<Cow<'static, str>>>(&mut self, name: T, attributes: Vec<KeyValue>) {
        self.record(|recorder| recorder.add_event(name.into(), None, attributes));
    }

    fn add_event_with_timestamp<T: Into<Cow<'static, str>>>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) {
        self.record(|recorder| recorder.add_event(name.into(), Some(timestamp), attributes));
    }

    fn span_context(&self) -> &SpanContext {
        match &self.0 {
            State::NotRecording(span_context) => span_context,
            State::Recording(open) => open.context(),
            State::Ended(data) => &data.span_context,
            State::Elsewhere(span) => span.span_context(),
        }
    }

    fn is_recording(&self) -> bool {
        match &self.0 {
            State::NotRecording(_) | State::Ended(_) => false,
            State::Recording(open) => open.is_open(),
            State::Elsewhere(span) => span.is_recording(),
        }
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.record(|recorder| recorder.set_attribute(attribute));
    }

    fn set_status(&mut self, status: Status) {
        self.record(|recorder| recorder.set_status(status));
    }

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, new_name: T) {
        self.record(|recorder| recorder.update_name(new_name.into()));
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        self.record(|recorder| recorder.add_link(span_context, attributes));
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
