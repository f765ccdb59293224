//! Redactions that know no difference between spans and log records: of every text, and of attributes by their keys.

use std::borrow::Cow;
use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SpanData;

#[cfg(feature = "logs")]
use super::each_text_of_log;
use super::{Redaction, each_text};
#[cfg(feature = "logs")]
use crate::log::{record::LogRecord, value::retain};

/// A [`Redaction`] of every text of spans and log records. Made by [`redact_texts`].
///
/// ```
/// use opentelemetry_browser::redaction::{TextRedaction, redact_texts};
///
/// let nothing: TextRedaction<_> = redact_texts(|_key, _text| None);
/// ```
#[derive(Clone, Copy)]
pub struct TextRedaction<F>(F);

impl<F> fmt::Debug for TextRedaction<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextRedaction")
    }
}

/// Shows every text of every span and log record to a closure, which returns another one, or `None` for it to stay. Texts are the
/// values of attributes, those in lists and maps, too, with their key; and, without one, a span's name, the words of its status, the names of
/// its events, a record's event name and its body. Those in a map have the key that they have in the map.
///
/// ```
/// use opentelemetry_browser::Telemetry;
/// use opentelemetry_browser::redaction::redact_texts;
///
/// let telemetry = Telemetry::builder()
///     .with_logs()
///     .with_redaction(redact_texts(|key, text| match key {
///         Some("user.email") => Some("REDACTED".to_owned()),
///         _ => text.contains("secret").then(|| text.replace("secret", "REDACTED")),
///     }))
///     .install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
pub fn redact_texts<F: Fn(Option<&str>, &str) -> Option<String> + Send + Sync>(change: F) -> TextRedaction<F> {
    TextRedaction(change)
}

impl<F: Fn(Option<&str>, &str) -> Option<String> + Send + Sync> Redaction for TextRedaction<F> {
    fn redact(&self, span: &mut SpanData) {
        each_text(span, &self.0);
    }

    #[cfg(feature = "logs")]
    fn redact_log(&self, record: &mut LogRecord) {
        each_text_of_log(record, &self.0);
    }
}

/// A [`Redaction`] that removes attributes. Made by [`remove_attributes`].
///
/// ```
/// use opentelemetry_browser::redaction::{AttributeRemoval, remove_attributes};
///
/// let removal: AttributeRemoval = remove_attributes(["user.email"]);
/// ```
#[derive(Clone, Debug)]
pub struct AttributeRemoval(Vec<Cow<'static, str>>);

/// Removes attributes with these keys, whatever their values: from spans, their events and links, and from log records; and what has
/// such a key in a map, be it in an attribute or in a body.
///
/// ```
/// use opentelemetry_browser::Telemetry;
/// use opentelemetry_browser::redaction::remove_attributes;
///
/// let telemetry = Telemetry::builder()
///     .with_logs()
///     .with_redaction(remove_attributes(["user.email", "enduser.id"]))
///     .install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
pub fn remove_attributes<K: Into<Cow<'static, str>>>(keys: impl IntoIterator<Item = K>) -> AttributeRemoval {
    AttributeRemoval(keys.into_iter().map(Into::into).collect())
}

impl AttributeRemoval {
    fn keeps(&self, key: &str) -> bool {
        !self.0.iter().any(|removed| removed == key)
    }
}

impl Redaction for AttributeRemoval {
    fn redact(&self, span: &mut SpanData) {
        let remove = |attributes: &mut Vec<KeyValue>| attributes.retain(|attribute| self.keeps(attribute.key.as_str()));
        remove(&mut span.attributes);
        span.events.events.iter_mut().for_each(|event| remove(&mut event.attributes));
        span.links.links.iter_mut().for_each(|link| remove(&mut link.attributes));
    }

    #[cfg(feature = "logs")]
    fn redact_log(&self, record: &mut LogRecord) {
        let keeps = |key: &str| self.keeps(key);
        record.attributes.retain(|(key, _)| keeps(key.as_str()));
        record.attributes.iter_mut().for_each(|(_, value)| retain(value, &keeps));
        record.body.iter_mut().for_each(|body| retain(body, &keeps));
    }
}
