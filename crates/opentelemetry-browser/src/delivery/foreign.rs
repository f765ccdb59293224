//! An exporter of upstream's trait: it gets batches of records as they came, and says whether that went well.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::Context;
use opentelemetry::trace::FutureExt;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::batch::Id;
use super::driver::{Driver, Outlet};
use super::machine::Answer;
use crate::diagnostics::{Cause, LastError};
use crate::resource::Description;

/// Any exporter.
pub(crate) struct Foreign<E>(Mutex<Arc<E>>);

impl<E> Foreign<E> {
    pub(crate) fn new(exporter: E) -> Self {
        Self(Mutex::new(Arc::new(exporter)))
    }

    fn current(&self) -> Arc<E> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<E: SpanExporter + 'static> Outlet for Foreign<E> {
    fn send(&self, driver: &Arc<Driver>, id: Id) {
        let (exporter, spans) = (self.current(), driver.take_items(id));
        let spans = spans.into_iter().filter_map(|record| (record as Arc<dyn Any + Send + Sync>).downcast().ok());
        let spans: Vec<SpanData> = spans.map(Arc::unwrap_or_clone).collect();
        // Spans that an exporter starts would be exported in their turn, for ever; this crate's looks after itself.
        let exporting =
            async move { exporter.export(spans).await }.with_context(Context::new().with_telemetry_suppressed());
        let judge = driver.clone();
        driver.wait(id, Box::pin(exporting), move |result| match result {
            Ok(()) => {
                judge.counters().delivered();
                Answer::Accepted { rejected: 0 }
            }
            Err(error) => {
                judge.counters().failed(LastError::new(error.to_string(), Cause::Unknown));
                Answer::Refused
            }
        });
    }

    fn describe(&self, resource: &Description) {
        // Upstream sets the resource once, before the first export: nobody shares it then.
        if let Some(exporter) = Arc::get_mut(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            exporter.set_resource(&resource.into());
        }
    }

    fn shutdown(&self) {
        // Its own errors are of no use to anybody at this point.
        let _ = self.current().shutdown();
    }
}
