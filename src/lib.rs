//! The page's WebAssembly: four traced functions, and their JavaScript API.
//!
//! [`user`] is the example itself; it knows OpenTelemetry's API and nothing of browsers. `js-support` installs the library
//! `opentelemetry-browser` under it. What follows here is the JavaScript API: arguments are checked, errors are thrown as `Error`s
//! that say what was wrong and what is accepted.

mod convert;
#[cfg(not(target_arch = "wasm32"))]
pub mod export;
mod http;
mod observe;
pub mod source;
pub mod user;

use js_sys::{Error, Promise};
use opentelemetry::InstrumentationScope;
use opentelemetry::logs::LoggerProvider as _;
use opentelemetry_browser::Telemetry;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;

use convert::{traced, user_id, user_to_js};
use http::UsersService;
use js_support::{Names, Options, delivery, statistics};
use observe::Observing;
use user::Traced;

/// The page's one pipeline.
const PIPELINE: Names = Names { start: "init()", started: "initialised", service: "inprocess", logs: false };

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

fn traced_value(answer: &Traced<JsValue>, key: &str) -> Result<JsValue, JsValue> {
    traced(answer, key, answer.value.clone())
}

fn error(message: String) -> JsValue {
    Error::new(&message).into()
}

/// Starts tracing.
///
/// Throws if tracing has been started already, or if an option is wrong.
#[wasm_bindgen]
pub fn init(#[wasm_bindgen(unchecked_optional_param_type = "InitOptions")] options: JsValue) -> Result<(), JsValue> {
    let (telemetry, observing) = start(&options).map_err(error)?;
    let scope = InstrumentationScope::builder("inprocess").with_version(env!("CARGO_PKG_VERSION")).build();
    // A pipeline without logs takes none.
    user::log_lookups_by(telemetry.logger_provider().logger_with_scope(scope));
    observing.start(&telemetry);
    Ok(())
}

fn start(options: &JsValue) -> Result<(Telemetry, Observing), String> {
    let mut options_of_pipeline = Options::from_js_beside(options, &observe::OPTIONS)?;
    let observing = Observing::from_js(options)?;
    // Who has the page watched wants to see what it did.
    options_of_pipeline.logs.get_or_insert(observing.has_instrumentations());
    let telemetry = PIPELINE.install_with(options_of_pipeline, |builder| observing.add(builder))?;
    Ok((telemetry, observing))
}

/// Looks a user up, in a trace: GetUser calls GetInfo, GetDetail and GetScores.
///
/// Throws if tracing has not been started, or if the id is no integer from 0 to 2^53-1.
#[wasm_bindgen(js_name = getUser, unchecked_return_type = "TracedUser")]
pub fn get_user(#[wasm_bindgen(unchecked_param_type = "number")] id: JsValue) -> Result<JsValue, JsValue> {
    PIPELINE.running().map_err(error)?;
    let found = user::get_user(user_id(&id).map_err(error)?);
    traced(&found, "user", user_to_js(&found.value)?)
}

/// The original program: users 1 and 100 are looked up in one trace below a span `main`.
///
/// Throws if tracing has not been started.
#[wasm_bindgen(js_name = runMain, unchecked_return_type = "TracedUsers")]
pub fn run_main() -> Result<JsValue, JsValue> {
    PIPELINE.running().map_err(error)?;
    let answer = user::run_main();
    let users = js_sys::Array::new();
    for user in &answer.value {
        users.push(&user_to_js(user)?);
    }
    traced(&answer, "users", users.into())
}

/// Looks a user up over HTTP: by `GET /api/users/{id}` below `url`, in a trace from a span `click` to the service's own spans.
///
/// The promise rejects with an Error, with `traceId` and `sampled` of the failed lookup, if there is no answer or none that is a user.
/// Throws if tracing has not been started, if `url` is no http or https URL, or if the id is no integer from 0 to 2^53-1.
#[wasm_bindgen(js_name = fetchUser, unchecked_return_type = "Promise<TracedUser>")]
pub fn fetch_user(
    #[wasm_bindgen(unchecked_param_type = "string")] url: JsValue,
    #[wasm_bindgen(unchecked_param_type = "number")] id: JsValue,
) -> Result<Promise, JsValue> {
    PIPELINE.running().map_err(error)?;
    let service = UsersService::from_js(&url).map_err(error)?;
    let id = user_id(&id).map_err(error)?;
    Ok(future_to_promise(async move { traced_value(&service.user(id).await?, "user") }))
}

/// The original program over HTTP: users 1 and 100 are asked for in one trace below a span `main`.
///
/// Rejects and throws as `fetchUser`.
#[wasm_bindgen(js_name = fetchMain, unchecked_return_type = "Promise<TracedUsers>")]
pub fn fetch_main(#[wasm_bindgen(unchecked_param_type = "string")] url: JsValue) -> Result<Promise, JsValue> {
    PIPELINE.running().map_err(error)?;
    let service = UsersService::from_js(&url).map_err(error)?;
    Ok(future_to_promise(async move { traced_value(&service.main().await?, "users") }))
}

/// Sends everything that is queued, now.
///
/// The promise settles within the export timeout. It rejects with an Error that has the counts as its `report` if a
/// span was not delivered.
#[wasm_bindgen(unchecked_return_type = "Promise<DeliveryReport>")]
pub fn flush() -> Result<Promise, JsValue> {
    let running = PIPELINE.running().map_err(error)?;
    Ok(future_to_promise(async move { delivery(running.flush().await) }))
}

/// Ends tracing: sends everything that is queued, then lets go of timers and listeners. `init` may be called again at once.
///
/// The promise settles like that of `flush`; spans that it could not deliver wait in the spool for the next page, or are dropped
/// where there is none.
#[wasm_bindgen(unchecked_return_type = "Promise<DeliveryReport>")]
pub fn shutdown() -> Result<Promise, JsValue> {
    let ending = PIPELINE.shutdown().map_err(error)?;
    observe::stop();
    Ok(future_to_promise(async move { delivery(ending.await) }))
}

/// What became of the spans since `init`; after `shutdown` the final counts.
///
/// Throws if tracing has never been started.
#[wasm_bindgen(unchecked_return_type = "Stats")]
pub fn stats() -> Result<JsValue, JsValue> {
    statistics(&PIPELINE.stats().map_err(error)?)
}
