//! Resource timing: how long everything took that the page has loaded.

use opentelemetry::logs::AnyValue;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use crate::events::{Event, Events};
use crate::http::finished;
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/timings.js"))]
extern "C" {
    #[wasm_bindgen(js_name = isTimed)]
    fn is_timed(kind: &str) -> bool;
}

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/resource_timing.js"))]
extern "C" {
    #[wasm_bindgen(js_name = watchResourceTiming)]
    fn watch_resource_timing(timed: &JsValue, ignores: &JsValue) -> Option<Undo>;
}

/// What the page has loaded, as events `browser.resource_timing`, made when the page is idle, or at once when it is hidden.
///
/// That of a request with a span belongs to that span. Those that [`Http::ignore`](crate::Http::ignore) names have none, and neither
/// have the exporter's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceTiming;

impl ResourceTiming {
    /// The instrumentation, with its defaults.
    pub fn new() -> Self {
        Self
    }
}

impl Instrumentation for ResourceTiming {
    fn name(&self) -> &'static str {
        "resource-timing"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        const LACK: &str = "the browser does not time resources";
        if !is_timed("resource") {
            return Err(LACK.to_owned());
        }
        let http = setup.http.clone();
        let telemetry = setup.telemetry.clone();
        // Two copies of this library would otherwise have something to do for ever: each would record what the other one sends.
        let ignores: Closure<dyn Fn(String, bool) -> bool> = Closure::new(move |url: String, another_asks: bool| {
            telemetry.posts_to(&url) || (!another_asks && http.ignores(&url))
        });
        let timed = Events::new(setup).callback("browser.resource_timing", |event: &mut Event| {
            let is_request = event.attributes.iter().any(|(key, value)| {
                key.as_str().ends_with("initiator_type") && is_one_of(value, &["fetch", "xmlhttprequest"])
            });
            if is_request && let (Some(url), Some(time)) = (event.text("url.full"), event.time) {
                event.span = finished::span_of(url, time);
            }
            true
        });
        let ignores = ignores.into_js_value();
        Stop::script(watch_resource_timing(&timed, &ignores), LACK)
    }
}

fn is_one_of(value: &AnyValue, names: &[&str]) -> bool {
    matches!(value, AnyValue::String(text) if names.contains(&text.as_str()))
}
