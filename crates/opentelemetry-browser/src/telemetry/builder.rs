//! The configuration of a whole pipeline, and how it is installed.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::global;

use super::logs::loggers;
use super::{GLOBAL, InstallError, Parts, Telemetry, installed, origin};
#[cfg(feature = "consent")]
use crate::consent;
use crate::delivery::BatchConfig;
use crate::diagnostics::report::Reporter;
#[cfg(feature = "logs")]
use crate::encode::logs::LOGS;
#[cfg(feature = "logs")]
use crate::exporter::DEFAULT_LOGS_PATH;
use crate::exporter::{ConfigError, DEFAULT_ENDPOINT, DEFAULT_PATH, SpanExporter, SpanExporterBuilder, with_path};
use crate::platform;
use crate::processor::BatchSpanProcessor;
use crate::propagation::W3cPropagator;
#[cfg(feature = "redaction")]
use crate::redaction::Redaction;
use crate::resource::Identity;
#[cfg(feature = "sessions")]
use crate::session::SessionProcessor;
use crate::spool::SpoolConfig;
use crate::trace::builder::TracerProviderBuilder;
use crate::trace::processors::Processor;
use crate::transport::Transport;
use crate::transport::compression::Compression;
use crate::transport::provider::ProvidedHeaders;
use crate::transport::retry::RetryPolicy;

/// Configures a [`Telemetry`].
///
/// ```no_run
/// use std::time::Duration;
///
/// use opentelemetry_browser::redaction::redact_urls;
/// use opentelemetry_browser::{BatchConfig, Compression, SessionConfig, Telemetry};
/// use opentelemetry_sdk::trace::Sampler;
///
/// let telemetry = Telemetry::builder()
///     .with_service_name("shop")
///     .with_service_version("1.2.3")
///     .with_endpoint("https://collector.example.com")
///     .with_header("x-tenant", "shop")
///     .with_compression(Compression::Gzip)
///     .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.1))))
///     .with_batch(BatchConfig::default().with_scheduled_delay(Duration::from_secs(2)))
///     .with_redaction(redact_urls())
///     .with_session(SessionConfig::default())
///     .with_page_parent()
///     .install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Debug)]
pub struct TelemetryBuilder {
    pub(super) identity: Identity,
    #[cfg(feature = "sessions")]
    pub(super) session: Option<SessionProcessor>,
    pub(super) endpoint: String,
    pub(super) path: String,
    pub(super) exporter: SpanExporterBuilder,
    pub(super) batch: BatchConfig,
    pub(super) spool: Option<SpoolConfig>,
    pub(super) reporter: Reporter,
    pub(super) provider: TracerProviderBuilder,
    // A function, so that it is linked only where it is used.
    pub(super) join_page: Option<origin::JoinPage>,
    // The same.
    pub(super) document_url: Option<fn() -> Box<dyn Processor>>,
    #[cfg(feature = "consent")]
    pub(super) consent: Option<bool>,
    #[cfg(feature = "logs")]
    pub(super) logs: super::logs::Logs,
}

impl Default for TelemetryBuilder {
    fn default() -> Self {
        Self {
            identity: Identity::default(),
            #[cfg(feature = "sessions")]
            session: None,
            endpoint: DEFAULT_ENDPOINT.to_owned(),
            path: DEFAULT_PATH.to_owned(),
            exporter: SpanExporter::builder(),
            batch: BatchConfig::default(),
            spool: Some(SpoolConfig::default()),
            reporter: Reporter::default(),
            provider: TracerProviderBuilder::without_resource(),
            join_page: None,
            document_url: None,
            #[cfg(feature = "consent")]
            consent: None,
            #[cfg(feature = "logs")]
            logs: super::logs::Logs::default(),
        }
    }
}

impl TelemetryBuilder {
    /// The receiver's base URL; [the path](Self::with_path) is appended. Default: [`DEFAULT_ENDPOINT`].
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder()
    ///     .with_endpoint("https://collector.example.com/otlp")
    ///     .install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// The path of traces below the endpoint, which may end in a query. Default: [`DEFAULT_PATH`].
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_path("/traces/v1").install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// A header to be sent with each request. See [`SpanExporterBuilder::with_header`].
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder()
    ///     .with_header("authorization", "Bearer public-key-of-this-page")
    ///     .install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.exporter = self.exporter.with_header(name, value);
        self
    }

    /// Asks for headers with each request, and once more after an answer of 401: for tokens that expire. See
    /// [`SpanExporterBuilder::with_header_provider`].
    ///
    /// ```
    /// # async fn token() -> String { "1".to_owned() }
    /// let telemetry = opentelemetry_browser::Telemetry::builder()
    ///     .with_header_provider(async || [("authorization", format!("Bearer {}", token().await))])
    ///     .install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_header_provider<H: ProvidedHeaders>(mut self, provider: impl AsyncFn() -> H + 'static) -> Self {
        self.exporter = self.exporter.with_header_provider(provider);
        self
    }

    /// Whether requests may outlive the page. See [`SpanExporterBuilder::with_keepalive`]. Default: `true`.
    pub fn with_keepalive(mut self, keepalive: bool) -> Self {
        self.exporter = self.exporter.with_keepalive(keepalive);
        self
    }

    /// Whether requests are compressed. See [`Compression`]. Default: [`Compression::None`].
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.exporter = self.exporter.with_compression(compression);
        self
    }

    /// How long sending a batch may take, with all its attempts, before it waits for a later one. Default: 10 s.
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder()
    ///     .with_timeout(std::time::Duration::from_secs(5))
    ///     .install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.exporter = self.exporter.with_timeout(timeout);
        self
    }

    /// When failed requests are tried again.
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.exporter = self.exporter.with_retry(policy);
        self
    }

    /// Another way to the receiver than `fetch`.
    pub fn with_transport(mut self, transport: impl Transport + 'static) -> Self {
        self.exporter = self.exporter.with_transport(transport);
        self
    }

    /// Changes each span before it is encoded. See [`SpanExporterBuilder::with_redaction`].
    ///
    /// ```
    /// use opentelemetry_browser::redaction::redact_urls;
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_redaction(redact_urls()).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    #[cfg(feature = "redaction")]
    pub fn with_redaction(mut self, redaction: impl Redaction + 'static) -> Self {
        self.exporter = self.exporter.with_redaction(redaction);
        self
    }

    /// How spans are batched.
    pub fn with_batch(mut self, config: BatchConfig) -> Self {
        self.batch = config;
        self
    }

    /// How spans that cannot be delivered are kept for the next page of the origin; `None` for not at all.
    /// Default: [`SpoolConfig::default`].
    pub fn with_spool(mut self, config: impl Into<Option<SpoolConfig>>) -> Self {
        self.spool = config.into();
        self
    }

    /// Builds the pipeline and makes it `opentelemetry::global`'s, with the propagators of W3C Trace Context and Baggage. It can be
    /// reached by [`Telemetry::installed`] from then on.
    ///
    /// # Errors
    /// If a pipeline is installed already, or if the endpoint or a header cannot work; nothing is changed then.
    pub fn install(self) -> Result<Telemetry, InstallError> {
        let mut installed = installed();
        if installed.is_some() {
            return Err(InstallError(None));
        }
        let telemetry = self.assemble(true)?;
        if !platform::IS_NO_OP {
            let pipeline = &telemetry.parts.provider;
            let lasting = GLOBAL.get_or_init(|| pipeline.fork());
            lasting.adopt(pipeline);
            global::set_tracer_provider(lasting.clone());
            global::set_text_map_propagator(W3cPropagator::new());
        }
        Ok(installed.insert(telemetry).clone())
    }

    /// Builds a pipeline beside the one that is installed, if one is: for a library with a receiver of its own. Nothing global is
    /// touched; its spans are those of [`Telemetry::provider`]. It ends with a [`Telemetry::shutdown`], or when this handle and
    /// all providers, tracers and open spans of it are gone.
    ///
    /// ```
    /// use opentelemetry::trace::{Tracer, TracerProvider};
    ///
    /// let own = opentelemetry_browser::Telemetry::builder()
    ///     .with_service_name("maps")
    ///     .with_endpoint("https://telemetry.example.com")
    ///     .build()?;
    /// own.provider().tracer("maps").in_span("load tiles", |_cx| {});
    /// # Ok::<(), opentelemetry_browser::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// If the endpoint or a header cannot work.
    pub fn build(self) -> Result<Telemetry, ConfigError> {
        self.assemble(false)
    }

    fn assemble(mut self, is_global: bool) -> Result<Telemetry, ConfigError> {
        let url = with_path(&self.endpoint, &self.path)?;
        if let Some(document_url) = self.document_url {
            self.provider.processors.push(document_url());
        }
        let loggers = loggers(is_global);
        let start_logs = self.prepare_logs(&loggers)?;
        let exporter = self.exporter.build_for(Ok(url))?;
        // Nothing fails from here on, and nothing has been stored yet.
        #[cfg(feature = "consent")]
        self.consent.into_iter().for_each(consent::hold);
        let processor = BatchSpanProcessor::builder(exporter)
            .with_config(self.batch)
            .with_spool(self.spool)
            .with_reporter(self.reporter)
            .build();
        let mut provider = match self.join_page {
            Some(join_page) => join_page(self.provider, processor.counters()),
            None => self.provider,
        };
        let resource = self.identity.resource();
        let logs = start_logs.and_then(|start| start(&mut provider, &resource, &processor));
        #[cfg(feature = "logs")]
        if logs.is_none() {
            // It can be written as well as that of spans.
            let url = with_path(&self.endpoint, DEFAULT_LOGS_PATH)?;
            processor.driver().inherit(LOGS, url, self.spool);
        }
        provider.resource = Some(resource);
        let provider = provider.with_processor(processor.clone()).with_counters(processor.counters().clone()).build();
        let parts = Parts {
            provider,
            processor,
            logs,
            loggers,
            is_global,
            #[cfg(feature = "sessions")]
            session: self.session,
        };
        let parts = Arc::new(parts);
        #[cfg(all(feature = "consent", feature = "sessions"))]
        parts.follow_consent();
        Ok(Telemetry { parts })
    }
}
