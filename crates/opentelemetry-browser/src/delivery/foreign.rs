//! An exporter of upstream's trait, with its type forgotten: it gets batches of records as they came, and says whether that went well.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;

use crate::encode::signal::Record;

pub(crate) type Export = Pin<Box<dyn Future<Output = OTelSdkResult> + Send>>;

trait Erased: fmt::Debug + Send + Sync {
    fn export(self: Arc<Self>, batch: Vec<Arc<dyn Record>>) -> Export;
    fn set_resource(&mut self, resource: &Resource);
    fn shutdown(&self);
}

impl<E: opentelemetry_sdk::trace::SpanExporter + 'static> Erased for E {
    fn export(self: Arc<Self>, batch: Vec<Arc<dyn Record>>) -> Export {
        let spans = batch.into_iter().filter_map(|record| (record as Arc<dyn Any + Send + Sync>).downcast().ok());
        let batch: Vec<SpanData> = spans.map(Arc::unwrap_or_clone).collect();
        Box::pin(async move { opentelemetry_sdk::trace::SpanExporter::export(&*self, batch).await })
    }

    fn set_resource(&mut self, resource: &Resource) {
        opentelemetry_sdk::trace::SpanExporter::set_resource(self, resource);
    }

    fn shutdown(&self) {
        // Its own errors are of no use to anybody at this point.
        let _ = opentelemetry_sdk::trace::SpanExporter::shutdown(self);
    }
}

/// Any exporter.
pub(crate) struct Foreign(Mutex<Arc<dyn Erased>>);

impl Foreign {
    pub(crate) fn new(exporter: impl opentelemetry_sdk::trace::SpanExporter + 'static) -> Self {
        Self(Mutex::new(Arc::new(exporter)))
    }

    fn current(&self) -> Arc<dyn Erased> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn export(&self, batch: Vec<Arc<dyn Record>>) -> Export {
        self.current().export(batch)
    }

    pub(crate) fn set_resource(&self, resource: &Resource) {
        // Upstream sets the resource once, before the first export: nobody shares it then.
        if let Some(exporter) = Arc::get_mut(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            exporter.set_resource(resource);
        }
    }

    pub(crate) fn shutdown(&self) {
        self.current().shutdown();
    }
}
