//! The visitor's consent: a pipeline that records nothing without it.

use std::sync::Arc;

use super::{Parts, Telemetry, TelemetryBuilder};
use crate::consent;

impl TelemetryBuilder {
    /// Whether the visitor has consented to telemetry when the pipeline is installed. Default: `true`, or what [`Telemetry::consent`]
    /// was told last on this page.
    ///
    /// Without consent nothing is recorded, sent, or stored, and no trace is told to any server, until `telemetry.consent(true)`. What
    /// earlier pages have left in the origin's storage is not sent either; it stays there until it is withdrawn or too old.
    ///
    /// ```
    /// # fn asked_before() -> bool { false }
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_consent(asked_before()).install()?;
    /// // When the visitor agrees:
    /// telemetry.consent(true);
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_consent(mut self, is_given: bool) -> Self {
        self.consent = Some(is_given);
        self
    }
}

impl Telemetry {
    /// The visitor consents to telemetry, or withdraws that: for all pipelines of this page, and of all other tabs of the origin that
    /// are open. Not for those of workers, which are to be told, nor for pages that wait in the back/forward cache.
    ///
    /// `false` stops everything, now. What waits is dropped (and [counted](crate::Dropped::withdrawn)), requests under way are
    /// given up, spans that are open will not be exported. The origin's storage is emptied: what was kept for the next page, copies
    /// against crashes, and the session's id. `true` begins again, with a session that follows none.
    ///
    /// The decision itself is not kept: say it at each page's beginning, by [`TelemetryBuilder::with_consent`].
    ///
    /// ```
    /// # fn example(telemetry: &opentelemetry_browser::Telemetry) {
    /// telemetry.consent(false);
    /// assert_eq!(telemetry.session_id(), None);
    /// # }
    /// ```
    pub fn consent(&self, is_given: bool) {
        consent::change(is_given);
    }

    /// Whether anything is recorded, as far as the visitor's [consent](Self::consent) goes.
    pub fn has_consent(&self) -> bool {
        consent::is_given()
    }
}

impl Parts {
    /// Hears of the consent from now on, as long as somebody has this pipeline.
    pub(super) fn follow_consent(self: &Arc<Self>) {
        let weak = Arc::downgrade(self);
        consent::follow(move |is_given| {
            let Some(parts) = weak.upgrade() else { return false };
            #[cfg(feature = "sessions")]
            parts.session.iter().filter(|_| !is_given).for_each(|session| session.forget());
            parts.processor.driver().consent(is_given);
            parts.logs.iter().for_each(|logs| logs.consent(is_given));
            true
        });
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "consent_tests.rs"]
mod tests;
