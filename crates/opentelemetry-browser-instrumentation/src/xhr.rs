//! `XMLHttpRequest`: a CLIENT span for each request.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::http::spans::{Callbacks, Spans};
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/xhr.js"))]
extern "C" {
    #[wasm_bindgen(js_name = wrapXhr)]
    fn wrap_xhr(begin: &JsValue, end: &JsValue) -> Option<Undo>;
}

/// A CLIENT span for each `XMLHttpRequest`, from `send` to `loadend`.
///
/// An abort by the caller is no error; a network failure (`NetworkError`), a time limit (`TimeoutError`) and a status of 400 and above
/// are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Xhr;

impl Xhr {
    /// The instrumentation, with its defaults.
    pub fn new() -> Self {
        Self
    }
}

impl Instrumentation for Xhr {
    fn name(&self) -> &'static str {
        "xhr"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        let Callbacks { begin, end } = Spans::new(setup).callbacks();
        Stop::script(wrap_xhr(&begin, &end), "there is no XMLHttpRequest, or its prototype is frozen")
    }
}
