//! The exporter behind a processor: this crate's, which can be asked to cut and to hurry, or any other.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;

type Export = Pin<Box<dyn Future<Output = OTelSdkResult> + Send>>;

/// Any exporter of upstream's trait, with its type forgotten.
trait Erased: fmt::Debug + Send + Sync {
    fn export(self: Arc<Self>, batch: Vec<SpanData>) -> Export;
    fn set_resource(&mut self, resource: &Resource);
    fn shutdown(&self);
}

impl<E: opentelemetry_sdk::trace::SpanExporter + 'static> Erased for E {
    fn export(self: Arc<Self>, batch: Vec<SpanData>) -> Export {
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

/// An exporter that only knows upstream's trait.
pub(crate) struct Foreign(Mutex<Arc<dyn Erased>>);

/// What a processor exports with.
pub(crate) enum Exporter {
    /// Encodes apart from sending, to any number of bytes.
    Ours(crate::SpanExporter),
    /// Takes a batch and says whether it went well.
    Foreign(Foreign),
}

impl Exporter {
    pub(crate) fn new<E: opentelemetry_sdk::trace::SpanExporter + 'static>(exporter: E) -> Self {
        match (&exporter as &dyn Any).downcast_ref::<crate::SpanExporter>() {
            Some(ours) => Self::Ours(ours.clone()),
            None => Self::Foreign(Foreign(Mutex::new(Arc::new(exporter)))),
        }
    }

    pub(crate) fn set_resource(&self, resource: &Resource) {
        match self {
            Self::Ours(exporter) => exporter.share_resource(resource),
            Self::Foreign(exporter) => {
                let mut exporter = exporter.0.lock().unwrap_or_else(PoisonError::into_inner);
                // Upstream sets the resource once, before the first export: nobody shares it then.
                if let Some(exporter) = Arc::get_mut(&mut exporter) {
                    exporter.set_resource(resource);
                }
            }
        }
    }

    pub(crate) fn shutdown(&self) {
        match self {
            Self::Ours(exporter) => Erased::shutdown(exporter),
            Self::Foreign(exporter) => exporter.current().shutdown(),
        }
    }
}

impl Foreign {
    fn current(&self) -> Arc<dyn Erased> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn export(&self, batch: Vec<SpanData>) -> Export {
        self.current().export(batch)
    }
}
