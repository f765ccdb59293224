//! Spans to a receiver, as upstream's SDK has it: [`SpanExporter`], and the [`Pipe`] that it shares with the processor before it.

mod builder;
mod endpoint;
pub(crate) mod pipe;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;

pub use builder::SpanExporterBuilder;
pub use endpoint::ConfigError;
#[cfg(feature = "logs")]
pub(crate) use endpoint::checked;
pub(crate) use endpoint::with_path;
use pipe::Pipe;

use crate::diagnostics::Diagnostics;
use crate::encode::Encoder;
use crate::platform::driven;
use crate::transport::Transport as _;
use crate::transport::response::Outcome;
use crate::transport::retry::RetryTransport;

/// Where an exporter sends to if nothing else is said: the port of OTLP/HTTP on this machine.
pub const DEFAULT_ENDPOINT: &str = "http://localhost:4318";

/// The path of traces below an endpoint.
pub const DEFAULT_PATH: &str = "/v1/traces";

/// The path of log records below an endpoint.
#[cfg(feature = "logs")]
pub const DEFAULT_LOGS_PATH: &str = "/v1/logs";

/// Exports spans as OTLP/HTTP JSON by `fetch`: an [`opentelemetry_sdk::trace::SpanExporter`] that works in a browser.
///
/// It is a handle: clones share all.
///
/// ```
/// use opentelemetry_browser::{BatchSpanProcessor, SpanExporter};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// let exporter = SpanExporter::builder().with_endpoint("http://localhost:4318").build()?;
/// let provider = SdkTracerProvider::builder()
///     .with_span_processor(BatchSpanProcessor::builder(exporter).build())
///     .build();
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct SpanExporter {
    pipe: Arc<Pipe>,
    is_shutdown: Arc<AtomicBool>,
}

impl fmt::Debug for SpanExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold keys, which have no place in a log.
        f.debug_struct("SpanExporter").field("url", &self.pipe.sender.url).finish_non_exhaustive()
    }
}

impl SpanExporter {
    /// Configures an exporter.
    pub fn builder() -> SpanExporterBuilder {
        SpanExporterBuilder::default()
    }

    /// What became of the spans so far. Spans are counted by the processor before this exporter, failures by both.
    pub fn diagnostics(&self) -> Diagnostics {
        self.pipe.sender.counters.snapshot()
    }

    pub(crate) fn pipe(&self) -> &Arc<Pipe> {
        &self.pipe
    }
}

impl opentelemetry_sdk::trace::SpanExporter for SpanExporter {
    /// # Errors
    /// [`OTelSdkError::AlreadyShutdown`] after a shutdown; [`OTelSdkError::InternalFailure`] if a span was not delivered.
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let is_shutdown = self.is_shutdown.load(Ordering::Relaxed);
        let pipe = self.pipe.clone();
        driven(async move {
            if is_shutdown {
                return Err(OTelSdkError::AlreadyShutdown);
            }
            if batch.is_empty() {
                return Ok(());
            }
            let spans = batch.len();
            let mut encoder = Encoder::default();
            for span in batch {
                pipe.encode(&mut encoder, Arc::new(span));
            }
            let sender = &pipe.sender;
            let mut body = Arc::new(pipe.frame().around(encoder.take().iter()));
            if let Some(compressing) = sender.compress(&body)
                && let Some(compressed) = compressing.await
            {
                body = Arc::new(compressed);
            }
            let request = sender.request(body, true, sender.timeout);
            let (attempts, policy, counters) = (sender.attempts.clone(), sender.retry.clone(), sender.counters.clone());
            let answer = RetryTransport::with_counters(attempts, policy, counters).send(request).await;
            match Outcome::of(answer, sender, spans) {
                Outcome::Delivered { rejected: 0, .. } => Ok(()),
                Outcome::Delivered { rejected, message } => {
                    let message = message.unwrap_or_else(|| "no reason given".to_owned());
                    Err(OTelSdkError::InternalFailure(format!("{rejected} spans were rejected: {message}")))
                }
                Outcome::Unavailable { error, .. } | Outcome::Refused { error } | Outcome::InDoubt { error } => {
                    Err(OTelSdkError::InternalFailure(error.to_string()))
                }
            }
        })
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        if self.is_shutdown.swap(true, Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.pipe.set_resource(&resource.into());
    }
}
