//! Exceptions as log records: which of the two signals an error of a span becomes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use opentelemetry::logs::Severity;

use super::emitter::{Emitter, any_value, set_context};
use super::record::LogRecord;
use crate::trace::exceptions::{Seen, TakeException};

/// As what an error that is recorded on a span is exported: as an event of the span, as a log record, or as both.
///
/// Log records are what the [conventions](https://opentelemetry.io/docs/specs/semconv/exceptions/) want; span events are what
/// today's viewers show. The words of `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` are read, too:
///
/// ```
/// use opentelemetry_browser::{ExceptionSignal, Telemetry};
///
/// let builder = Telemetry::builder().with_exceptions(ExceptionSignal::LogsAndSpanEvents);
/// let builder = builder.with_exceptions("logs/dup".parse()?); // the same
/// # Ok::<(), opentelemetry_browser::ParseExceptionSignalError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExceptionSignal {
    /// Events of spans.
    #[default]
    SpanEvents,
    /// Log records (`logs`).
    Logs,
    /// Both (`logs/dup`).
    LogsAndSpanEvents,
}

/// A text that names no [`ExceptionSignal`].
///
/// ```
/// use opentelemetry_browser::{ExceptionSignal, ParseExceptionSignalError};
///
/// let error: ParseExceptionSignalError = "log".parse::<ExceptionSignal>().unwrap_err();
/// assert!(error.to_string().contains("logs/dup"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseExceptionSignalError(String);

impl fmt::Display for ParseExceptionSignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "exception signal {:?} is not known; accepted are \"logs\", \"logs/dup\", and \"\" for events of spans",
            self.0
        )
    }
}

impl std::error::Error for ParseExceptionSignalError {}

impl FromStr for ExceptionSignal {
    type Err = ParseExceptionSignalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self::SpanEvents),
            "logs" => Ok(Self::Logs),
            "logs/dup" => Ok(Self::LogsAndSpanEvents),
            _ => Err(ParseExceptionSignalError(text.to_owned())),
        }
    }
}

/// Makes a record an exception.
pub(super) fn exception(mut record: LogRecord) -> LogRecord {
    record.event_name = Some("exception".into());
    record.severity_number = Some(Severity::Error);
    record.severity_text = Some("ERROR".into());
    record
}

/// What takes the exceptions of spans.
pub(crate) fn taker(signal: ExceptionSignal, emitter: &Arc<Emitter>) -> Option<TakeException> {
    if signal == ExceptionSignal::SpanEvents {
        return None;
    }
    let emitter = emitter.clone();
    Some(Box::new(move |Seen { context, scope, time, attributes }| {
        let mut record = exception(LogRecord::new(scope.clone(), emitter.limits));
        set_context(&mut record, context);
        record.timestamp = Some(time);
        for pair in attributes {
            record.set_attribute(pair.key.clone(), any_value(pair.value.clone()));
        }
        emitter.emit_in_its_context(record);
        signal == ExceptionSignal::LogsAndSpanEvents
    }))
}
