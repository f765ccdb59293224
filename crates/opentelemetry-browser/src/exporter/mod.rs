//! Spans to a receiver: a batch is encoded as OTLP JSON, compressed if that is chosen, and sent by a [`Transport`].
//!
//! Each is done once: what is tried again is the same bytes. From the outside in, a request goes through [`retry`], the budget of
//! what may outlive the page ([`unload`]), and [`watch`], which has the cause of an outage looked for.

mod builder;
mod compression;
mod endpoint;
pub(crate) mod json;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod spool;
mod text;
pub(crate) mod transport;
pub(crate) mod unload;
mod watch;
pub(crate) mod worker;

use std::borrow::Borrow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::FutureExt;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;

pub use builder::SpanExporterBuilder;
pub use compression::Compression;
use compression::is_compressed;
pub use endpoint::ConfigError;
pub(crate) use endpoint::with_path;
use json::{BatchEncoder, Frame};
use response::Outcome;
use retry::{RetryPolicy, RetryTransport};
use transport::{Request, Transport};
use unload::{Budgeted, Progress};

use crate::diagnostics::{Counters, Diagnostics};
use crate::platform::driven;
use crate::platform::fetch_later::Deferred;
use crate::redaction::Redaction;

/// Where an exporter sends to if nothing else is said: the port of OTLP/HTTP on this machine.
pub const DEFAULT_ENDPOINT: &str = "http://localhost:4318";

/// The path of traces below an endpoint.
pub const DEFAULT_PATH: &str = "/v1/traces";

/// An encoded request: some spans, ready to be sent, and sent again, as they are.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub(crate) body: Arc<Vec<u8>>,
    pub(crate) spans: usize,
}

/// How a payload is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// With retries; as a request that outlives the page if the budget has room for it.
    Patient,
    /// Once, within the budget of requests that outlive the page.
    Handover,
}

struct Inner {
    url: Arc<str>,
    headers: Arc<[(String, String)]>,
    compressed_headers: Arc<[(String, String)]>,
    compression: Compression,
    /// Whether it was said that there is no way to compress.
    is_compression_missed: AtomicBool,
    timeout: Duration,
    transport: Arc<dyn Transport>,
    retry: RetryPolicy,
    frame: RwLock<Arc<Frame>>,
    redactions: Vec<Box<dyn Redaction>>,
    counters: Arc<Counters>,
    is_shutdown: AtomicBool,
}

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
    inner: Arc<Inner>,
}

impl fmt::Debug for SpanExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold keys, which have no place in a log.
        f.debug_struct("SpanExporter").field("url", &self.inner.url).finish_non_exhaustive()
    }
}

impl SpanExporter {
    /// Configures an exporter.
    pub fn builder() -> SpanExporterBuilder {
        SpanExporterBuilder::default()
    }

    /// What became of the spans so far. Spans are counted by the processor before this exporter, failures by both.
    pub fn diagnostics(&self) -> Diagnostics {
        self.inner.counters.snapshot()
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.inner.counters
    }

    /// Begins a request about this exporter's resource.
    pub(crate) fn frame(&self) -> Arc<Frame> {
        self.inner.frame.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn share_resource(&self, resource: &Resource) {
        *self.inner.frame.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Frame::new(resource));
    }

    pub(crate) fn url(&self) -> Arc<str> {
        self.inner.url.clone()
    }

    /// Leaves a payload to the browser, to be sent when the page is gone.
    pub(crate) fn defer(&self, payload: &Payload) -> Option<Deferred> {
        Deferred::new(&self.inner.url, self.headers(payload), &payload.body)
    }

    fn headers(&self, payload: &Payload) -> &Arc<[(String, String)]> {
        if is_compressed(&payload.body) { &self.inner.compressed_headers } else { &self.inner.headers }
    }

    /// Applies the redactions. The caller holds no lock, and shows no span to this twice.
    pub(crate) fn redact<'a>(&self, spans: impl IntoIterator<Item = &'a mut SpanData>) {
        if self.inner.redactions.is_empty() {
            return;
        }
        // A span that a redaction starts would need redacting itself, and so on.
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        for span in spans {
            for redaction in &self.inner.redactions {
                redaction.redact(span);
            }
        }
    }

    /// Sends a payload. The request has started when this returns.
    pub(crate) fn send(&self, payload: &Payload, delivery: Delivery) -> impl Future<Output = Outcome> + Send + use<> {
        self.start(payload, delivery).1
    }

    /// Sends a payload, and shows how far that has come.
    pub(crate) fn start(
        &self,
        payload: &Payload,
        delivery: Delivery,
    ) -> (Arc<Progress>, impl Future<Output = Outcome> + Send + use<>) {
        let inner = self.inner.clone();
        let request = Request {
            url: inner.url.clone(),
            headers: self.headers(payload).clone(),
            body: payload.body.clone(),
            keepalive: true,
            timeout: inner.timeout,
        };
        let spans = payload.spans;
        // Spans that a transport starts would be exported in their turn, for ever.
        let context = Context::new().with_telemetry_suppressed();
        let _suppressed = context.clone().attach();
        let progress = Arc::<Progress>::default();
        let once = Budgeted::new(inner.transport.clone(), progress.clone());
        let answer = match delivery {
            Delivery::Patient => {
                RetryTransport::with_counters(once, inner.retry.clone(), inner.counters.clone()).send(request)
            }
            Delivery::Handover => once.send(request),
        };
        (progress, async move { Outcome::of(answer.await, &inner.url, spans) }.with_context(context))
    }
}

impl opentelemetry_sdk::trace::SpanExporter for SpanExporter {
    /// # Errors
    /// [`OTelSdkError::AlreadyShutdown`] after a shutdown; [`OTelSdkError::InternalFailure`] if a span was not delivered.
    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let is_shutdown = self.inner.is_shutdown.load(Ordering::Relaxed);
        let exporter = self.clone();
        driven(async move {
            if is_shutdown {
                return Err(OTelSdkError::AlreadyShutdown);
            }
            if batch.is_empty() {
                return Ok(());
            }
            exporter.redact(&mut batch);
            let mut payload = Payload { spans: batch.len(), body: Arc::new(exporter.encode_all(&batch)) };
            drop(batch);
            if let Some(compressing) = exporter.compress(&payload.body)
                && let Some(body) = compressing.await
            {
                payload.body = Arc::new(body);
            }
            match exporter.send(&payload, Delivery::Patient).await {
                Outcome::Delivered { rejected: 0, .. } => Ok(()),
                Outcome::Delivered { rejected, message } => {
                    let message = message.unwrap_or_else(|| "no reason given".to_owned());
                    Err(OTelSdkError::InternalFailure(format!("{rejected} spans were rejected: {message}")))
                }
                Outcome::Unavailable { error, .. } | Outcome::Refused { error } => {
                    Err(OTelSdkError::InternalFailure(error.to_string()))
                }
            }
        })
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        if self.inner.is_shutdown.swap(true, Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.share_resource(resource);
    }
}

impl SpanExporter {
    /// A request of all these spans, however long.
    pub(crate) fn encode_all(&self, batch: &[impl Borrow<SpanData>]) -> Vec<u8> {
        let frame = self.frame();
        let mut encoder = BatchEncoder::new(&frame, batch.len(), usize::MAX);
        for span in batch {
            encoder.push(span.borrow(), usize::MAX);
        }
        encoder.finish()
    }
}
