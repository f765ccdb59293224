//! Web vitals: LCP, INP, CLS, FCP and TTFB.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::events::Events;
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/web_vitals.js"))]
extern "C" {
    #[wasm_bindgen(js_name = watchWebVitals)]
    fn watch_web_vitals(measured: &JsValue) -> Option<Undo>;
}

/// [Web vitals](https://web.dev/articles/vitals) as events `browser.web_vital`, with the values that Google's library web-vitals has:
/// `ttfb` and `fcp` when they are known, `lcp` when the visitor acts or leaves, `cls` and `inp` when the page is hidden. One that the
/// engine does not tell of is left out. Back from the back/forward cache they begin anew, and so they do with a route that the engine takes
/// for a navigation (`soft-navigation`, in Chromium). A page that was rendered before is measured from when it is seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebVitals;

impl WebVitals {
    /// The instrumentation, with its defaults.
    pub fn new() -> Self {
        Self
    }
}

impl Instrumentation for WebVitals {
    fn name(&self) -> &'static str {
        "web-vitals"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        let measured = Events::new(setup).callback("browser.web_vital", |_event| true);
        Stop::script(watch_web_vitals(&measured), "the browser does not time navigations")
    }
}
