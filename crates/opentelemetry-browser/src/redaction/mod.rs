//! Redaction: in go records on their way to the encoder, out come the same records without what must not leave the page.
//!
//! A [`Redaction`] is called when a span or log record is encoded: after it has ended, and outside of every lock of this crate and of
//! upstream. That is once: copies and attempts use what was encoded then. It may use `Context::current()` and its span as any other
//! code may. Spans that it starts itself are suppressed, since they would be redacted in turn, without end.
//!
//! It must not panic. Natively a panic unwinds through the export, which ends with it. In a browser it cannot be caught at
//! all: it ends the whole wasm instance.

mod everywhere;
mod url;

use std::any::Any;
use std::sync::Arc;

use opentelemetry::trace::Status;
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

use crate::encode::signal::Record;
#[cfg(feature = "logs")]
use crate::log::{self, record::LogRecord};
pub use everywhere::{AttributeRemoval, TextRedaction, redact_texts, remove_attributes};
pub use url::{SENSITIVE_QUERY_KEYS, UrlRedaction, redact_urls};

/// Changes spans before they are encoded. See the [module](self) for when it is called.
///
/// Every `Fn(&mut SpanData)` is one. It sees spans only: [`redact_texts`], [`remove_attributes`] and [`redact_urls`] are for log
/// records, too, and [`with_log_redaction`](crate::TelemetryBuilder::with_log_redaction) is for these alone.
///
/// ```
/// use opentelemetry_browser::SpanExporter;
/// use opentelemetry_sdk::trace::SpanData;
///
/// let exporter = SpanExporter::builder()
///     .with_redaction(|span: &mut SpanData| {
///         span.attributes.retain(|attribute| attribute.key.as_str() != "user.email");
///         if span.name.starts_with("GET /users/") {
///             span.name = "GET /users/{id}".into();
///         }
///     })
///     .build()?;
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
pub trait Redaction: Send + Sync {
    /// Changes or drops what must not leave the page.
    fn redact(&self, span: &mut SpanData);

    /// The same of a log record. By default it stays as it is: what is redacted in spans only is not redacted in logs.
    #[cfg(feature = "logs")]
    fn redact_log(&self, record: &mut LogRecord) {
        let _ = record;
    }
}

impl<F: Fn(&mut SpanData) + Send + Sync> Redaction for F {
    fn redact(&self, span: &mut SpanData) {
        self(span);
    }
}

/// A redaction of log records only.
#[cfg(feature = "logs")]
pub(crate) struct OfLogs<F>(pub(crate) F);

#[cfg(feature = "logs")]
impl<F: Fn(&mut LogRecord) + Send + Sync> Redaction for OfLogs<F> {
    fn redact(&self, _span: &mut SpanData) {}

    fn redact_log(&self, record: &mut LogRecord) {
        (self.0)(record);
    }
}

/// What a redaction leaves of a record. Whoever else has the record keeps it as it is.
pub(crate) fn redacted(redaction: &dyn Redaction, mut record: Arc<dyn Record>) -> Arc<dyn Record> {
    // A span that a redaction starts would need redacting itself, and so on.
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    if Arc::get_mut(&mut record).is_none() {
        record = copied(&*record).unwrap_or(record);
    }
    let Some(own) = Arc::get_mut(&mut record) else { return record };
    let own: &mut dyn Any = own;
    if let Some(span) = own.downcast_mut::<SpanData>() {
        redaction.redact(span);
        return record;
    }
    #[cfg(feature = "logs")]
    if let Some(log) = own.downcast_mut::<LogRecord>() {
        redaction.redact_log(log);
    }
    record
}

fn copied(record: &dyn Any) -> Option<Arc<dyn Record>> {
    #[cfg(feature = "logs")]
    if let Some(log) = record.downcast_ref::<LogRecord>() {
        return Some(Arc::new(log.clone()));
    }
    let span = record.downcast_ref::<SpanData>()?;
    Some(Arc::new(span.clone()))
}

/// Shows every text of a log record to `change`, as [`each_text`] does it with a span: those of its name, body and attributes.
#[cfg(feature = "logs")]
fn each_text_of_log(record: &mut LogRecord, change: &impl Fn(Option<&str>, &str) -> Option<String>) {
    if let Some(name) = &mut record.event_name
        && let Some(changed) = change(None, name)
    {
        *name = changed.into();
    }
    let mut apply = |key: Option<&str>, text: &mut StringValue| {
        if let Some(changed) = change(key, text.as_str()) {
            *text = changed.into();
        }
    };
    if let Some(body) = &mut record.body {
        log::value::each_text(None, body, &mut apply);
    }
    for (key, value) in &mut record.attributes {
        log::value::each_text(Some(key.as_str()), value, &mut apply);
    }
}

/// Shows every text of a span to `change`, with the key of the attribute that it is the value of, and takes over what that
/// returns. Texts are those of the name, the status, the attributes, and the events and links with theirs.
fn each_text(span: &mut SpanData, change: &impl Fn(Option<&str>, &str) -> Option<String>) {
    if let Some(name) = change(None, &span.name) {
        span.name = name.into();
    }
    if let Status::Error { description } = &mut span.status
        && let Some(changed) = change(None, description)
    {
        *description = changed.into();
    }
    each_value(&mut span.attributes, change);
    for event in &mut span.events.events {
        if let Some(name) = change(None, &event.name) {
            event.name = name.into();
        }
        each_value(&mut event.attributes, change);
    }
    for link in &mut span.links.links {
        each_value(&mut link.attributes, change);
    }
}

fn each_value(attributes: &mut [KeyValue], change: &impl Fn(Option<&str>, &str) -> Option<String>) {
    for attribute in attributes {
        let key = attribute.key.as_str();
        let apply = |text: &mut StringValue| {
            if let Some(changed) = change(Some(key), text.as_str()) {
                *text = changed.into();
            }
        };
        match &mut attribute.value {
            Value::String(text) => apply(text),
            Value::Array(Array::String(texts)) => texts.iter_mut().for_each(apply),
            _ => {}
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
