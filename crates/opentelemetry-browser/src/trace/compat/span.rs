//! A span of upstream's SDK, and what this crate knows better: what is done to it comes in, its completion goes out when it ends.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{Span as _, SpanContext, Status};
use opentelemetry::{InstrumentationScope, Key, KeyValue};
use opentelemetry_sdk::trace::Span as SdkSpan;

use super::super::readings::Readings;
use super::super::recording::{Recorder, set_status};
use super::super::runtime::Runtime;
use super::super::span::Elsewhere;
use super::super::time::Time;
use super::finish::{Completion, with_completion};
use crate::attributes::{set, unique};
use crate::clock::Anchor;

/// Upstream's span, and what this crate knows better.
pub(super) struct UpstreamSpan {
    pub(super) inner: SdkSpan,
    pub(super) runtime: Arc<Runtime>,
    pub(super) scope: InstrumentationScope,
    pub(super) has_finisher: bool,
    pub(super) recording: Option<Recording>,
}

pub(super) struct Recording {
    pub(super) anchor: Anchor,
    pub(super) start: SystemTime,
    /// Set after the span was started; upstream has those of the builder and of the sampler.
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes: u32,
    /// The keys that upstream has. Asked for only when there is no room for more attributes but only for other values.
    pub(super) inherited: Option<HashSet<Key>>,
    pub(super) status: Status,
    pub(super) readings: Readings,
}

impl Recorder for UpstreamSpan {
    fn add_event(&mut self, name: Cow<'static, str>, time: Option<SystemTime>, mut attributes: Vec<KeyValue>) {
        let Some(recording) = &self.recording else { return };
        let time = Time::of(time, &self.runtime.clock, recording.anchor).get();
        let span = || (self.inner.span_context(), &self.scope);
        if !self.runtime.keeps_event(&name, time, &attributes, span) {
            return;
        }
        unique(&mut attributes, &self.runtime.limits.event);
        self.inner.add_event_with_timestamp(name, time, attributes);
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        let Some(recording) = &mut self.recording else { return };
        let Some(attribute) = set(&mut recording.attributes, attribute, &self.runtime.limits.span) else { return };
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
        if let Some(recording) = &mut self.recording {
            set_status(&mut recording.status, status);
        }
    }

    fn update_name(&mut self, name: Cow<'static, str>) {
        self.inner.update_name(name);
    }

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        if self.recording.is_some() {
            unique(&mut attributes, &self.runtime.limits.link);
            self.inner.add_link(span_context, attributes);
        }
    }
}

impl Elsewhere for UpstreamSpan {
    fn span_context(&self) -> &SpanContext {
        self.inner.span_context()
    }

    fn is_recording(&self) -> bool {
        self.recording.is_some() && self.inner.is_recording()
    }

    fn end(&mut self, time: Option<SystemTime>) {
        let Some(recording) = self.recording.take() else { return };
        self.runtime.counters.closed();
        let Recording { anchor, start, readings, .. } = &recording;
        let span = (self.inner.span_context().trace_id(), *start);
        let time = Time::end_of(time, &self.runtime.clock, *anchor, span, readings);
        if self.has_finisher {
            let completion = Completion {
                start_time: recording.start,
                attributes: recording.attributes,
                dropped_attributes: recording.dropped_attributes,
                status: recording.status,
            };
            let is_taken_in = with_completion(completion, || self.inner.end_with_timestamp(time));
            if !is_taken_in && self.inner.span_context().is_sampled() {
                self.runtime.counters.came_too_late();
            }
        } else {
            self.inner.set_attributes(recording.attributes);
            // Upstream takes the greater of two errors, by the alphabet: it gets only the last.
            self.inner.set_status(recording.status);
            self.inner.end_with_timestamp(time);
        }
    }
}
