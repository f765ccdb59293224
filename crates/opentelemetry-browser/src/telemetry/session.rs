//! Which visit the spans of a page are a part of.

use super::{Telemetry, TelemetryBuilder};
use crate::session::{SessionConfig, SessionProcessor};

impl TelemetryBuilder {
    /// Sets `session.id` on every span: see [`SessionProcessor`](crate::SessionProcessor). Off by default: the attribute is in
    /// Development, and an id that is kept on a visitor's device may need their consent.
    ///
    /// ```
    /// use opentelemetry_browser::{SessionConfig, Telemetry};
    ///
    /// let telemetry = Telemetry::builder().with_session(SessionConfig::default()).install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_session(mut self, config: SessionConfig) -> Self {
        let session = SessionProcessor::new(config);
        self.provider = self.provider.with_processor(session.clone());
        self.session = Some(session);
        self
    }
}

impl Telemetry {
    /// The current session's id, if there are [sessions](TelemetryBuilder::with_session).
    pub fn session_id(&self) -> Option<String> {
        self.parts.session.as_ref().map(SessionProcessor::id)
    }
}
