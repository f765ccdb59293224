//! Which visit the spans of a page are a part of.

use super::{Telemetry, TelemetryBuilder};
use crate::consent;
use crate::session::{SessionConfig, SessionProcessor, SessionSampler};

impl TelemetryBuilder {
    /// Sets `session.id` on every span and log record: see [`SessionProcessor`](crate::SessionProcessor). Off by default: the attribute
    /// is in Development, and an id that is kept on a visitor's device may need their [consent](Telemetry::consent).
    ///
    /// With [logs](Self::with_logs), log records tell of sessions: `session.start`, with `session.previous_id` if it follows another,
    /// and `session.end` with the time when it was over. The page that begins a session tells of both; a page that is still open when a
    /// session is over tells of its end then. The end of a session after which nobody comes back is not told.
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
        let sampler = session.clone();
        self.provider.around_sampler = Some(Box::new(move |inner| SessionSampler::around(inner, sampler)));
        self.session = Some(session);
        self
    }
}

impl Telemetry {
    /// The current session's id, if there are [sessions](TelemetryBuilder::with_session), and the visitor has not withheld their
    /// [consent](Self::consent).
    pub fn session_id(&self) -> Option<String> {
        self.parts.session.as_ref().filter(|_| consent::is_given()).map(SessionProcessor::id)
    }
}
