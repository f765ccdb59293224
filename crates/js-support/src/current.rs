//! The page's one pipeline: installed, looked at, and ended.

use std::cell::RefCell;

use opentelemetry_browser::{Diagnostics, FlushError, FlushReport, SpoolConfig, Telemetry, TelemetryBuilder};
use opentelemetry_sdk::trace::Sampler;

use crate::options::Options;

#[derive(Default)]
struct Current {
    running: Option<Telemetry>,
    /// Its counts are still of interest after a shutdown.
    latest: Option<Telemetry>,
}

thread_local! {
    static CURRENT: RefCell<Current> = RefCell::default();
}

/// What the app's users call its functions, for errors that say what to do.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The one that installs, with its brackets: `init()`.
    pub start: &'static str,
    /// What it makes of tracing: `initialised`.
    pub started: &'static str,
    /// `service.name`, if the page says none.
    pub service: &'static str,
    /// Whether there are logs, if the page does not say.
    pub logs: bool,
}

impl Names {
    fn not_running(&self) -> String {
        format!("tracing is not {}; call {} first", self.started, self.start)
    }

    /// Installs the pipeline, with what the app adds to its configuration.
    ///
    /// # Errors
    /// If there is one, or if an option is wrong.
    pub fn install_with(
        &self,
        options: Options,
        add: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder,
    ) -> Result<Telemetry, String> {
        let Self { start, started, service, logs } = self;
        if CURRENT.with_borrow(|current| current.running.is_some()) {
            return Err(format!("tracing is {started} already; call shutdown() before {start} is called again"));
        }
        let mut builder = Telemetry::builder()
            .with_service_name(options.service_name.unwrap_or_else(|| (*service).to_owned()))
            .with_endpoint(options.endpoint)
            .with_path(options.path)
            .with_compression(options.compression)
            .with_spool(options.spool.then(SpoolConfig::default))
            .with_batch(options.batch)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(options.sample_ratio))));
        for (name, value) in options.headers {
            builder = builder.with_header(name, value);
        }
        if options.logs.unwrap_or(*logs) {
            builder = builder.with_logs();
        }
        let telemetry = add(builder).install().map_err(|error| error.to_string())?;
        CURRENT.with_borrow_mut(|current| {
            current.running = Some(telemetry.clone());
            current.latest = Some(telemetry.clone());
        });
        Ok(telemetry)
    }

    /// The pipeline that runs.
    ///
    /// # Errors
    /// If there is none.
    pub fn running(&self) -> Result<Telemetry, String> {
        running().ok_or_else(|| self.not_running())
    }

    /// Ends the pipeline. Another may be installed as soon as this has returned.
    ///
    /// # Errors
    /// If there is none.
    pub fn shutdown(&self) -> Result<impl Future<Output = Result<FlushReport, FlushError>> + use<>, String> {
        let running = CURRENT.with_borrow_mut(|current| current.running.take());
        Ok(running.ok_or_else(|| self.not_running())?.shutdown())
    }

    /// The counts of the pipeline that runs, or of the last one that did.
    ///
    /// # Errors
    /// If there never was one.
    pub fn stats(&self) -> Result<Diagnostics, String> {
        let latest = CURRENT.with_borrow(|current| current.latest.as_ref().map(Telemetry::diagnostics));
        latest.ok_or_else(|| self.not_running())
    }
}

/// The pipeline that runs, if there is one.
pub fn running() -> Option<Telemetry> {
    CURRENT.with_borrow(|current| current.running.clone())
}
