//! Upstream's logs API: [`LoggerProvider`] and [`Logger`].
//!
//! The provider is a handle on a slot, as that of traces is: loggers hold the slot, so that one that is kept, in a `tracing` layer for
//! instance, goes on with the pipeline that is installed later.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::logs::{LogRecord as _, Logger as _, Severity};
use opentelemetry::{Context, InstrumentationScope};

use super::emitter::Emitter;
use super::exception::exception;
use super::record::{Limits, LogRecord};
use crate::consent;

#[derive(Debug, Default)]
struct Slot(RwLock<Option<Arc<Emitter>>>);

impl Slot {
    fn emitter(&self) -> Option<Arc<Emitter>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A [`LoggerProvider`](opentelemetry::logs::LoggerProvider) whose records go out like spans: in batches, with fine times, also when
/// the page is left or crashes. Got by [`Telemetry::logger_provider`](crate::Telemetry::logger_provider).
///
/// A record takes the trace id, span id and flags of the span that is current, and its time from the same clock as the spans of that
/// trace. It is exported whether or not the span is sampled, or there is one.
///
/// It is what upstream's appenders want: `OpenTelemetryTracingBridge::new(&telemetry.logger_provider())` of
/// opentelemetry-appender-tracing makes log records of the events of the `tracing` macros.
///
/// ```
/// use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
///
/// let telemetry = opentelemetry_browser::Telemetry::builder().with_logs().install()?;
/// let logger = telemetry.logger_provider().logger("shop");
/// let mut record = logger.create_log_record();
/// record.set_severity_number(Severity::Warn);
/// record.set_body("the cart is empty".into());
/// logger.emit(record);
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LoggerProvider {
    slot: Arc<Slot>,
}

impl LoggerProvider {
    /// Makes all loggers of this provider log to this pipeline from now on, or nowhere.
    pub(crate) fn adopt(&self, emitter: Option<Arc<Emitter>>) {
        *self.slot.0.write().unwrap_or_else(PoisonError::into_inner) = emitter;
    }
}

/// Emits log records. See [`LoggerProvider`].
#[derive(Clone, Debug)]
pub struct Logger {
    slot: Arc<Slot>,
    scope: InstrumentationScope,
}

impl opentelemetry::logs::LoggerProvider for LoggerProvider {
    type Logger = Logger;

    fn logger_with_scope(&self, scope: InstrumentationScope) -> Logger {
        Logger { slot: self.slot.clone(), scope }
    }
}

impl opentelemetry::logs::Logger for Logger {
    type LogRecord = LogRecord;

    fn create_log_record(&self) -> LogRecord {
        let limits = self.slot.emitter().map_or_else(Limits::default, |emitter| emitter.limits);
        LogRecord::new(self.scope.clone(), limits)
    }

    fn emit(&self, record: LogRecord) {
        if let Some(emitter) = self.slot.emitter() {
            emitter.emit(record);
        }
    }

    /// Whether a record would be kept: not without logs or the visitor's consent, nor where telemetry is suppressed.
    fn event_enabled(&self, _level: Severity, _target: &str, _name: Option<&str>) -> bool {
        consent::is_given() && self.slot.emitter().is_some() && !Context::is_current_telemetry_suppressed()
    }
}

impl Logger {
    /// Emits an error by the [conventions](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/): an event
    /// `exception` of severity ERROR, with `exception.type` and `exception.message`, also where no span is sampled.
    ///
    /// ```
    /// use opentelemetry::logs::LoggerProvider as _;
    ///
    /// # fn example(telemetry: &opentelemetry_browser::Telemetry) {
    /// let logger = telemetry.logger_provider().logger("shop");
    /// if let Err(error) = "x".parse::<u8>() {
    ///     logger.emit_exception(&error);
    /// }
    /// # }
    /// ```
    pub fn emit_exception<E: Error>(&self, error: &E) {
        let mut record = exception(self.create_log_record());
        record.add_attribute("exception.type", std::any::type_name::<E>());
        record.add_attribute("exception.message", error.to_string());
        self.emit(record);
    }
}
