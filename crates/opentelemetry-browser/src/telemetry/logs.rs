//! Log records beside spans: a second pipeline to the same receiver, with the same settings and within the same budgets.

use std::sync::{Arc, OnceLock};

use super::{Telemetry, TelemetryBuilder};
use crate::clock::Clock;
use crate::delivery::driver::{Driver, Sink};
use crate::encode::logs::LOGS;
use crate::exporter::{ConfigError, DEFAULT_LOGS_PATH, checked, with_path};
use crate::log::emitter::Emitter;
use crate::log::exception::{ExceptionSignal, taker};
use crate::log::provider::LoggerProvider;
use crate::log::record::{Limits, LogRecord};
use crate::observer::Observer;
use crate::processor::BatchSpanProcessor;
use crate::resource::Description;
use crate::trace::builder::TracerProviderBuilder;
#[cfg(feature = "sessions")]
use crate::trace::processors::Processor;

/// The provider of all pipelines, one after the other: it stays the same when a pipeline is replaced, and with it every logger.
static PROVIDER: OnceLock<LoggerProvider> = OnceLock::new();

pub(super) type Loggers = LoggerProvider;

/// The provider of a pipeline's log records: one that stays, if the pipeline is global.
pub(super) fn loggers(is_global: bool) -> Loggers {
    if is_global { PROVIDER.get_or_init(LoggerProvider::default).clone() } else { LoggerProvider::default() }
}

/// What is configured of logs.
#[derive(Debug, Default)]
pub(super) struct Logs {
    /// Prepares the pipeline, if there is to be one. A function, so that it is linked only where it is used.
    prepare: Option<Prepare>,
    /// Where to, if that is not below the endpoint of spans.
    url: Option<String>,
    path: Option<String>,
    exceptions: ExceptionSignal,
    limit: Option<usize>,
    observer: Option<Arc<Observer<LogRecord>>>,
}

impl Logs {
    /// Records are seen, also where none are to be sent.
    pub(super) fn observe(&mut self, observer: Arc<Observer<LogRecord>>) {
        self.observer = Some(observer);
        self.prepare.get_or_insert(prepare_unsent);
    }
}

type Prepare = fn(&mut TelemetryBuilder, Loggers) -> Result<Start, ConfigError>;

/// Starts the pipeline of logs, if they are to be sent; their provider takes what is set in that of spans.
pub(super) type Start =
    Box<dyn FnOnce(&mut TracerProviderBuilder, &Description, &BatchSpanProcessor) -> Option<Arc<Driver>>>;

impl TelemetryBuilder {
    /// Sends log records as well, to `/v1/logs` below the [endpoint](Self::with_endpoint): those of [`Telemetry::logger_provider`], and
    /// what upstream's appenders make of the events of `tracing` or `log`.
    ///
    /// Without it, a page sends no logs but those that an earlier page with the same endpoint has spooled.
    ///
    /// They have a queue, batches and retries of their own, by the same settings; the budget of what outlives the page, and the bounds
    /// of the storage, are one for both. A [flush](Telemetry::flush) and a [shutdown](Telemetry::shutdown) are of both.
    ///
    /// A receiver that answers 404, as a Jaeger does, or 405 or 501, takes no logs: the console and
    /// [`Diagnostics::logs`](crate::Diagnostics::logs) say so once, the records are dropped, and spans are sent as before. It is asked
    /// again every ten minutes.
    ///
    /// ```
    /// use opentelemetry::logs::LoggerProvider as _;
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_logs().install()?;
    /// let logger = telemetry.logger_provider().logger("shop");
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_logs(mut self) -> Self {
        self.logs.prepare = Some(prepare);
        self
    }

    /// The whole URL that logs are posted to, as `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` is used: as it is, with its query. It turns
    /// [logs](Self::with_logs) on.
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder()
    ///     .with_endpoint("http://localhost:4318") // a Jaeger
    ///     .with_logs_endpoint("http://localhost:3100/otlp/v1/logs")
    ///     .install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_logs_endpoint(mut self, url: impl Into<String>) -> Self {
        self.logs.url = Some(url.into());
        self.with_logs()
    }

    /// The path of logs below the endpoint, which may end in a query. Default: [`DEFAULT_LOGS_PATH`]. It turns
    /// [logs](Self::with_logs) on.
    pub fn with_logs_path(mut self, path: impl Into<String>) -> Self {
        self.logs.path = Some(path.into());
        self.with_logs()
    }

    /// The most attributes of a log record; those beyond are dropped, and counted in it. Default: 128.
    pub fn with_log_attribute_limit(mut self, attributes: usize) -> Self {
        self.logs.limit = Some(attributes);
        self
    }

    /// Whether errors that are recorded on spans become log records, instead of events of the span or beside them. Log records turn
    /// [logs](Self::with_logs) on.
    ///
    /// Errors of spans that are not sampled are recorded on none: [`Logger::emit_exception`](crate::Logger::emit_exception) exports these.
    ///
    /// ```
    /// use opentelemetry_browser::{ExceptionSignal, Telemetry};
    ///
    /// let telemetry = Telemetry::builder().with_exceptions(ExceptionSignal::Logs).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_exceptions(mut self, signal: ExceptionSignal) -> Self {
        self.logs.exceptions = signal;
        if signal == ExceptionSignal::SpanEvents { self } else { self.with_logs() }
    }

    /// Changes each log record before it is encoded, after the [redactions](Self::with_redaction) that were added before it. Those
    /// that are closures see spans only; [`redact_texts`](crate::redaction::redact_texts),
    /// [`remove_attributes`](crate::redaction::remove_attributes) and [`redact_urls`](crate::redaction::redact_urls) redact both.
    ///
    /// ```
    /// use opentelemetry_browser::{LogRecord, Telemetry};
    ///
    /// let redact = |record: &mut LogRecord| record.attributes.retain(|(key, _)| key.as_str() != "user.email");
    /// let telemetry = Telemetry::builder().with_logs().with_log_redaction(redact).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    #[cfg(feature = "redaction")]
    pub fn with_log_redaction(mut self, redaction: impl Fn(&mut LogRecord) + Send + Sync + 'static) -> Self {
        self.exporter = self.exporter.with_log_redaction(redaction);
        self
    }

    /// What starts the pipeline of logs beside that of spans, if there is to be one.
    pub(super) fn prepare_logs(&mut self, loggers: &Loggers) -> Result<Option<Start>, ConfigError> {
        match self.logs.prepare {
            Some(prepare) => prepare(self, loggers.clone()).map(Some),
            None => {
                // Loggers that were made before log nowhere.
                loggers.adopt(None);
                Ok(None)
            }
        }
    }
}

fn prepare(builder: &mut TelemetryBuilder, loggers: Loggers) -> Result<Start, ConfigError> {
    let url = match &builder.logs.url {
        Some(url) => checked(url),
        None => with_path(&builder.endpoint, builder.logs.path.as_deref().unwrap_or(DEFAULT_LOGS_PATH)),
    };
    let pipe = builder.exporter.clone().pipe(LOGS, url)?;
    let (batch, spool) = (builder.batch, builder.spool);
    let log = logging(builder, loggers);
    Ok(Box::new(move |provider, resource, spans| {
        pipe.set_resource(resource);
        let driver = Driver::start(Sink::Ours(Arc::new(pipe)), batch, spool, Some(spans.driver()));
        spans.counters().join_logs(driver.counters());
        log(provider, Some(driver.clone()));
        Some(driver)
    }))
}

/// Prepares what makes log records that only the page sees.
fn prepare_unsent(builder: &mut TelemetryBuilder, loggers: Loggers) -> Result<Start, ConfigError> {
    let log = logging(builder, loggers);
    Ok(Box::new(move |provider, _resource, _spans| {
        log(provider, None);
        None
    }))
}

/// What makes the loggers log, to this driver if there is one.
fn logging(
    builder: &mut TelemetryBuilder,
    loggers: Loggers,
) -> impl FnOnce(&mut TracerProviderBuilder, Option<Arc<Driver>>) + 'static {
    let logs = std::mem::take(&mut builder.logs);
    #[cfg(feature = "sessions")]
    let session = builder.session.clone();
    let at_emit = builder.document_url.map(|document_url| document_url());
    move |provider, driver| {
        let count = logs.limit.unwrap_or(Limits::default().count);
        let emitter = Arc::new(Emitter {
            driver,
            observer: logs.observer,
            clock: provider.clock.as_ref().map_or_else(Clock::new, Clock::share),
            limits: Limits { count, value_length: provider.value_length },
            #[cfg(feature = "sessions")]
            session: session.clone().map(|session| Box::new(session) as Box<dyn Processor>),
            #[cfg(not(feature = "sessions"))]
            session: None,
            at_emit: at_emit.into_iter().collect(),
        });
        #[cfg(feature = "sessions")]
        session.iter().for_each(|session| session.tell_to(&emitter));
        provider.take_exception = taker(logs.exceptions, &emitter);
        loggers.adopt(Some(emitter));
    }
}

impl Telemetry {
    /// The provider of log records. It logs into the pipeline that is installed, also into a later one; nowhere, if that is
    /// [without logs](TelemetryBuilder::with_logs). That of a pipeline that was [built](TelemetryBuilder::build) beside it is its own.
    ///
    /// ```
    /// use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_logs().install()?;
    /// let logger = telemetry.logger_provider().logger("shop");
    /// let mut record = logger.create_log_record();
    /// record.set_event_name("checkout.begun");
    /// record.set_severity_number(Severity::Info);
    /// logger.emit(record);
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn logger_provider(&self) -> LoggerProvider {
        self.parts.loggers.clone()
    }
}
