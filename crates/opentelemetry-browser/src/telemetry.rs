//! The whole pipeline at once: provider, processor and exporter, installed as `opentelemetry::global`'s.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::delivery::driver::Driver;
use crate::delivery::report::{FlushError, FlushReport};
use crate::diagnostics::Diagnostics;
use crate::exporter::ConfigError;
use crate::processor::BatchSpanProcessor;
#[cfg(feature = "sessions")]
use crate::session::SessionProcessor;
use crate::trace::provider::TracerProvider;
use logs::Loggers;

mod both;
mod builder;
#[cfg(feature = "consent")]
mod consent;
#[cfg(feature = "redaction")]
mod document;
mod identity;
#[cfg_attr(not(feature = "logs"), path = "telemetry/logs_off.rs")]
mod logs;
mod observing;
mod origin;
#[cfg(feature = "panic")]
mod panic;
mod recording;
mod reporting;
#[cfg(feature = "sessions")]
mod session;
mod upstream;

pub use builder::TelemetryBuilder;

/// The provider that `opentelemetry::global` has: it stays the same when a pipeline is replaced, and with it every tracer.
static GLOBAL: OnceLock<TracerProvider> = OnceLock::new();

/// The pipeline that is installed.
static INSTALLED: Mutex<Option<Telemetry>> = Mutex::new(None);

fn installed() -> MutexGuard<'static, Option<Telemetry>> {
    INSTALLED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why [`TelemetryBuilder::install`] installed nothing.
///
/// ```
/// use opentelemetry_browser::Telemetry;
///
/// match Telemetry::builder().with_endpoint("http://localhost:4318").install() {
///     Ok(telemetry) => println!("{:?}", telemetry.diagnostics()),
///     Err(error) if error.is_already_installed() => println!("another part of the app was faster"),
///     Err(error) => println!("check the configuration: {error}"),
/// }
/// ```
#[derive(Debug)]
pub struct InstallError(Option<ConfigError>);

impl InstallError {
    /// Whether a pipeline was installed already and has not been shut down.
    pub fn is_already_installed(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the endpoint or a header cannot work: the [`source`](std::error::Error::source) is a [`ConfigError`] then.
    pub fn is_config(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(error) => error.fmt(f),
            None => f.write_str("telemetry is installed already; shut it down before installing it again"),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_ref().map(|error| error as _)
    }
}

impl From<ConfigError> for InstallError {
    fn from(error: ConfigError) -> Self {
        Self(Some(error))
    }
}

struct Parts {
    provider: TracerProvider,
    processor: BatchSpanProcessor,
    /// Whether `opentelemetry::global` has it.
    is_global: bool,
    /// The pipeline of log records, if there is one.
    logs: Option<Arc<Driver>>,
    #[cfg_attr(not(feature = "logs"), expect(dead_code, reason = "there are none"))]
    loggers: Loggers,
    #[cfg(feature = "sessions")]
    session: Option<SessionProcessor>,
}

/// A pipeline: a handle to flush it, to look at it and to shut it down. Clones share all.
///
/// Dropping it changes nothing: the `main` of a wasm app returns at once, and tracing goes on.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_sdk::trace::Sampler;
///
/// let telemetry = opentelemetry_browser::Telemetry::builder()
///     .with_service_name("shop")
///     .with_endpoint("http://localhost:4318")
///     .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.1))))
///     .install()?;
/// opentelemetry::global::tracer("shop").in_span("checkout", |_cx| {});
/// telemetry.flush().await?;
/// telemetry.shutdown().await?;
/// println!("{:?}", telemetry.diagnostics());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Telemetry {
    parts: Arc<Parts>,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("diagnostics", &self.diagnostics()).finish_non_exhaustive()
    }
}

impl Telemetry {
    /// Configures a pipeline.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder::default()
    }

    /// The pipeline that [`install`](TelemetryBuilder::install) has made global and that has not been shut down, from anywhere in the
    /// app.
    ///
    /// ```
    /// use opentelemetry_browser::Telemetry;
    ///
    /// # async fn sign_out() {
    /// if let Some(telemetry) = Telemetry::installed() {
    ///     let _ = telemetry.flush().await;
    /// }
    /// # }
    /// ```
    pub fn installed() -> Option<Self> {
        installed().clone()
    }

    /// None, known when this is compiled, if logs are left out.
    fn logs(&self) -> Option<&Arc<Driver>> {
        self.parts.logs.as_ref().filter(|_| cfg!(feature = "logs"))
    }

    /// Exports everything that has ended, or was logged, now. See [`BatchSpanProcessor::flush`].
    ///
    /// ```
    /// # async fn example(telemetry: opentelemetry_browser::Telemetry) {
    /// match telemetry.flush().await {
    ///     Ok(report) => println!("{} spans were delivered", report.delivered),
    ///     Err(error) => println!("{error}"),
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// If a span or log record was not delivered: the error says how many, and why. What a receiver drops that
    /// [takes no logs](TelemetryBuilder::with_logs) is no error.
    pub async fn flush(&self) -> Result<FlushReport, FlushError> {
        both::flush(self.parts.processor.driver(), self.logs()).await
    }

    /// Ends tracing, and logging: spans that end from now on are dropped, those before are exported. Another pipeline may be installed as
    /// soon as this has returned, before the future is ready; tracers that were made before go on with it.
    ///
    /// ```no_run
    /// # async fn example(first: opentelemetry_browser::Telemetry) -> Result<(), Box<dyn std::error::Error>> {
    /// use opentelemetry_browser::Telemetry;
    ///
    /// let ended = first.shutdown();
    /// // There is room for another at once: for another receiver, say.
    /// let second = Telemetry::builder().with_endpoint("https://collector.example.com").install()?;
    /// ended.await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If a span was not delivered within the export timeout: it is in the origin's storage then, for the next page to send, or
    /// dropped if there is [no spool](TelemetryBuilder::with_spool) or no storage. The error counts both.
    pub fn shutdown(&self) -> impl Future<Output = Result<FlushReport, FlushError>> + use<> {
        installed().take_if(|current| Arc::ptr_eq(&current.parts, &self.parts));
        #[cfg(all(feature = "logs", feature = "sessions"))]
        self.parts.session.iter().for_each(SessionProcessor::fall_silent);
        let (parts, ended) = (self.parts.clone(), both::shutdown(self.parts.processor.driver(), self.logs()));
        async move {
            let result = ended.await;
            // The processor's share is done; upstream's provider only has to know that it starts no more spans.
            let _ = parts.provider.shutdown();
            result
        }
    }

    /// What became of the spans, and of the log records, so far.
    pub fn diagnostics(&self) -> Diagnostics {
        self.parts.processor.diagnostics()
    }

    /// Whether this pipeline posts to a URL, whatever its query: for instrumentations of requests, which leave out its own.
    ///
    /// ```
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_endpoint("https://otel.example").install()?;
    /// assert!(telemetry.posts_to("https://otel.example/v1/traces"));
    /// assert!(!telemetry.posts_to("https://otel.example/"));
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn posts_to(&self, url: &str) -> bool {
        let path = |url: &str| url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let drivers = std::iter::once(self.parts.processor.driver()).chain(self.logs());
        drivers.filter_map(|driver| driver.url()).any(|own| path(own) == path(url))
    }

    /// The provider that `opentelemetry::global` has. It records into the pipeline that is installed, also into a later one. That of a
    /// pipeline that was [built](TelemetryBuilder::build) beside it is its own.
    ///
    /// ```no_run
    /// use opentelemetry::trace::TracerProvider;
    ///
    /// let telemetry = opentelemetry_browser::Telemetry::builder().install()?;
    /// let tracer = telemetry.provider().tracer("shop");
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn provider(&self) -> TracerProvider {
        if !self.parts.is_global {
            return self.parts.provider.clone();
        }
        GLOBAL.get_or_init(|| self.parts.provider.fork()).clone()
    }
}

#[cfg(test)]
#[path = "telemetry_tests.rs"]
mod tests;
