//! The page's one pipeline: installed by `init`, looked at by `stats`, ended by `shutdown`.

use std::cell::RefCell;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::LoggerProvider;
use opentelemetry_browser::{Diagnostics, FlushError, FlushReport, SpoolConfig, Telemetry};
use opentelemetry_sdk::trace::Sampler;

use crate::options::Options;
use crate::user::log_lookups_by;

#[derive(Default)]
struct Current {
    running: Option<Telemetry>,
    /// Its counts are still of interest after a shutdown.
    latest: Option<Telemetry>,
}

thread_local! {
    static CURRENT: RefCell<Current> = RefCell::default();
}

const NOT_INITIALISED: &str = "tracing is not initialised; call init() first";

/// Installs the pipeline.
///
/// # Errors
/// If there is one, or if an option is wrong.
pub fn init(options: Options) -> Result<(), String> {
    if CURRENT.with_borrow(|current| current.running.is_some()) {
        return Err("tracing is initialised already; call shutdown() before init() is called again".to_owned());
    }
    let mut builder = Telemetry::builder()
        .with_service_name(options.service_name)
        .with_endpoint(options.endpoint)
        .with_path(options.path)
        .with_compression(options.compression)
        .with_spool(options.spool.then(SpoolConfig::default))
        .with_batch(options.batch)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(options.sample_ratio))));
    for (name, value) in options.headers {
        builder = builder.with_header(name, value);
    }
    if options.logs {
        builder = builder.with_logs();
    }
    let telemetry = builder.install().map_err(|error| error.to_string())?;
    let scope = InstrumentationScope::builder("inprocess").with_version(env!("CARGO_PKG_VERSION")).build();
    // A pipeline without logs takes none.
    log_lookups_by(telemetry.logger_provider().logger_with_scope(scope));
    CURRENT.with_borrow_mut(|current| {
        current.running = Some(telemetry.clone());
        current.latest = Some(telemetry);
    });
    Ok(())
}

/// The pipeline that runs.
///
/// # Errors
/// If there is none.
pub fn running() -> Result<Telemetry, String> {
    CURRENT.with_borrow(|current| current.running.clone()).ok_or_else(|| NOT_INITIALISED.to_owned())
}

/// Ends the pipeline. Another may be installed as soon as this has returned.
///
/// # Errors
/// If there is none.
pub fn shutdown() -> Result<impl Future<Output = Result<FlushReport, FlushError>>, String> {
    let running = CURRENT.with_borrow_mut(|current| current.running.take());
    Ok(running.ok_or_else(|| NOT_INITIALISED.to_owned())?.shutdown())
}

/// The counts of the pipeline that runs, or of the last one that did.
///
/// # Errors
/// If there never was one.
pub fn stats() -> Result<Diagnostics, String> {
    let latest = CURRENT.with_borrow(|current| current.latest.as_ref().map(Telemetry::diagnostics));
    latest.ok_or_else(|| NOT_INITIALISED.to_owned())
}
