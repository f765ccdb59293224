//! What all loggers of a pipeline share: in come records as their makers leave them, out go records with times, context and session.

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "sessions")]
use opentelemetry::InstrumentationScope;
use opentelemetry::logs::AnyValue;
#[cfg(feature = "sessions")]
use opentelemetry::logs::Severity;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Array, Context, TraceId, Value};

use super::record::{Limits, LogRecord};
use crate::clock::{Anchor, Clock};
use crate::consent;
use crate::delivery::driver::Driver;
use crate::observer::Observer;
use crate::platform::IS_NO_OP;
use crate::trace::processors::{self, Processor, Processors};

pub(crate) struct Emitter {
    /// Where records go; nowhere, if only the page is to see them.
    pub(crate) driver: Option<Arc<Driver>>,
    pub(crate) observer: Option<Arc<Observer<LogRecord>>>,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    /// Sets `session.id` of every record that is not an event of a session itself.
    pub(crate) session: Option<Box<dyn Processor>>,
    /// Sets other attributes of every record.
    pub(crate) at_emit: Processors,
}

impl fmt::Debug for Emitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitter").field("driver", &self.driver).finish_non_exhaustive()
    }
}

impl Emitter {
    /// Emits a record in the current context.
    pub(crate) fn emit(&self, mut record: LogRecord) {
        if Context::is_current_telemetry_suppressed() {
            return;
        }
        if record.trace_id == TraceId::INVALID {
            Context::map_current(|cx| {
                if cx.has_active_span() {
                    set_context(&mut record, cx.span().span_context());
                }
            });
        }
        self.emit_in_its_context(record);
    }

    /// Emits a record whose context is known. This may run under upstream's lock of a span: it calls nobody.
    pub(crate) fn emit_in_its_context(&self, mut record: LogRecord) {
        if IS_NO_OP || !consent::is_given() {
            return;
        }
        if let Some(session) = &self.session {
            // What belongs to a trace that is recorded is, too.
            if !record.trace_flags.is_sampled() && !session.keeps_logs() {
                return;
            }
            session.at_start(&mut |pair| record.set_attribute(pair.key, any_value(pair.value)));
        }
        self.finish(record);
    }

    /// Emits an event of a session, which tells of which one it is.
    #[cfg(feature = "sessions")]
    pub(crate) fn emit_of_session(&self, record: LogRecord) {
        self.finish(record);
    }

    /// An event of this crate's own.
    #[cfg(feature = "sessions")]
    pub(crate) fn event(&self, name: &'static str) -> LogRecord {
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME")).with_version(env!("CARGO_PKG_VERSION"));
        let mut record = LogRecord::new(scope.build(), self.limits);
        record.event_name = Some(name.into());
        record.severity_number = Some(Severity::Info);
        record
    }

    fn finish(&self, mut record: LogRecord) {
        let reading = self.clock.reading();
        let anchor = match record.trace_id {
            TraceId::INVALID => self.clock.begin_trace(TraceId::INVALID, reading),
            trace_id => self.clock.anchor_of(trace_id),
        };
        let fine = |time| self.fine(time, anchor);
        let observed = record.observed_timestamp.map_or_else(|| anchor.at(reading), fine);
        record.timestamp = Some(record.timestamp.map_or(observed, fine));
        record.observed_timestamp = Some(observed);
        processors::at_start(&self.at_emit, &mut |pair| record.set_attribute(pair.key, any_value(pair.value)));
        let record = Arc::new(record);
        if let Some(observer) = &self.observer {
            observer.see(&record);
        }
        if let Some(driver) = &self.driver {
            driver.take_in(record);
        }
    }

    /// A time that its maker has chosen stays; one that is upstream's clock's, in whole milliseconds, becomes a fine one.
    fn fine(&self, time: std::time::SystemTime, anchor: Anchor) -> std::time::SystemTime {
        self.clock.implicit(time).map_or(time, |reading| anchor.at(reading))
    }
}

/// The context of a span, be it sampled or not.
pub(crate) fn set_context(record: &mut LogRecord, context: &SpanContext) {
    if context.is_valid() {
        (record.trace_id, record.span_id) = (context.trace_id(), context.span_id());
        record.trace_flags = context.trace_flags();
    }
}

/// A span's value, as one of a log record.
pub(crate) fn any_value(value: Value) -> AnyValue {
    match value {
        Value::Bool(value) => value.into(),
        Value::I64(value) => value.into(),
        Value::F64(value) => value.into(),
        Value::String(value) => value.into(),
        Value::Array(Array::Bool(values)) => values.into_iter().collect(),
        Value::Array(Array::I64(values)) => values.into_iter().collect(),
        Value::Array(Array::F64(values)) => values.into_iter().collect(),
        Value::Array(Array::String(values)) => values.into_iter().collect(),
        // A type that upstream may add.
        other => other.to_string().into(),
    }
}
