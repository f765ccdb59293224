//! For upstream's `SdkLoggerProvider`: its records come in, and go the way of this crate's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};

use super::emitter::Emitter;
use super::record::{Limits, LogRecord};
use crate::clock::Clock;
use crate::consent;
use crate::delivery::BatchConfig;
use crate::delivery::driver::{Driver, Sink};
use crate::delivery::report::{FlushError, FlushReport};
use crate::diagnostics::Diagnostics;
use crate::encode::logs::LOGS;
use crate::exporter::{ConfigError, DEFAULT_ENDPOINT, DEFAULT_LOGS_PATH, SpanExporterBuilder, with_path};
use crate::platform::driven;
use crate::spool::SpoolConfig;
use crate::transport::Transport;

/// Configures a [`BatchLogProcessor`].
///
/// ```
/// use opentelemetry_browser::BatchLogProcessor;
///
/// let processor = BatchLogProcessor::builder()
///     .with_endpoint("https://collector.example.com") // /v1/logs is appended
///     .with_header("x-tenant", "shop")
///     .build()?;
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct BatchLogProcessorBuilder {
    url: Result<String, ConfigError>,
    exporter: SpanExporterBuilder,
    batch: BatchConfig,
    spool: Option<SpoolConfig>,
    clock: Clock,
}

impl BatchLogProcessorBuilder {
    /// The receiver's base URL, to which `/v1/logs` is appended. Default: [`DEFAULT_ENDPOINT`].
    pub fn with_endpoint(mut self, endpoint: impl AsRef<str>) -> Self {
        self.url = with_path(endpoint.as_ref(), DEFAULT_LOGS_PATH);
        self
    }

    /// The whole URL that logs are posted to, as `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` is used: as it is, with its query.
    pub fn with_logs_endpoint(mut self, url: impl AsRef<str>) -> Self {
        self.url = crate::exporter::checked(url.as_ref());
        self
    }

    /// A header to be sent with each request. See [`SpanExporterBuilder::with_header`].
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.exporter = self.exporter.with_header(name, value);
        self
    }

    /// Another way to the receiver than `fetch`.
    pub fn with_transport(mut self, transport: impl Transport + 'static) -> Self {
        self.exporter = self.exporter.with_transport(transport);
        self
    }

    /// Compression, time-outs, retries and redactions: those of an exporter of spans. Its URL has no meaning here.
    pub fn with_exporter_settings(mut self, settings: SpanExporterBuilder) -> Self {
        self.exporter = settings;
        self
    }

    /// How records are batched.
    pub fn with_config(mut self, config: BatchConfig) -> Self {
        self.batch = config;
        self
    }

    /// How records that cannot be delivered are kept for the next page; `None` for not at all. Default: [`SpoolConfig::default`].
    pub fn with_spool(mut self, config: impl Into<Option<SpoolConfig>>) -> Self {
        self.spool = config.into();
        self
    }

    /// Another clock, for tests.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the processor, which listens to the page's life from now until it is shut down.
    ///
    /// # Errors
    /// If the endpoint is no URL that can be posted to, or a header none that can be sent.
    pub fn build(self) -> Result<BatchLogProcessor, ConfigError> {
        let pipe = self.exporter.pipe(LOGS, self.url)?;
        let driver = Driver::start(Sink::Ours(Arc::new(pipe)), self.batch, self.spool, None);
        let emitter = Emitter {
            driver: Some(driver.clone()),
            observer: None,
            clock: self.clock,
            limits: Limits::default(),
            session: None,
            at_emit: Vec::new(),
        };
        Ok(BatchLogProcessor { emitter: Arc::new(emitter), driver })
    }
}

/// A batching [`LogProcessor`] for upstream's `SdkLoggerProvider`, for the event loop of a page or worker. Upstream's own spawns a
/// thread. [`TelemetryBuilder::with_logs`](crate::TelemetryBuilder::with_logs) needs neither.
///
/// It is a handle: keep a clone for [`flush`](Self::flush) and [`shutdown`](Self::shutdown). The trait's `force_flush` and `shutdown`
/// cannot wait in a browser: they start the work and return `Ok`.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
/// use opentelemetry_browser::BatchLogProcessor;
/// use opentelemetry_sdk::logs::SdkLoggerProvider;
///
/// let processor = BatchLogProcessor::builder().build()?;
/// let provider = SdkLoggerProvider::builder().with_log_processor(processor.clone()).build();
/// let logger = provider.logger("shop");
/// let mut record = logger.create_log_record();
/// record.set_body("hello".into());
/// logger.emit(record);
/// processor.flush().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BatchLogProcessor {
    emitter: Arc<Emitter>,
    driver: Arc<Driver>,
}

impl BatchLogProcessor {
    /// Configures a processor.
    pub fn builder() -> BatchLogProcessorBuilder {
        BatchLogProcessorBuilder {
            url: with_path(DEFAULT_ENDPOINT, DEFAULT_LOGS_PATH),
            exporter: SpanExporterBuilder::default(),
            batch: BatchConfig::default(),
            spool: Some(SpoolConfig::default()),
            clock: Clock::new(),
        }
    }

    /// Exports everything that was emitted, now.
    ///
    /// # Errors
    /// If a record was not delivered: the error says how many, and why.
    pub async fn flush(&self) -> Result<FlushReport, FlushError> {
        let driver = &self.driver;
        FlushError::check(driven(driver.flush()).await, LOGS.words, driver.counters().last_error())
    }

    /// Takes in no more records from now on, exports what there is, and then lets go of timers and listeners. All that happens
    /// whether or not the future is awaited.
    ///
    /// # Errors
    /// If a record was not delivered within the export timeout: it is in the origin's storage then, or dropped, and counted.
    pub fn shutdown(&self) -> impl Future<Output = Result<FlushReport, FlushError>> + use<> {
        let (driver, ended) = (self.driver.clone(), self.driver.shutdown());
        async move { FlushError::check(driven(ended).await, LOGS.words, driver.counters().last_error()) }
    }

    /// What became of the records so far.
    pub fn diagnostics(&self) -> Diagnostics {
        self.driver.counters().snapshot()
    }
}

impl fmt::Debug for BatchLogProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchLogProcessor").field("emitter", &self.emitter).finish()
    }
}

/// Upstream's record, as this crate keeps it.
pub(crate) fn record_of(data: &SdkLogRecord, scope: &InstrumentationScope, limits: Limits) -> LogRecord {
    let mut record = LogRecord::new(scope.clone(), limits);
    if let Some(target) = data.target() {
        record.set_target(target.clone());
    }
    record.event_name = data.event_name().map(Into::into);
    (record.timestamp, record.observed_timestamp) = (data.timestamp(), data.observed_timestamp());
    record.severity_number = data.severity_number();
    record.severity_text = data.severity_text().map(Into::into);
    record.body = data.body().cloned();
    for (key, value) in data.attributes_iter() {
        record.set_attribute(key.clone(), value.clone());
    }
    if let Some(context) = data.trace_context() {
        (record.trace_id, record.span_id) = (context.trace_id, context.span_id);
        record.trace_flags = context.trace_flags.unwrap_or_default();
    }
    record
}

impl LogProcessor for BatchLogProcessor {
    fn emit(&self, data: &mut SdkLogRecord, scope: &InstrumentationScope) {
        // Its provider knows whether telemetry is suppressed, and which span is current.
        self.emitter.emit_in_its_context(record_of(data, scope, self.emitter.limits));
    }

    fn event_enabled(&self, _level: opentelemetry::logs::Severity, _target: &str, _name: Option<&str>) -> bool {
        consent::is_given() && !Context::is_current_telemetry_suppressed()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.driver.export_soon();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        if !self.driver.start_shutdown() {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.driver.set_resource(&resource.into());
    }
}
