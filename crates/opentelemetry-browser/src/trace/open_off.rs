//! In the place of `open` without the feature `panic`: a span that is recorded is kept in its handle, and nowhere else.

use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::trace::SpanData;

use super::recording::Recording;
use super::runtime::Runtime;

pub(super) struct Open(Recording);

impl Open {
    pub(super) fn new(recording: Recording) -> Self {
        Self(recording)
    }

    pub(super) fn context(&self) -> &SpanContext {
        &self.0.data.span_context
    }

    pub(super) fn is_open(&self) -> bool {
        true
    }

    pub(super) fn with(&mut self, work: impl FnOnce(&mut Recording)) {
        work(&mut self.0);
    }

    pub(super) fn end(&mut self, time: Option<SystemTime>) -> Option<(Arc<SpanData>, Arc<Runtime>)> {
        self.0.set_end(time);
        Some((self.0.data.clone(), self.0.runtime.clone()))
    }
}
