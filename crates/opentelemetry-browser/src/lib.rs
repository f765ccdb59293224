//! OpenTelemetry tracing for the browser: spans from Rust, compiled to WebAssembly, to any OTLP/HTTP receiver.

#![deny(missing_docs)]

mod attributes;
mod clock;
mod context;
mod diagnostics;
mod exporter;
mod finish;
mod platform;
mod processor;
pub mod propagation;
mod provider;
pub mod redaction;
mod resource;
mod session;
mod span;
mod telemetry;
#[cfg(test)]
mod testing;
mod tracer;

pub use clock::{Clock, TimeSource};
pub use context::{
    BindContext, BindContextOnce, bind_context, bind_context_once, bind_context_to, spawn_in_context,
    spawn_in_current_context,
};
pub use diagnostics::{Cause, Diagnosis, Diagnostics, Dropped, LastError};
pub use exporter::retry::{RetryPolicy, RetryTransport};
pub use exporter::spool::SpoolConfig;
pub use exporter::transport::{BoxFuture, FetchTransport, Request, Response, Transport, TransportError};
pub use exporter::{ConfigError, DEFAULT_ENDPOINT, DEFAULT_PATH, SpanExporter, SpanExporterBuilder};
pub use processor::flush::{FlushError, FlushReport};
pub use processor::{BatchConfig, BatchSpanProcessor, BatchSpanProcessorBuilder};
pub use provider::{TracerProvider, TracerProviderBuilder};
pub use resource::BrowserResourceDetector;
pub use session::{SessionConfig, SessionProcessor, SessionScope};
pub use span::Span;
pub use telemetry::{InstallError, Telemetry, TelemetryBuilder};
pub use tracer::Tracer;
