use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

/// The first failure of an export that no flush has reported yet.
#[derive(Clone, Debug, Default)]
pub struct Failure(Arc<Mutex<Option<String>>>);

impl Failure {
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap().take()
    }

    fn keep(&self, error: String) {
        self.0.lock().unwrap().get_or_insert(error);
    }
}

/// An exporter whose failures are kept: the batch processor only logs them.
#[derive(Debug)]
pub struct Watched<E> {
    exporter: E,
    failure: Failure,
}

impl<E> Watched<E> {
    pub fn new(exporter: E, failure: Failure) -> Self {
        Self { exporter, failure }
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        if let Err(error) = &result {
            self.failure.keep(error.to_string());
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
