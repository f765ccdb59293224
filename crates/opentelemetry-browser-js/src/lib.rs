//! `opentelemetry-browser` for JavaScript and TypeScript: spans with their context passed on explicitly, propagation, and a tracer
//! provider for `@opentelemetry/api`. `types.d.ts` says what each function does.
//!
//! `api.js` is what JavaScript sees: it checks values and flattens them, so that nothing here meets a getter or a proxy. `recorder`
//! is what it calls. This file has what it hands on as it is: the start and the end of the pipeline.

#![deny(unsafe_code)]

mod attributes;
mod held;
mod logs;
mod options;
mod recorder;

use js_support::{Names, delivery, statistics};
use js_sys::{Error, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;

use recorder::Recorder;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// The page's one pipeline.
const PIPELINE: Names = Names { start: "start()", started: "started", service: "unknown_service", logs: true };

#[wasm_bindgen(module = "/src/api.js")]
extern "C" {
    fn connect(recorder: Recorder);

    #[wasm_bindgen(reexport, skip_typescript)]
    fn start();
    #[wasm_bindgen(reexport, skip_typescript)]
    fn flush();
    #[wasm_bindgen(reexport, skip_typescript)]
    fn shutdown();
    #[wasm_bindgen(reexport, skip_typescript)]
    fn consent();
    #[wasm_bindgen(reexport, skip_typescript)]
    fn stats();
    #[wasm_bindgen(reexport, skip_typescript, js_name = startSpan)]
    fn start_span();
    #[wasm_bindgen(reexport, skip_typescript, js_name = inSpan)]
    fn in_span();
    #[wasm_bindgen(reexport, skip_typescript)]
    fn log();
    #[wasm_bindgen(reexport, skip_typescript)]
    fn inject();
    #[wasm_bindgen(reexport, skip_typescript)]
    fn extract();
    #[wasm_bindgen(reexport, skip_typescript, js_name = tracerProvider)]
    fn tracer_provider();
}

/// Runs when the module has been loaded.
#[wasm_bindgen(start, skip_typescript)]
pub fn loaded() {
    connect(Recorder);
}

fn error(message: String) -> JsValue {
    Error::new(&message).into()
}

/// What `api.js` hands on as it is.
#[wasm_bindgen]
impl Recorder {
    /// Starts tracing.
    ///
    /// Throws if it has been started already, or if an option is wrong.
    #[wasm_bindgen(js_name = startPipeline)]
    pub fn start_pipeline(&self, options: JsValue) -> Result<(), JsValue> {
        let (options, sets) = options::read(&options).map_err(error)?;
        let configure = |builder| sets.into_iter().fold(builder, |builder, set| set(builder));
        PIPELINE.install_with(options, configure).map(drop).map_err(error)
    }

    /// Sends everything that has ended, now.
    pub fn flush(&self) -> Promise {
        let running = PIPELINE.running().map_err(error);
        future_to_promise(async move { delivery(running?.flush().await) })
    }

    /// Ends tracing.
    pub fn shutdown(&self) -> Promise {
        let ending = PIPELINE.shutdown().map_err(error);
        future_to_promise(async move { delivery(ending?.await) })
    }

    /// The visitor consents to telemetry, or withdraws that.
    ///
    /// Throws if tracing has not been started.
    pub fn consent(&self, is_given: bool) -> Result<(), JsValue> {
        PIPELINE.running().map_err(error)?.consent(is_given);
        Ok(())
    }

    /// What became of the spans since `start`.
    pub fn stats(&self) -> Result<JsValue, JsValue> {
        statistics(&PIPELINE.stats().map_err(error)?)
    }
}
