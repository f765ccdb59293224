//! What an exporter can be told, with the defaults of the specification.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::endpoint::{ConfigError, checked, with_path};
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
use crate::redaction::{Redaction, redacted};
use crate::transport::attempt::Attempts;
use crate::transport::compression::{Compress, Compression};
use crate::transport::header;
use crate::transport::provider::{Provide, ProvidedHeaders, provide};
use crate::transport::retry::RetryPolicy;
use crate::transport::sender::Sender;
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
///     .with_retry(RetryPolicy::default().with_max_attempts(3))
///     .with_redaction(redact_urls())
///     .build()?;
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct SpanExporterBuilder {
    /// The default, if none was given.
    url: Option<Result<String, ConfigError>>,
    headers: Vec<(String, String)>,
    /// The first one that cannot be sent.
    wrong_header: Option<ConfigError>,
    compress: Option<Compress>,
    timeout: Duration,
    retry: RetryPolicy,
    transport: Option<Arc<dyn Transport>>,
    provide: Option<Provide>,
    keepalive: bool,
    redactions: Redactions,
}

impl Default for SpanExporterBuilder {
    fn default() -> Self {
        Self {
            url: None,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            wrong_header: None,
            compress: None,
            timeout: DEFAULT_TIMEOUT,
            retry: RetryPolicy::default(),
            transport: None,
            provide: None,
            keepalive: true,
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
        self.url = Some(with_path(endpoint.as_ref(), DEFAULT_PATH));
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
        self.url = Some(checked(url.as_ref()));
        self
    }

    /// A header to be sent with each request, such as `authorization`. What a page can send, its visitors can read.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        // Here, so that the rules are linked only where there are headers.
        match header::checked(&name, &value) {
            Ok(()) => {
                self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
                self.headers.push((name, value));
            }
            Err(error) => self.wrong_header = self.wrong_header.or(Some(ConfigError::header(error))),
        }
        self
    }

    /// Asks for headers with each request, such as one with a token that expires; they win over those of
    /// [`with_header`](Self::with_header). After an answer of 401 it is asked once more, and the request is sent once more.
    ///
    /// A page that is hidden or left does not wait for it: what it gave last is sent then, by keepalive requests and `fetchLater` alike, and
    /// nobody is left to hear a 401. If it has given nothing yet, a page that is left spools what it holds. If it fails, or gives nothing within the
    /// time for an attempt, the request is tried again later, as after a network error. It is called on the thread, and in the
    /// page or worker, in which this is. A second one replaces the first.
    ///
    /// ```
    /// use opentelemetry_browser::SpanExporter;
    ///
    /// # async fn token() -> Result<String, &'static str> { Ok("1".to_owned()) }
    /// let exporter = SpanExporter::builder()
    ///     .with_header_provider(async || token().await.map(|token| [("authorization", format!("Bearer {token}"))]))
    ///     .build()?;
    /// # Ok::<(), opentelemetry_browser::ConfigError>(())
    /// ```
    pub fn with_header_provider<H: ProvidedHeaders>(mut self, provider: impl AsyncFn() -> H + 'static) -> Self {
        self.provide = Some(provide(provider));
        self
    }

    /// Whether requests may outlive the page ([Fetch: keepalive](https://fetch.spec.whatwg.org/#request-keepalive-flag)), which the
    /// browser bounds to 64 KiB for all requests of a page, the app's own as well. Without it, what a page holds when it is left
    /// goes by `fetchLater`, where the engine has it, and to the spool. Default: `true`.
    pub fn with_keepalive(mut self, keepalive: bool) -> Self {
        self.keepalive = keepalive;
        self
    }

    /// Whether requests are compressed. Default: [`Compression::None`].
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compress = compression.compress();
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
        self.redactions.push(Arc::new(move |record| redacted(&redaction, record)));
        self
    }

    /// Changes each log record before it is encoded.
    #[cfg(all(feature = "redaction", feature = "logs"))]
    pub fn with_log_redaction(self, redaction: impl Fn(&mut LogRecord) + Send + Sync + 'static) -> Self {
        self.with_redaction(OfLogs(redaction))
    }

    /// Builds the exporter.
    ///
    /// # Errors
    /// If the endpoint is no URL that can be posted to, or a header none that can be sent.
    pub fn build(mut self) -> Result<SpanExporter, ConfigError> {
        let url = self.url.take().unwrap_or_else(|| with_path(DEFAULT_ENDPOINT, DEFAULT_PATH));
        self.build_for(url)
    }

    /// As `build`, for a URL that is checked already.
    pub(crate) fn build_for(self, url: Result<String, ConfigError>) -> Result<SpanExporter, ConfigError> {
        Ok(SpanExporter { pipe: Arc::new(self.pipe(SPANS, url)?), is_shutdown: Arc::default() })
    }

    /// The way of a signal's records to this URL.
    pub(crate) fn pipe(self, signal: &'static Signal, url: Result<String, ConfigError>) -> Result<Pipe, ConfigError> {
        let url: Arc<str> = url?.into();
        if let Some(error) = self.wrong_header {
            return Err(error);
        }
        let headers = self.headers;
        let mut compressed_headers = Vec::new();
        if cfg!(feature = "compression") && self.compress.is_some() {
            compressed_headers.clone_from(&headers);
            compressed_headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        }
        let counters = Arc::<Counters>::default();
        let transport = self.transport.unwrap_or_else(|| Arc::new(FetchTransport::new()));
        let (transport, provided) = match self.provide {
            Some(provide) => {
                let (transport, provided) = provide(transport);
                (transport, Some(provided))
            }
            None => (transport, None),
        };
        let sender = Sender {
            signal,
            url,
            headers: headers.into(),
            compressed_headers: compressed_headers.into(),
            compress: self.compress,
            is_compression_missed: AtomicBool::new(false),
            timeout: self.timeout,
            attempts: Attempts::new(transport, counters.clone()),
            provided,
            keepalive: self.keepalive,
            retry: self.retry,
            counters,
        };
        Ok(Pipe::new(sender, self.redactions))
    }
}
