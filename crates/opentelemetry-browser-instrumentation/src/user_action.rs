//! Clicks and submits.

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_browser::Tracer;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use crate::action;
use crate::events::Events;
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/user_action.js"))]
extern "C" {
    #[wasm_bindgen(js_name = watchActions)]
    fn watch_actions(clicked: &JsValue, submitted: &JsValue, caused: &JsValue) -> Option<Undo>;
    #[wasm_bindgen(js_name = watchQuiet)]
    fn watch_quiet(goes_on: &JsValue);
}

/// Clicks and submits as events `browser.user_action.click` and `browser.user_action.submit`: where, on which element, and its
/// `data-otel-*` attributes. No text of the page is recorded.
///
/// ```no_run
/// use opentelemetry_browser_instrumentation::{Instrumentations, UserActions};
///
/// let telemetry = opentelemetry_browser::Telemetry::builder().with_logs().install()?;
/// Instrumentations::recommended().with(UserActions::new().with_spans()).install(&telemetry);
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct UserActions {
    with_spans: bool,
}

impl UserActions {
    /// Events alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Each action also is a span, `click` or `submit`, followed by the `data-otel-name` of the element or of one around it. It takes
    /// what it causes: requests that JavaScript makes, routes and errors. It ends when nothing of it is under way and the page has been
    /// quiet for 100 ms, after ten seconds, or with the next action.
    #[must_use]
    pub fn with_spans(mut self) -> Self {
        self.with_spans = true;
        self
    }
}

impl Instrumentation for UserActions {
    fn name(&self) -> &'static str {
        "user-action"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        let events = Events::new(setup.clone());
        let clicked = events.callback("browser.user_action.click", |_event| true);
        let submitted = events.callback("browser.user_action.submit", |_event| true);
        let caused = if self.with_spans { causes(setup) } else { JsValue::UNDEFINED };
        let undo = watch_actions(&clicked, &submitted, &caused).ok_or("there is no document to act on")?;
        Ok(Stop::new(move || {
            undo.call();
            action::end();
        }))
    }
}

/// A function for the script that starts a span: `(kind, name?)`.
fn causes(setup: Setup) -> JsValue {
    let tracer: Tracer = setup.telemetry.provider().tracer("opentelemetry-browser-instrumentation/user-action");
    let goes_on = Closure::<dyn Fn() -> bool>::new(action::goes_on).into_js_value();
    let begin: Closure<dyn Fn(String, Option<String>)> = Closure::new(move |kind: String, name: Option<String>| {
        if setup.is_enabled() {
            let name = name.map_or(kind.clone(), |name| format!("{kind} {name}"));
            // A trace of its own, whatever a task has left current.
            let span = tracer.start_with_context(name, &Context::new());
            action::begin(Context::new().with_span(span));
            watch_quiet(&goes_on);
        }
    });
    begin.into_js_value()
}
