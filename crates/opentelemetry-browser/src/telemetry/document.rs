//! Which page a span or log record is of.

use super::TelemetryBuilder;
use crate::document_url::DocumentUrl;

impl TelemetryBuilder {
    /// Sets `browser.document.url.full` on every span and log record: the address of the page when it started, or was emitted, also
    /// after navigations within it. User names, passwords and the [signatures of signed URLs](crate::redaction::SENSITIVE_QUERY_KEYS)
    /// are `REDACTED`, and a [redaction](Self::with_redaction) of the pipeline sees it, too. It has 4,096 bytes at most; in a worker
    /// there is none. The attribute is in Development in the semantic conventions.
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_document_url().install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_document_url(mut self) -> Self {
        self.document_url = Some(DocumentUrl::processor);
        self
    }
}
