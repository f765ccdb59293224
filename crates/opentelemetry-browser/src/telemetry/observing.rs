//! Who sees spans and log records while they are still in the page.

use opentelemetry_sdk::trace::SpanData;

use super::TelemetryBuilder;
#[cfg(feature = "logs")]
use crate::log::record::LogRecord;
use crate::observer::Observer;

impl TelemetryBuilder {
    /// Is called with each sampled span that has ended, before it is sent: to show it in the page, for instance. May be called more
    /// than once, for more than one callback.
    ///
    /// The callback runs on the event loop, in a microtask after the code that has ended the span, when no lock is held. It sees the
    /// span before its [redaction](Self::with_redaction). What it records itself is suppressed, but not what it records after it has
    /// waited for something: after 100 calls without 5 ms between two, there is a pause of 5 ms. It must not panic, and not block. Of spans
    /// that end until it is called it sees the last 1,024.
    ///
    /// ```
    /// use opentelemetry_browser::Telemetry;
    /// use opentelemetry_sdk::trace::SpanData;
    ///
    /// let show = |span: &SpanData| {
    ///     let took = span.end_time.duration_since(span.start_time).unwrap_or_default();
    ///     println!("{} took {took:?}", span.name);
    /// };
    /// let telemetry = Telemetry::builder().with_span_callback(show).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_span_callback(mut self, callback: impl Fn(&SpanData) + Send + Sync + 'static) -> Self {
        self.provider = self.provider.with_processor(Observer::new(callback));
        self
    }

    /// The same for each log record, with its times and its context. Without [logs](Self::with_logs) this is all that becomes of them:
    /// none is sent. One callback is called, the last that was set.
    ///
    /// ```
    /// use opentelemetry_browser::{LogRecord, Telemetry};
    ///
    /// let show = |record: &LogRecord| println!("{:?}", record.event_name);
    /// let telemetry = Telemetry::builder().with_log_callback(show).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    #[cfg(feature = "logs")]
    pub fn with_log_callback(mut self, callback: impl Fn(&LogRecord) + Send + Sync + 'static) -> Self {
        self.logs.observe(Observer::new(callback));
        self
    }
}
