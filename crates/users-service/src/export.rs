//! Says on the terminal that spans are lost, and that they arrive again. The SDK tells nobody.

use std::future::Future;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// An exporter whose failures are told, the first of several in a row.
#[derive(Debug)]
pub struct Telling<E> {
    exporter: E,
    endpoint: String,
    is_failing: AtomicBool,
}

impl<E> Telling<E> {
    /// Tells of this exporter, which sends to this endpoint.
    pub fn new(exporter: E, endpoint: String) -> Self {
        Self { exporter, endpoint, is_failing: AtomicBool::new(false) }
    }
}

impl<E: SpanExporter> SpanExporter for Telling<E> {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let (count, sending) = (batch.len(), self.exporter.export(batch));
        async move {
            let sent = sending.await;
            let was_failing = self.is_failing.swap(sent.is_err(), Relaxed);
            match &sent {
                Err(error) if !was_failing => tell(&format!(
                    "{count} spans were not delivered to {}: {error}. Further ones are lost, too, until this says otherwise. Is an \
                     OTLP/HTTP receiver there? OTEL_EXPORTER_OTLP_ENDPOINT names another",
                    self.endpoint
                )),
                Ok(()) if was_failing => tell(&format!("spans arrive at {} again", self.endpoint)),
                _ => {}
            }
            sent
        }
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

/// Nobody may be reading.
fn tell(words: &str) {
    let _ = writeln!(std::io::stderr(), "users-service: {words}");
}
