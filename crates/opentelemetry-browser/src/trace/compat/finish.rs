//! Completing a span on its way to the processors.
//!
//! Upstream's span cannot replace an attribute, change its start or count what was dropped. So this crate
//! keeps these itself, and leaves them here just before it ends upstream's; the [`Finisher`], the only
//! processor that upstream knows, puts them into the data and then calls the real processors.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::Status;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::super::processors::{self, Processors};
use crate::attributes::{AttributeLimits, normalize, set};

/// What this crate's span knows better than upstream's.
pub(super) struct Completion {
    pub(super) start_time: SystemTime,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes: u32,
    pub(super) status: Status,
}

thread_local! {
    // Upstream calls `on_end` within `end_with_timestamp`, on the same thread.
    static COMPLETION: Cell<Option<Completion>> = const { Cell::new(None) };
}

/// Runs `end`, which ends upstream's span, with the completion at hand for the [`Finisher`]. Returns whether it was used: not
/// if the provider has been shut down.
pub(super) fn with_completion(completion: Completion, end: impl FnOnce()) -> bool {
    COMPLETION.set(Some(completion));
    end();
    COMPLETION.take().is_none()
}

pub(super) struct Finisher {
    processors: Processors,
    limits: AttributeLimits,
}

impl Finisher {
    pub(super) fn new(processors: Processors, limits: AttributeLimits) -> Self {
        Self { processors, limits }
    }

    fn complete(&self, span: &mut SpanData, completion: Completion) {
        span.start_time = completion.start_time;
        if completion.status != Status::Unset {
            span.status = completion.status;
        }
        let mut dropped = normalize(&mut span.attributes, &self.limits).saturating_add(completion.dropped_attributes);
        if span.attributes.is_empty() {
            span.attributes = completion.attributes;
        } else {
            for pair in completion.attributes {
                dropped += u32::from(set(&mut span.attributes, pair, &self.limits).is_some());
            }
        }
        span.dropped_attributes_count = span.dropped_attributes_count.saturating_add(dropped);
    }
}

impl fmt::Debug for Finisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every processor is printable; a derived form is more code, which stays linked.
        f.write_str("Finisher")
    }
}

impl SpanProcessor for Finisher {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        for processor in &self.processors {
            processor.start(span, cx);
        }
    }

    fn on_end(&self, mut span: SpanData) {
        if let Some(completion) = COMPLETION.take() {
            self.complete(&mut span, completion);
        }
        processors::end(&self.processors, Arc::new(span));
    }

    fn force_flush(&self) -> OTelSdkResult {
        processors::force_flush(&self.processors)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        processors::shutdown(&self.processors, timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        let resource = resource.into();
        for processor in &mut self.processors {
            processor.describe(&resource);
        }
    }
}
