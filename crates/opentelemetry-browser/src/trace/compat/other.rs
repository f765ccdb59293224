//! A processor of upstream's SDK among this crate's.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::super::processors::Processor;
use crate::resource::Description;

pub(super) struct Other<P>(pub(super) P);

impl<P: SpanProcessor> Processor for Other<P> {
    fn describe(&mut self, resource: &Description) {
        self.0.set_resource(&resource.into());
    }

    fn start(&self, span: &mut Span, cx: &Context) {
        self.0.on_start(span, cx);
    }

    fn end(&self, span: Arc<SpanData>) {
        self.0.on_end(Arc::unwrap_or_clone(span));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn join(&self, before: OTelSdkResult, own: OTelSdkResult) -> OTelSdkResult {
        match (before, own) {
            (Err(before), Err(own)) => Err(OTelSdkError::InternalFailure(format!("{before}; {own}"))),
            (before, own) => before.and(own),
        }
    }
}
