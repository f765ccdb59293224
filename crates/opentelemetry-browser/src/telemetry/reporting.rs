//! Who hears of what goes wrong.

use super::TelemetryBuilder;
use crate::diagnostics::Diagnostics;

impl TelemetryBuilder {
    /// Is called when something went wrong, when its cause has become known, when spans were lost, and when all is well again.
    /// See [`BatchSpanProcessorBuilder::with_diagnostics_callback`](crate::BatchSpanProcessorBuilder::with_diagnostics_callback).
    ///
    /// ```
    /// let report = |diagnostics: &opentelemetry_browser::Diagnostics| {
    ///     if let Some(error) = &diagnostics.last_error {
    ///         println!("{}: {error}", error.cause.name());
    ///     }
    /// };
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_diagnostics_callback(report).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_diagnostics_callback(mut self, callback: impl Fn(&Diagnostics) + Send + Sync + 'static) -> Self {
        self.reporter.set_callback(callback);
        self
    }

    /// Whether errors are shown on the console, at most one of each [`Cause`](crate::Cause) a minute. Default: `true`.
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_console_warnings(false).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_console_warnings(mut self, warns: bool) -> Self {
        self.reporter.set_warns(warns);
        self
    }
}
