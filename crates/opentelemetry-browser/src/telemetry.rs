//! The whole pipeline at once: provider, processor and exporter, installed as `opentelemetry::global`'s.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::global;
use opentelemetry_sdk::trace::{ShouldSample, SpanLimits};

use crate::clock::Clock;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::report::Reporter;
use crate::exporter::retry::RetryPolicy;
use crate::exporter::spool::SpoolConfig;
use crate::exporter::transport::Transport;
use crate::exporter::{
    Compression, ConfigError, DEFAULT_ENDPOINT, DEFAULT_PATH, SpanExporter, SpanExporterBuilder, with_path,
};
use crate::processor::flush::{FlushError, FlushReport};
use crate::processor::{BatchConfig, BatchSpanProcessor};
use crate::propagation::W3cPropagator;
use crate::provider::{TracerProvider, TracerProviderBuilder};
use crate::redaction::Redaction;
use crate::resource::Identity;
use crate::session::{SessionConfig, SessionProcessor};

mod identity;
mod origin;
mod upstream;

/// The provider that `opentelemetry::global` has: it stays the same when a pipeline is replaced, and with it every tracer.
static GLOBAL: OnceLock<TracerProvider> = OnceLock::new();

/// The pipeline that is installed.
static INSTALLED: Mutex<Option<Telemetry>> = Mutex::new(None);

fn installed() -> MutexGuard<'static, Option<Telemetry>> {
    INSTALLED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why [`TelemetryBuilder::install`] installed nothing.
///
/// ```
/// use opentelemetry_browser::Telemetry;
///
/// match Telemetry::builder().with_endpoint("http://localhost:4318").install() {
///     Ok(telemetry) => println!("{:?}", telemetry.diagnostics()),
///     Err(error) if error.is_already_installed() => println!("another part of the app was faster"),
///     Err(error) => println!("check the configuration: {error}"),
/// }
/// ```
#[derive(Debug)]
pub struct InstallError(Option<ConfigError>);

impl InstallError {
    /// Whether a pipeline was installed already and has not been shut down.
    pub fn is_already_installed(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(error) => error.fmt(f),
            None => f.write_str("telemetry is installed already; shut it down before installing it again"),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_ref().map(|error| error as _)
    }
}

impl From<ConfigError> for InstallError {
    fn from(error: ConfigError) -> Self {
        Self(Some(error))
    }
}

struct Parts {
    provider: TracerProvider,
    processor: BatchSpanProcessor,
    session: Option<SessionProcessor>,
}

/// An installed pipeline: a handle to flush it, to look at it and to shut it down. Clones share all.
///
/// Dropping it changes nothing: the `main` of a wasm app returns at once, and tracing goes on.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_sdk::trace::Sampler;
///
/// let telemetry = opentelemetry_browser::Telemetry::builder()
///     .with_service_name("shop")
///     .with_endpoint("http://localhost:4318")
///     .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.1))))
///     .install()?;
/// opentelemetry::global::tracer("shop").in_span("checkout", |_cx| {});
/// telemetry.flush().await?;
/// telemetry.shutdown().await?;
/// println!("{:?}", telemetry.diagnostics());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Telemetry {
    parts: Arc<Parts>,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("diagnostics", &self.diagnostics()).finish_non_exhaustive()
    }
}

impl Telemetry {
    /// Configures a pipeline.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder::default()
    }

    /// Exports everything that has ended, now. See [`BatchSpanProcessor::flush`].
    ///
    /// ```
    /// # async fn example(telemetry: opentelemetry_browser::Telemetry) {
    /// match telemetry.flush().await {
    ///     Ok(report) => println!("{} spans were delivered", report.delivered),
    ///     Err(error) => println!("{error}"),
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// If a span was not delivered: the error says how many, and why.
    pub async fn flush(&self) -> Result<FlushReport, FlushError> {
        self.parts.processor.flush().await
    }

    /// Ends tracing: spans that end from now on are dropped, those before are exported. Another pipeline may be installed as
    /// soon as this has returned, before the future is ready; tracers that were made before go on with it.
    ///
    /// ```no_run
    /// # async fn example(first: opentelemetry_browser::Telemetry) -> Result<(), Box<dyn std::error::Error>> {
    /// use opentelemetry_browser::Telemetry;
    ///
    /// let ended = first.shutdown();
    /// // There is room for another at once: for another receiver, say.
    /// let second = Telemetry::builder().with_endpoint("https://collector.example.com").install()?;
    /// ended.await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If a span was not delivered within the export timeout: it is in the origin's storage then, for the next page to send, or
    /// dropped if there is [no spool](TelemetryBuilder::with_spool) or no storage. The error counts both.
    pub fn shutdown(&self) -> impl Future<Output = Result<FlushReport, FlushError>> + use<> {
        installed().take_if(|current| Arc::ptr_eq(&current.parts, &self.parts));
        let (parts, ended) = (self.parts.clone(), self.parts.processor.shutdown());
        async move {
            let result = ended.await;
            // The processor's share is done; upstream's provider only has to know that it starts no more spans.
            let _ = parts.provider.shutdown();
            result
        }
    }

    /// What became of the spans so far.
    pub fn diagnostics(&self) -> Diagnostics {
        self.parts.processor.diagnostics()
    }

    /// The provider that `opentelemetry::global` has. It records into the pipeline that is installed, also into a later one.
    ///
    /// ```no_run
    /// use opentelemetry::trace::TracerProvider;
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder().install()?;
    /// let tracer = telemetry.provider().tracer("shop");
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn provider(&self) -> TracerProvider {
        GLOBAL.get_or_init(|| self.parts.provider.fork()).clone()
    }
}

/// Configures a [`Telemetry`].
///
/// ```no_run
/// use std::time::Duration;
///
/// use opentelemetry_browser::redaction::redact_urls;
/// use opentelemetry_browser::{BatchConfig, Compression, SessionConfig, Telemetry};
/// use opentelemetry_sdk::trace::Sampler;
///
/// let mut batch = BatchConfig::default();
/// batch.scheduled_delay = Duration::from_secs(2);
/// let telemetry = Telemetry::builder()
///     .with_service_name("shop")
///     .with_service_version("1.2.3")
///     .with_endpoint("https://collector.example.com")
///     .with_header("x-tenant", "shop")
///     .with_compression(Compression::Gzip)
///     .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.1))))
///     .with_batch(batch)
///     .with_redaction(redact_urls())
///     .with_session(SessionConfig::default())
///     .with_page_parent()
///     .install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Debug)]
pub struct TelemetryBuilder {
    identity: Identity,
    // The options with a function are linked only where they are used.
    session: Option<(SessionConfig, identity::AddSession)>,
    endpoint: String,
    path: String,
    exporter: SpanExporterBuilder,
    batch: BatchConfig,
    spool: Option<SpoolConfig>,
    reporter: Reporter,
    provider: TracerProviderBuilder,
    join_page: Option<origin::JoinPage>,
}

impl Default for TelemetryBuilder {
    fn default() -> Self {
        Self {
            identity: Identity::default(),
            session: None,
            endpoint: DEFAULT_ENDPOINT.to_owned(),
            path: DEFAULT_PATH.to_owned(),
            exporter: SpanExporter::builder(),
            batch: BatchConfig::default(),
            spool: Some(SpoolConfig::default()),
            reporter: Reporter::default(),
            provider: TracerProvider::builder(),
            join_page: None,
        }
    }
}

impl TelemetryBuilder {
    /// The receiver's base URL; [the path](Self::with_path) is appended. Default: [`DEFAULT_ENDPOINT`].
    ///
    /// ```
    /// let builder = opentelemetry_browser::Telemetry::builder().with_endpoint("https://collector.example.com/otlp");
    /// ```
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// The path of traces below the endpoint. Default: [`DEFAULT_PATH`].
    ///
    /// ```
    /// let builder = opentelemetry_browser::Telemetry::builder().with_path("/traces/v1");
    /// ```
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// A header to be sent with each request. See [`SpanExporterBuilder::with_header`].
    ///
    /// ```
    /// let builder = opentelemetry_browser::Telemetry::builder().with_header("authorization", "Bearer public-key-of-this-page");
    /// ```
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.exporter = self.exporter.with_header(name, value);
        self
    }

    /// Whether requests are compressed. See [`Compression`]. Default: [`Compression::None`].
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.exporter = self.exporter.with_compression(compression);
        self
    }

    /// How long one attempt to send a request may take. Default: 10 s.
    ///
    /// ```
    /// let builder = opentelemetry_browser::Telemetry::builder().with_timeout(std::time::Duration::from_secs(5));
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
    /// let builder = opentelemetry_browser::Telemetry::builder().with_redaction(redact_urls());
    /// ```
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

    /// Is called when something went wrong, when its cause has become known, when spans were lost, and when all is well again.
    /// See [`BatchSpanProcessorBuilder::with_diagnostics_callback`](crate::BatchSpanProcessorBuilder::with_diagnostics_callback).
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_diagnostics_callback(|diagnostics| {
    ///     if let Some(error) = &diagnostics.last_error {
    ///         println!("{}: {error}", error.cause.name());
    ///     }
    /// });
    /// ```
    pub fn with_diagnostics_callback(mut self, callback: impl Fn(&Diagnostics) + Send + Sync + 'static) -> Self {
        self.reporter.set_callback(callback);
        self
    }

    /// Whether errors are shown on the console, at most one of each [`Cause`](crate::Cause) a minute. Default: `true`.
    ///
    /// ```
    /// let builder = opentelemetry_browser::Telemetry::builder().with_console_warnings(false);
    /// ```
    pub fn with_console_warnings(mut self, warns: bool) -> Self {
        self.reporter.set_warns(warns);
        self
    }

    /// Decides which spans are recorded. Default: `ParentBased(AlwaysOn)`.
    ///
    /// ```
    /// let builder = opentelemetry_browser::Telemetry::builder().with_sampler(opentelemetry_sdk::trace::Sampler::AlwaysOn);
    /// ```
    pub fn with_sampler(mut self, sampler: impl ShouldSample + 'static) -> Self {
        self.provider = self.provider.with_sampler(sampler);
        self
    }

    /// The most attributes, events and links of a span. Default: 128 of each.
    ///
    /// ```
    /// use opentelemetry_sdk::trace::SpanLimits;
    ///
    /// let limits = SpanLimits { max_attributes_per_span: 32, ..SpanLimits::default() };
    /// let builder = opentelemetry_browser::Telemetry::builder().with_span_limits(limits);
    /// ```
    pub fn with_span_limits(mut self, limits: SpanLimits) -> Self {
        self.provider = self.provider.with_span_limits(limits);
        self
    }

    /// The most characters of an attribute's value. Default: no limit.
    ///
    /// ```
    /// let builder = opentelemetry_browser::Telemetry::builder().with_attribute_value_length_limit(2000);
    /// ```
    pub fn with_attribute_value_length_limit(mut self, characters: usize) -> Self {
        self.provider = self.provider.with_attribute_value_length_limit(characters);
        self
    }

    /// Another clock, for tests.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.provider = self.provider.with_clock(clock);
        self
    }

    /// Builds the pipeline and makes it `opentelemetry::global`'s, with the propagators of W3C Trace Context and Baggage.
    ///
    /// # Errors
    /// If a pipeline is installed already, or if the endpoint or a header cannot work; nothing is changed then.
    pub fn install(self) -> Result<Telemetry, InstallError> {
        let mut installed = installed();
        if installed.is_some() {
            return Err(InstallError(None));
        }
        let url = with_path(&self.endpoint, &self.path)?;
        let exporter = self.exporter.with_traces_endpoint(url).build()?;
        let processor = BatchSpanProcessor::builder(exporter)
            .with_config(self.batch)
            .with_spool(self.spool)
            .with_reporter(self.reporter)
            .build();
        let provider = match self.join_page {
            Some(join_page) => join_page(self.provider, processor.counters()),
            None => self.provider,
        };
        let (provider, session) = match self.session {
            Some((config, add_session)) => add_session(config, provider, processor.clone()),
            None => (provider.with_span_processor(processor.clone()), None),
        };
        let pipeline =
            provider.with_resource(self.identity.resource()).with_counters(processor.counters().clone()).build();
        let lasting = GLOBAL.get_or_init(|| pipeline.fork());
        lasting.adopt(&pipeline);
        global::set_tracer_provider(lasting.clone());
        global::set_text_map_propagator(W3cPropagator::new());
        let telemetry = Telemetry { parts: Arc::new(Parts { provider: pipeline, processor, session }) };
        Ok(installed.insert(telemetry).clone())
    }
}

#[cfg(test)]
#[path = "telemetry_tests.rs"]
mod tests;
