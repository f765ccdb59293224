//! Spans to a receiver: a batch is encoded as OTLP JSON and sent by a [`Transport`].

mod endpoint;
pub(crate) mod json;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod spool;
mod text;
pub(crate) mod transport;
pub(crate) mod unload;
mod watch;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;

pub use endpoint::ConfigError;
pub(crate) use endpoint::{checked, header, with_path};
use json::{BatchEncoder, Frame};
use response::Outcome;
use retry::{RetryPolicy, RetryTransport};
use transport::{FetchTransport, Request, Transport};
use unload::Budgeted;
use watch::Watched;

use crate::diagnostics::{Counters, Diagnostics};
use crate::platform::fetch_later::Deferred;
use crate::redaction::Redaction;

/// Where an exporter sends to if nothing else is said: the port of OTLP/HTTP on this machine.
pub const DEFAULT_ENDPOINT: &str = "http://localhost:4318";

/// The path of traces below an endpoint.
pub const DEFAULT_PATH: &str = "/v1/traces";

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

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
    timeout: Duration,
    once: Arc<Budgeted>,
    retrying: RetryTransport<Arc<Budgeted>>,
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

    /// How many attempts to send have failed so far in a way that another may not.
    pub(crate) fn failed_attempts(&self) -> u64 {
        self.inner.once.failures()
    }

    /// Leaves a payload to the browser, to be sent when the page is gone.
    pub(crate) fn defer(&self, payload: &Payload) -> Option<Deferred> {
        Deferred::new(&self.inner.url, &self.inner.headers, &payload.body)
    }

    /// Applies the redactions. The caller holds no lock, and shows no span to this twice.
    pub(crate) fn redact(&self, spans: &mut [SpanData]) {
        if self.inner.redactions.is_empty() || spans.is_empty() {
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
        let inner = self.inner.clone();
        let request = Request {
            url: inner.url.clone(),
            headers: inner.headers.clone(),
            body: payload.body.clone(),
            keepalive: true,
            timeout: inner.timeout,
        };
        let spans = payload.spans;
        let answer = match delivery {
            Delivery::Patient => inner.retrying.send(request),
            Delivery::Handover => inner.once.send(request),
        };
        async move { Outcome::of(answer.await, &inner.url, spans) }
    }
}

impl opentelemetry_sdk::trace::SpanExporter for SpanExporter {
    /// # Errors
    /// [`OTelSdkError::AlreadyShutdown`] after a shutdown; [`OTelSdkError::InternalFailure`] if a span was not delivered.
    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let is_shutdown = self.inner.is_shutdown.load(Ordering::Relaxed);
        let exporter = self.clone();
        async move {
            if is_shutdown {
                return Err(OTelSdkError::AlreadyShutdown);
            }
            if batch.is_empty() {
                return Ok(());
            }
            exporter.redact(&mut batch);
            let payload = exporter.encode_all(&batch);
            drop(batch);
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
        }
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
    fn encode_all(&self, batch: &[SpanData]) -> Payload {
        let frame = self.frame();
        let mut encoder = BatchEncoder::new(&frame);
        for span in batch {
            encoder.push(span, usize::MAX);
        }
        Payload { spans: encoder.spans(), body: Arc::new(encoder.finish()) }
    }
}

/// Configures a [`SpanExporter`].
pub struct SpanExporterBuilder {
    url: Result<String, ConfigError>,
    headers: Vec<(String, String)>,
    timeout: Duration,
    retry: RetryPolicy,
    transport: Option<Arc<dyn Transport>>,
    redactions: Vec<Box<dyn Redaction>>,
}

impl Default for SpanExporterBuilder {
    fn default() -> Self {
        Self {
            url: with_path(DEFAULT_ENDPOINT, DEFAULT_PATH),
            headers: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
            retry: RetryPolicy::default(),
            transport: None,
            redactions: Vec::new(),
        }
    }
}

impl fmt::Debug for SpanExporterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanExporterBuilder").field("url", &self.url).finish_non_exhaustive()
    }
}

impl SpanExporterBuilder {
    /// The receiver's base URL, to which `/v1/traces` is appended, as `OTEL_EXPORTER_OTLP_ENDPOINT` is used.
    /// Default: [`DEFAULT_ENDPOINT`].
    pub fn with_endpoint(mut self, endpoint: impl AsRef<str>) -> Self {
        self.url = with_path(endpoint.as_ref(), DEFAULT_PATH);
        self
    }

    /// The whole URL that traces are posted to, as `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is used.
    pub fn with_traces_endpoint(mut self, url: impl AsRef<str>) -> Self {
        self.url = checked(url.as_ref());
        self
    }

    /// A header to be sent with each request, such as `authorization`. What a page can send, its visitors can read.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How long one attempt may take. Default: 10 s, as `OTEL_EXPORTER_OTLP_TIMEOUT`.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// When failed requests are tried again.
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Another way to the receiver than [`FetchTransport`].
    pub fn with_transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Changes each span before it is encoded: see [`Redaction`] and [`redact_urls`](crate::redaction::redact_urls). Called
    /// more than once, it adds to what is there; redactions run in the order in which they were added.
    pub fn with_redaction(mut self, redaction: impl Redaction + 'static) -> Self {
        self.redactions.push(Box::new(redaction));
        self
    }

    /// Builds the exporter.
    ///
    /// # Errors
    /// If the endpoint is no URL that can be posted to, or a header none that can be sent.
    pub fn build(self) -> Result<SpanExporter, ConfigError> {
        let url: Arc<str> = self.url?.into();
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        for (name, value) in self.headers {
            header(&name, &value)?;
            headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
            headers.push((name, value));
        }
        let counters = Arc::<Counters>::default();
        let transport = self.transport.unwrap_or_else(|| Arc::new(FetchTransport::new()));
        let watched = Arc::new(Watched::new(transport, counters.clone()));
        let once = Arc::new(Budgeted::new(watched));
        let inner = Inner {
            url,
            headers: headers.into(),
            timeout: self.timeout,
            retrying: RetryTransport::with_counters(once.clone(), self.retry, counters.clone()),
            once,
            frame: RwLock::new(Arc::new(Frame::new(&Resource::builder_empty().build()))),
            redactions: self.redactions,
            counters,
            is_shutdown: AtomicBool::new(false),
        };
        Ok(SpanExporter { inner: Arc::new(inner) })
    }
}
