//! `fetch`: a CLIENT span for each request, whoever makes it.

use js_sys::Promise;
use opentelemetry_browser::Telemetry;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::http::spans::{Callbacks, Spans};
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo, runs};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/fetch.js"))]
extern "C" {
    #[wasm_bindgen(js_name = wrapFetch)]
    fn wrap_fetch(begin: &JsValue, end: &JsValue, with_body: bool) -> Option<Undo>;
    #[wasm_bindgen(js_name = tracedFetch, catch)]
    fn traced_fetch(request: &web_sys::Request, begin: &JsValue, end: &JsValue) -> Result<Promise, JsValue>;
}

const NAME: &str = "fetch";

/// A CLIENT span for each `fetch` of the page or worker, of JavaScript and of Rust: gloo-net, reqwest and web_sys call it, too.
///
/// A span begins with the call, and ends with the response's headers. Its parent is the context that is current in Rust then. The
/// exporter's own requests have none. An abort by the caller is no error; a status of 400 and above is.
///
/// ```no_run
/// use opentelemetry_browser_instrumentation::{Fetch, Instrumentations};
///
/// let telemetry = opentelemetry_browser::Telemetry::builder().install()?;
/// Instrumentations::new().with(Fetch::new().until_body_ends()).install(&telemetry);
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Fetch {
    with_body: bool,
}

impl Fetch {
    /// Spans that end with the response's headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Spans that end when the body was read, was cancelled, or broke off, which is an error then. Nothing of a body is read, kept or
    /// copied for it: what the page does with it is watched. A body that is never read, and one that is read by two (`tee`), ends
    /// its span with the headers.
    #[must_use]
    pub fn until_body_ends(mut self) -> Self {
        self.with_body = true;
        self
    }
}

impl Instrumentation for Fetch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        let Callbacks { begin, end } = Spans::new(setup).callbacks();
        Stop::script(wrap_fetch(&begin, &end, self.with_body), "there is no fetch, or it cannot be replaced")
    }
}

/// Makes a request, with a CLIENT span: `fetch` for web_sys in one line, whether or not [`Fetch`] is installed.
///
/// The request starts at once, in the context that is current now. The span tells same origins of the trace; where [`Fetch`] is
/// installed, its settings hold. An error is what `fetch` rejects with.
///
/// ```no_run
/// use opentelemetry_browser_instrumentation::traced;
/// use web_sys::Request;
///
/// # async fn example() -> Result<(), wasm_bindgen::JsValue> {
/// let response = traced(&Request::new_with_str("/users/100")?).await?;
/// # Ok(())
/// # }
/// ```
pub fn traced(request: &web_sys::Request) -> impl Future<Output = Result<web_sys::Response, JsValue>> + use<> {
    let telemetry = if runs(NAME) { None } else { Telemetry::installed() };
    let promise = match telemetry {
        Some(telemetry) => {
            let Callbacks { begin, end } = Spans::new(Setup::alone(NAME, telemetry)).callbacks();
            traced_fetch(request, &begin, &end)
        }
        // It has its span by the way, or nobody wants one.
        None => traced_fetch(request, &JsValue::UNDEFINED, &JsValue::UNDEFINED),
    };
    async move { JsFuture::from(promise?).await?.dyn_into() }
}
