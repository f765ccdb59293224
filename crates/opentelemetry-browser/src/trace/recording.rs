//! What is done to a span while it is recorded: attributes that replace each other, a status whose last error wins, and fine times.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, SpanContext, Status};
use opentelemetry_sdk::trace::SpanData;

use super::readings::Readings;
use super::runtime::Runtime;
use super::time::Time;
use crate::attributes::{normalize, set};
use crate::clock::Anchor;

/// What records what is done to a span.
pub(super) trait Recorder {
    fn add_event(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, attributes: Vec<KeyValue>);
    fn set_attribute(&mut self, attribute: KeyValue);
    fn set_status(&mut self, status: Status);
    fn update_name(&mut self, name: Cow<'static, str>);
    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>);
}

/// A span that is recorded here: what will be exported of it, and what that needs.
pub(super) struct Recording {
    /// Nobody else has it before it has ended: it is not moved then, but shared.
    pub(super) data: Arc<SpanData>,
    pub(super) runtime: Arc<Runtime>,
    pub(super) anchor: Anchor,
    pub(super) readings: Readings,
}

impl Recording {
    pub(super) fn set_end(&mut self, time: Option<SystemTime>) {
        if let Some(data) = Arc::get_mut(&mut self.data) {
            let span = (data.span_context.trace_id(), data.start_time);
            data.end_time = Time::end_of(time, &self.runtime.clock, self.anchor, span, &self.readings);
        }
    }
}

impl Recorder for Recording {
    fn add_event(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, mut attributes: Vec<KeyValue>) {
        let limits = &self.runtime.limits;
        let Some(data) = Arc::get_mut(&mut self.data) else { return };
        let time = Time::of(time, &self.runtime.clock, self.anchor).get();
        let span = || (&data.span_context, &data.instrumentation_scope);
        if !self.runtime.keeps_event(&name, time, &attributes, span) {
            return;
        }
        if data.events.events.len() >= limits.events {
            data.events.dropped_count = data.events.dropped_count.saturating_add(1);
            return;
        }
        let dropped = normalize(&mut attributes, &limits.event);
        data.events.events.push(Event::new(name, time, attributes, dropped));
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        let Some(data) = Arc::get_mut(&mut self.data) else { return };
        if set(&mut data.attributes, attribute, &self.runtime.limits.span).is_some() {
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

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        let limits = &self.runtime.limits;
        let Some(data) = Arc::get_mut(&mut self.data) else { return };
        if data.links.links.len() >= limits.links {
            data.links.dropped_count = data.links.dropped_count.saturating_add(1);
            return;
        }
        let dropped = normalize(&mut attributes, &limits.link);
        data.links.links.push(Link::new(span_context, attributes, dropped));
    }
}

/// Ok is final and Unset is ignored; of two errors the later describes what is wrong now.
pub(super) fn set_status(status: &mut Status, new: Status) {
    if *status != Status::Ok && new != Status::Unset {
        *status = new;
    }
}
