//! The visitor's consent: a pipeline that records nothing without it.

#[cfg(feature = "sessions")]
use std::sync::Arc;

#[cfg(feature = "sessions")]
use super::Parts;
use super::{Telemetry, TelemetryBuilder};
use crate::consent;

impl TelemetryBuilder {
    /// Whether the visitor has consented to telemetry when the pipeline is installed. Default: `true`, or what [`Telemetry::consent`]
    /// was told last on this page.
    ///
    /// Without consent nothing is recorded, sent, or stored, and no trace is told to any server, until `telemetry.consent(true)`. What
    /// earlier pages have left in the origin's storage is not sent either; it stays there until it is withdrawn or too old. What a browser
    /// tells only once, as the times of the navigation, is lost if that is before the consent.
    ///
    /// There is one consent for the whole page: other pipelines of it hear of this as of [`Telemetry::consent`], but the origin's storage
    /// is not emptied, and other tabs are not told.
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
    /// The visitor consents to telemetry, or withdraws that: for all pipelines of this page, also those of a `BatchSpanProcessor` or
    /// `BatchLogProcessor` alone, and of all other tabs and workers of the origin that are open. A page in the back/forward cache finds
    /// out that it was withdrawn when it comes back, before anything of it is sent; for that it leaves a time in `localStorage` when it
    /// goes there, which is removed with everything else. Where it was given again meanwhile, such a page may have to be told so.
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

#[cfg(feature = "sessions")]
impl Parts {
    /// Has the session end with the consent. What records hears of it by itself.
    pub(super) fn follow_consent(self: &Arc<Self>) {
        consent::follow(self, |parts, is_given| {
            parts.session.iter().filter(|_| !is_given).for_each(|session| session.forget());
        });
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "consent_tests.rs"]
mod tests;
