//! All instrumentations, as a page's script can switch them: what is measured and tested beside instrumentations of others.

use std::cell::RefCell;
use std::time::Duration;

use opentelemetry_browser::{BatchConfig, Telemetry};
use opentelemetry_browser_instrumentation::{Http, Installed, Instrumentations, Limits, UserActions};
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static RUNNING: RefCell<Option<(Telemetry, Option<Installed>)>> = const { RefCell::new(None) };
}

/// No timer of the pipeline fires within a measurement.
const NEVER: Duration = Duration::from_secs(3600);

/// User actions that have a span each.
const WITH_SPANS: &str = "user-action with spans";

/// Installs a pipeline with these instrumentations, all if none is named; gives the names of those that run.
#[wasm_bindgen]
pub fn start(endpoint: &str, service: &str, names: Vec<String>) -> Result<Vec<String>, String> {
    open(endpoint, service)?;
    install(names)
}

/// Installs a pipeline alone.
#[wasm_bindgen]
pub fn open(endpoint: &str, service: &str) -> Result<(), String> {
    let mut batch = BatchConfig::default();
    batch.scheduled_delay = NEVER;
    let builder = Telemetry::builder().with_service_name(service.to_owned()).with_endpoint(endpoint).with_batch(batch);
    let telemetry = builder.with_logs().with_spool(None).install().map_err(|error| error.to_string())?;
    RUNNING.set(Some((telemetry, None)));
    Ok(())
}

/// Adds these instrumentations to it, all if none is named; gives the names of those that run.
#[wasm_bindgen]
pub fn install(names: Vec<String>) -> Result<Vec<String>, String> {
    let telemetry = telemetry()?;
    let mut all = Instrumentations::recommended();
    if names.iter().any(|name| name == WITH_SPANS) {
        all = all.with(UserActions::new().with_spans());
    }
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|named| named.starts_with(name));
    let left_out: Vec<_> = all.names().filter(|name| !is_wanted(name)).collect();
    let mut limits = Limits::default();
    // What is measured is measured to its end.
    (limits.events_per_page, limits.events_per_instrumentation) = (u32::MAX, u32::MAX);
    let http = Http::new().propagate_to(|_: &str| true);
    let chosen = left_out.into_iter().fold(all.with_http(http).with_limits(limits), Instrumentations::without);
    let names: Vec<_> = chosen.names().map(str::to_owned).collect();
    let installed = chosen.install(&telemetry);
    let lack = installed.unavailable();
    let running = names.into_iter().filter(|name| lack.iter().all(|(lacking, _)| lacking != name)).collect();
    RUNNING.set(Some((telemetry, Some(installed))));
    Ok(running)
}

fn telemetry() -> Result<Telemetry, String> {
    RUNNING.with_borrow(|running| running.as_ref().map(|(telemetry, _)| telemetry.clone())).ok_or_else(not_started)
}

fn not_started() -> String {
    "not started".to_owned()
}

/// Switches one; false, if it does not run.
#[wasm_bindgen(js_name = setEnabled)]
pub fn set_enabled(name: &str, enabled: bool) -> bool {
    RUNNING.with_borrow(|running| {
        running.as_ref().and_then(|(_, installed)| installed.as_ref()).is_some_and(|it| it.set_enabled(name, enabled))
    })
}

/// How many spans and log records were made.
#[wasm_bindgen]
pub fn recorded() -> Result<f64, String> {
    let all = telemetry()?.diagnostics();
    Ok((all.recorded + all.logs.map_or(0, |logs| logs.recorded)) as f64)
}

/// Takes everything off the page; the pipeline goes on.
#[wasm_bindgen]
pub fn uninstall() {
    let installed = RUNNING.with_borrow_mut(|running| running.as_mut().and_then(|(_, installed)| installed.take()));
    installed.into_iter().for_each(Installed::uninstall);
}

/// Resolves when all of it is delivered.
#[wasm_bindgen]
pub async fn flush() -> Result<(), String> {
    telemetry()?.flush().await.map(drop).map_err(|error| error.to_string())
}

/// Ends the pipeline.
#[wasm_bindgen]
pub async fn stop() -> Result<(), String> {
    uninstall();
    let (telemetry, _) = RUNNING.take().ok_or_else(not_started)?;
    telemetry.shutdown().await.map(drop).map_err(|error| error.to_string())
}
