//! Navigation timing: how long the document took to load, in the trace of the server that has rendered it.

use opentelemetry::logs::AnyValue;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_browser::propagation::{page_parent, remote_parent};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::events::{Event, Events};
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[wasm_bindgen(module = "/js/timings.js")]
extern "C" {
    #[wasm_bindgen(js_name = isTimed)]
    fn is_timed(kind: &str) -> bool;
}

#[wasm_bindgen(module = "/js/navigation_timing.js")]
extern "C" {
    #[wasm_bindgen(js_name = watchNavigationTiming)]
    fn watch_navigation_timing(timed: &JsValue) -> Option<Undo>;
}

/// How long the document took to load, as an event `browser.navigation_timing`, when it has loaded or is left before.
///
/// Where the server tells of its trace, the event belongs to it: by `<meta name="traceparent">`, or by a response header
/// `Server-Timing: traceparent;desc="00-…"`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NavigationTiming;

impl NavigationTiming {
    /// The instrumentation, with its defaults.
    pub fn new() -> Self {
        Self
    }
}

impl Instrumentation for NavigationTiming {
    fn name(&self) -> &'static str {
        "navigation-timing"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        const LACK: &str = "the browser does not time navigations";
        if !is_timed("navigation") {
            return Err(LACK.to_owned());
        }
        let timed = Events::new(setup).callback("browser.navigation_timing", |event: &mut Event| {
            let place = event.attributes.iter().position(|(key, _)| key.as_str() == "traceparent");
            let header = place.map(|place| event.attributes.swap_remove(place).1);
            event.span = in_page().or_else(|| match header {
                Some(AnyValue::String(text)) => in_header(text.as_str()),
                _ => None,
            });
            true
        });
        Stop::script(watch_navigation_timing(&timed), LACK)
    }
}

fn in_page() -> Option<SpanContext> {
    page_parent().ok()?.map(|cx| cx.span().span_context().clone())
}

fn in_header(traceparent: &str) -> Option<SpanContext> {
    Some(remote_parent(traceparent).ok()?.span().span_context().clone())
}
