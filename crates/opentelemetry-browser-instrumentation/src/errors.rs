//! Errors of the page: what nobody handles, and what is said on the console.

use std::cell::RefCell;

use opentelemetry::logs::Severity;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::events::{Event, Events};
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/errors.js"))]
extern "C" {
    #[wasm_bindgen(js_name = watchErrors)]
    fn watch_errors(exception: &JsValue, said: &JsValue, methods: Vec<String>) -> Option<Undo>;
}

/// How long an error that is the same as another is left out, in milliseconds.
const SAME_MS: f64 = 60_000.0;

/// The most different errors of that time: a page that fails in a loop fails in many ways.
const MOST: usize = 20;

/// Errors that nobody handles (`error`, `unhandledrejection`) as events `exception`, with type, message and stack, by the
/// [conventions](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/).
///
/// An error that is the same as one of the last minute is left out, and so is more than the twentieth in a minute; both are
/// [counted](crate::Installed::left_out).
///
/// ```no_run
/// use opentelemetry_browser_instrumentation::{Errors, Instrumentations};
///
/// let telemetry = opentelemetry_browser::Telemetry::builder().with_logs().install()?;
/// Instrumentations::new().with(Errors::new().with_console(["error", "warn"])).install(&telemetry);
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Errors {
    methods: Vec<String>,
}

impl Errors {
    /// Nothing of the console.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is said by these methods of the console, as events `browser.console`; an `Error` among it is an `exception`.
    #[must_use]
    pub fn with_console<M: Into<String>>(mut self, methods: impl IntoIterator<Item = M>) -> Self {
        self.methods = methods.into_iter().map(Into::into).collect();
        self
    }
}

/// The errors of the last minute.
#[derive(Default)]
struct Recent(Vec<(f64, String)>);

impl Recent {
    /// Whether an error is recorded.
    fn admits(&mut self, now: f64, error: String) -> bool {
        self.0.retain(|(time, _)| now - time < SAME_MS);
        let is_new = self.0.len() < MOST && self.0.iter().all(|(_, seen)| *seen != error);
        if is_new {
            self.0.push((now, error));
        }
        is_new
    }
}

impl Instrumentation for Errors {
    fn name(&self) -> &'static str {
        "errors"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        let events = Events::new(setup);
        let recent = RefCell::<Recent>::default();
        let counted = events.clone();
        let exception = events.callback("exception", move |event: &mut Event| {
            event.severity = Severity::Error;
            let part = |key| event.text(key).unwrap_or_default();
            let same = [part("exception.type"), part("exception.message"), part("exception.stacktrace")].join("\n");
            let is_described = !event.attributes.is_empty();
            let is_admitted = is_described && recent.borrow_mut().admits(event.time.unwrap_or_default(), same);
            if !is_admitted {
                counted.leave_out();
            }
            is_admitted
        });
        let said = events.callback("browser.console", |_event| true);
        Stop::script(watch_errors(&exception, &said, self.methods), "there are no errors to listen to")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_error_is_admitted_once_a_minute_and_no_more_than_so_many() {
        let mut recent = Recent::default();
        assert!(recent.admits(0.0, "a".to_owned()) && !recent.admits(10.0, "a".to_owned()));
        assert_eq!((0..100).filter(|number| recent.admits(20.0, number.to_string())).count(), MOST - 1);
        assert!(recent.admits(SAME_MS, "a".to_owned()), "the one of a minute ago is forgotten");
        assert!(!recent.admits(SAME_MS, "new".to_owned()), "the others are not");
    }
}
