//! A log record, from its making to its encoding.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::{InstrumentationScope, Key, SpanId, TraceFlags, TraceId};

use super::value::truncate;
use crate::attributes::AttributeLimits;

/// A log record of the [data model](https://opentelemetry.io/docs/specs/otel/logs/data-model/): what a [`Logger`](crate::Logger)
/// makes, and what a [redaction](crate::TelemetryBuilder::with_log_redaction) sees of it.
///
/// ```
/// use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
///
/// # fn example(telemetry: &opentelemetry_browser::Telemetry) {
/// let logger = telemetry.logger_provider().logger("shop");
/// let mut record = logger.create_log_record();
/// record.set_event_name("cart.changed");
/// record.set_severity_number(Severity::Info);
/// record.set_body(AnyValue::from_iter([("items", 3)]));
/// record.add_attribute("cart.id", "c7");
/// logger.emit(record);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LogRecord {
    /// What kind of event it is; a record with a name is an [event](https://opentelemetry.io/docs/specs/semconv/general/events/).
    pub event_name: Option<Cow<'static, str>>,
    /// When it happened. Where nobody gives a time, that of [`emit`](opentelemetry::logs::Logger::emit).
    pub timestamp: Option<SystemTime>,
    /// When it was emitted.
    pub observed_timestamp: Option<SystemTime>,
    /// How severe it is, 1 to 24.
    pub severity_number: Option<Severity>,
    /// The same in the words of its source, such as `WARN`.
    pub severity_text: Option<Cow<'static, str>>,
    /// The message, or a value of any type.
    pub body: Option<AnyValue>,
    /// Attributes with different keys.
    pub attributes: Vec<(Key, AnyValue)>,
    /// How many attributes there was no room for.
    pub dropped_attributes_count: u32,
    /// The trace that it belongs to; [`TraceId::INVALID`] for none.
    pub trace_id: TraceId,
    /// The span that was current; [`SpanId::INVALID`] for none.
    pub span_id: SpanId,
    /// Whether that span is sampled. A record is exported in either case.
    pub trace_flags: TraceFlags,
    /// Who made it. Its name is the [target](opentelemetry::logs::LogRecord::set_target), if there is one.
    pub instrumentation_scope: InstrumentationScope,
    pub(super) limits: Limits,
}

/// The limits of a record's attributes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// The most attributes.
    pub(crate) count: usize,
    /// The most characters of a text.
    pub(crate) value_length: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { count: 128, value_length: None }
    }
}

impl From<AttributeLimits> for Limits {
    fn from(limits: AttributeLimits) -> Self {
        Self { count: limits.count, value_length: limits.value_length }
    }
}

impl LogRecord {
    pub(crate) fn new(instrumentation_scope: InstrumentationScope, limits: Limits) -> Self {
        Self {
            event_name: None,
            timestamp: None,
            observed_timestamp: None,
            severity_number: None,
            severity_text: None,
            body: None,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            trace_id: TraceId::INVALID,
            span_id: SpanId::INVALID,
            trace_flags: TraceFlags::NOT_SAMPLED,
            instrumentation_scope,
            limits,
        }
    }

    pub(crate) fn set_attribute(&mut self, key: Key, mut value: AnyValue) {
        if let Some(length) = self.limits.value_length {
            truncate(&mut value, length);
        }
        if let Some((_, existing)) = self.attributes.iter_mut().find(|(existing, _)| *existing == key) {
            *existing = value;
        } else if self.attributes.len() < self.limits.count {
            self.attributes.push((key, value));
        } else {
            self.dropped_attributes_count = self.dropped_attributes_count.saturating_add(1);
        }
    }

    pub(super) fn set_target(&mut self, target: Cow<'static, str>) {
        let scope = &self.instrumentation_scope;
        let mut renamed = InstrumentationScope::builder(target).with_attributes(scope.attributes().cloned());
        if let Some(version) = scope.version() {
            renamed = renamed.with_version(version.to_owned());
        }
        if let Some(url) = scope.schema_url() {
            renamed = renamed.with_schema_url(url.to_owned());
        }
        self.instrumentation_scope = renamed.build();
    }
}

impl opentelemetry::logs::LogRecord for LogRecord {
    fn set_event_name(&mut self, name: &'static str) {
        self.event_name = Some(name.into());
    }

    fn set_target<T: Into<Cow<'static, str>>>(&mut self, target: T) {
        Self::set_target(self, target.into());
    }

    fn set_timestamp(&mut self, timestamp: SystemTime) {
        self.timestamp = Some(timestamp);
    }

    fn set_observed_timestamp(&mut self, timestamp: SystemTime) {
        self.observed_timestamp = Some(timestamp);
    }

    fn set_severity_text(&mut self, text: &'static str) {
        self.severity_text = Some(text.into());
    }

    fn set_severity_number(&mut self, number: Severity) {
        self.severity_number = Some(number);
    }

    fn set_body(&mut self, body: AnyValue) {
        self.body = Some(body);
    }

    fn add_attributes<I, K, V>(&mut self, attributes: I)
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        attributes.into_iter().for_each(|(key, value)| self.set_attribute(key.into(), value.into()));
    }

    fn add_attribute<K: Into<Key>, V: Into<AnyValue>>(&mut self, key: K, value: V) {
        self.set_attribute(key.into(), value.into());
    }

    fn set_trace_context(&mut self, trace_id: TraceId, span_id: SpanId, trace_flags: Option<TraceFlags>) {
        (self.trace_id, self.span_id) = (trace_id, span_id);
        self.trace_flags = trace_flags.unwrap_or_default();
    }
}
