//! Navigation timing: how long the document took to load, in the trace of the server that has rendered it.

use opentelemetry::Context;
use opentelemetry::logs::AnyValue;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_browser::propagation::W3cPropagator;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::events::{Event, Events};
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/timings.js"))]
extern "C" {
    #[wasm_bindgen(js_name = isTimed)]
    fn is_timed(kind: &str) -> bool;
}

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/navigation_timing.js"))]
extern "C" {
    #[wasm_bindgen(js_name = watchNavigationTiming)]
    fn watch_navigation_timing(timed: &JsValue) -> Option<Undo>;
}

/// How long the document took to load, as an event `browser.navigation_timing`, when it has loaded or is left before; that of a page that
/// was rendered before, when it is seen.
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
            event.span = place.and_then(|place| of_server(&event.attributes.swap_remove(place).1));
            true
        });
        Stop::script(watch_navigation_timing(&timed), LACK)
    }
}

/// The context that the first well-formed one of these texts stands for.
fn of_server(texts: &AnyValue) -> Option<SpanContext> {
    let AnyValue::ListAny(texts) = texts else { return None };
    texts.iter().find_map(|text| match text {
        AnyValue::String(text) => of_text(text.as_str()),
        _ => None,
    })
}

/// Not by the library's `remote_parent`, which has much to say about what is malformed: nobody would read it here.
fn of_text(traceparent: &str) -> Option<SpanContext> {
    let cx = W3cPropagator::new().extract_with_context(&Context::new(), &Header(traceparent));
    let context = cx.span().span_context().clone();
    context.is_valid().then_some(context)
}

struct Header<'a>(&'a str);

impl Extractor for Header<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}
