//! What an exporter can be told, with the defaults of the specification.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::endpoint::{ConfigError, checked, header, with_path};
use super::pipe::{Pipe, Redactions};
use super::{DEFAULT_ENDPOINT, DEFAULT_PATH, SpanExporter};
use crate::diagnostics::Counters;
use crate::encode::signal::Signal;
use crate::encode::spans::SPANS;
#[cfg(all(feature = "redaction", feature = "logs"))]
use crate::log::record::LogRecord;
#[cfg(all(feature = "redaction", feature = "logs"))]
use crate::redaction::OfLogs;
#[cfg(feature = "redaction")]
use crate::redaction::Redaction;
use crate::transport::compression::Compression;
use crate::transport::retry::RetryPolicy;
use crate::transport::sender::Sender;
use crate::transport::watch::Watched;
use crate::transport::{FetchTransport, Transport};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Configures a [`SpanExporter`].
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::{Compression, RetryPolicy, SpanExporter};
/// use opentelemetry_browser::redaction::redact_urls;
///
/// let exporter = SpanExporter::builder()
///     .with_endpoint("https://collector.example.com") // /v1/traces is appended
///     .with_header("x-tenant", "shop")
///     .with_compression(Compression::Gzip)
///     .with_timeout(Duration::from_secs(5))
///     .with_retry(RetryPolicy { max_attempts: 3, ..RetryPolicy::default() })
///     .with_redaction(redact_urls())
///     .build()?;
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct SpanExporterBuilder {
    url: Result<String, ConfigError>,
    headers: Vec<(String, String)>,
    compression: Compression,
    timeout: Duration,
    retry: RetryPolicy,
    transport: Option<Arc<dyn Transport>>,
    redactions: Redactions,
}

impl Default for SpanExporterBuilder {
    fn default() -> Self {
        Self {
            url: with_path(DEFAULT_ENDPOINT, DEFAULT_PATH),
            headers: Vec::new(),
            compression: Compression::default(),
            timeout: DEFAULT_TIMEOUT,
            retry: RetryPolicy::default(),
            transport: None,
            redactions: Redactions::default(),
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

    /// The whole URL that traces are posted to, as `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is used: as it is, with its query.
    ///
    /// ```
    /// use opentelemetry_browser::SpanExporter;
    ///
    /// let exporter = SpanExporter::builder().with_traces_endpoint("https://example.com/ingest?format=otlp").build()?;
    /// # Ok::<(), opentelemetry_browser::ConfigError>(())
    /// ```
    pub fn with_traces_endpoint(mut self, url: impl AsRef<str>) -> Self {
        self.url = checked(url.as_ref());
        self
    }

    /// A header to be sent with each request, such as `authorization`. What a page can send, its visitors can read.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Whether requests are compressed. Default: [`Compression::None`].
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// How long sending a batch may take, with all its attempts, before it waits for a later one. Default: 10 s, as
    /// `OTEL_EXPORTER_OTLP_TIMEOUT`.
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
    #[cfg(feature = "redaction")]
    pub fn with_redaction(mut self, redaction: impl Redaction + 'static) -> Self {
        self.redactions.push(Arc::new(redaction));
        self
    }

    /// Changes each log record before it is encoded.
    #[cfg(all(feature = "redaction", feature = "logs"))]
    pub fn with_log_redaction(mut self, redaction: impl Fn(&mut LogRecord) + Send + Sync + 'static) -> Self {
        self.redactions.push(Arc::new(OfLogs(redaction)));
        self
    }

    /// Builds the exporter.
    ///
    /// # Errors
    /// If the endpoint is no URL that can be posted to, or a header none that can be sent.
    pub fn build(self) -> Result<SpanExporter, ConfigError> {
        let url = self.url.clone();
        Ok(SpanExporter { pipe: Arc::new(self.pipe(SPANS, url)?), is_shutdown: Arc::default() })
    }

    /// The way of a signal's records to this URL.
    pub(crate) fn pipe(self, signal: &'static Signal, url: Result<String, ConfigError>) -> Result<Pipe, ConfigError> {
        let url: Arc<str> = url?.into();
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        for (name, value) in self.headers {
            header(&name, &value)?;
            headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
            headers.push((name, value));
        }
        let encoding = ("content-encoding".to_owned(), "gzip".to_owned());
        let compressed_headers = headers.iter().cloned().chain([encoding]).collect();
        let counters = Arc::<Counters>::default();
        let transport = self.transport.unwrap_or_else(|| Arc::new(FetchTransport::new()));
        let sender = Sender {
            signal,
            url,
            headers: headers.into(),
            compressed_headers,
            compression: self.compression,
            is_compression_missed: AtomicBool::new(false),
            timeout: self.timeout,
            transport: Arc::new(Watched::new(transport, counters.clone())),
            retry: self.retry,
            counters,
        };
        Ok(Pipe::new(sender, self.redactions))
    }
}
