//! Who is told when something goes wrong: the user's callback, and the console, but that not too often.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::{Context, otel_debug, otel_warn};

use super::{Cause, Diagnostics, LastError};
use crate::platform;

/// At most one warning of each cause in this time.
const QUIET: Duration = Duration::from_secs(60);

type Callback = Box<dyn Fn(&Diagnostics) + Send + Sync>;

/// Tells the user.
pub(crate) struct Reporter {
    callback: Option<Callback>,
    warns: bool,
    /// Which causes were warned of, and when.
    warned: Mutex<Vec<(Cause, Duration)>>,
}

impl Default for Reporter {
    fn default() -> Self {
        Self { callback: None, warns: true, warned: Mutex::default() }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter")
            .field("has_callback", &self.callback.is_some())
            .field("warns", &self.warns)
            .finish_non_exhaustive()
    }
}

impl Reporter {
    pub(crate) fn set_callback(&mut self, callback: impl Fn(&Diagnostics) + Send + Sync + 'static) {
        self.callback = Some(Box::new(callback));
    }

    pub(crate) fn set_warns(&mut self, warns: bool) {
        self.warns = warns;
    }

    /// Tells what `diagnostics` say, and what of it is an error. While the cause is still being looked for, only the callback is told.
    pub(super) fn report(&self, diagnostics: &Diagnostics, error: Option<&LastError>) {
        debug(diagnostics, error);
        if let Some(callback) = &self.callback {
            callback(diagnostics);
        }
        if let Some(error) = error {
            self.warn(error);
        }
    }

    /// Shows an error on the console, if it may be shown.
    pub(super) fn warn(&self, error: &LastError) {
        if self.warns && self.may_warn(error.cause) {
            platform::console::warn(&warning(error));
        }
    }

    fn may_warn(&self, cause: Cause) -> bool {
        let now = platform::clock::uptime();
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        warned.retain(|(_, at)| now.saturating_sub(*at) < QUIET);
        let is_first = warned.iter().all(|(other, _)| *other != cause);
        if is_first {
            warned.push((cause, now));
        }
        is_first
    }
}

/// Tells whoever listens to upstream's own debug output, which costs nothing without the feature `internal-logs`. What a listener
/// records of it is not recorded here: it would be told of in its turn.
fn debug(diagnostics: &Diagnostics, error: Option<&LastError>) {
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    let (queued, dropped) = (diagnostics.queued, diagnostics.dropped.total());
    match error {
        Some(error) => {
            let (cause, message) = (error.cause.name(), error.message.as_str());
            otel_warn!(name: "BrowserPipeline.Failed", cause = cause, message = message, queued = queued, dropped = dropped);
        }
        None => {
            otel_debug!(name: "BrowserPipeline.Delivers", queued = queued, dropped = dropped);
        }
    }
}

fn warning(error: &LastError) -> String {
    let advice = error.advice.as_deref();
    format!("opentelemetry-browser: {error}{}{}", advice.map_or("", |_| "\n"), advice.unwrap_or_default())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "report_tests.rs"]
mod tests;
