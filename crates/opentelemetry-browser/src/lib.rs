#![doc = include_str!("../README.md")]
//!
//! # The way of a span
//!
//! 1. [`TracerProvider`] gives it times finer than a millisecond ([`Clock`]) and the specification's limits; upstream's SDK
//!    samples it and makes its ids.
//! 2. [`BatchSpanProcessor`] queues it. A full batch, a timer, [`Telemetry::flush`] or a page that is hidden makes a batch.
//! 3. [`SpanExporter`] writes the batch as OTLP JSON, after its [`redaction`], and posts it by a [`Transport`]: `fetch`, with
//!    retries.
//!
//! Each of the three also stands alone, with upstream's types around it.
//!
//! # What is not lost
//!
//! | What happens | What is done |
//! |---|---|
//! | The page is hidden | What is queued goes out at once, in requests that outlive the page (60 KiB in all). |
//! | The page is left | The rest is left to the browser by `fetchLater`, where the engine has it (60 KiB more); what remains is spooled in the origin's storage, and the next page sends it. A page that is left writes to `localStorage` (2 MiB), and to IndexedDB beyond that. |
//! | It is left while a full batch is under way | That one is too long to outlive the page. Where the engine says that a page will be left (`navigate`), none is begun any more; one that is cut off by a closed tab is spooled, and sent again, with the same ids, although it may have arrived. Without `fetchLater` none is begun at all. |
//! | The page crashes | What waited for more than a second has been left to `fetchLater`, or has a copy in the spool; without `fetchLater` the first records after a rest have one after 100 ms. |
//! | The receiver is down | Requests are tried again, and then kept; a page that is left meanwhile spools them. |
//!
//! What the browser was given when the page was left stays in the origin's storage until the next page has asked the receiver: if that
//! cannot be reached, it is sent again; if it can, it is not, since a receiver may show it twice, and counted as in doubt. See
//! [`SpoolConfig`]. One request that is never taken does not hold up the others. Everything that is lost is counted, with its reason:
//! see [`Diagnostics`].
//!
//! # Where it works
//!
//! In windows, in dedicated, shared and service workers, and in runtimes with the same Web APIs, such as Node.js 18 and later.
//! WebAssembly threads (atomics) are not supported, nor is upstream's `SimpleSpanProcessor`, which blocks.
//!
//! In native tests (feature `native-testing`) no browser turns an event loop, so whoever awaits [`Telemetry::flush`] or
//! [`Telemetry::shutdown`] does, in any executor: until one of them is awaited, nothing is sent, be a batch full or overdue, and what
//! [`spawn_in_context`] was given does not run. The spool is in memory then.
//!
//! ```
//! # #[cfg(not(target_arch = "wasm32"))] {
//! use opentelemetry::trace::Tracer;
//! use opentelemetry_browser::{BoxFuture, Request, Response, Telemetry, Transport, TransportError};
//!
//! #[derive(Debug)]
//! struct Accept;
//!
//! impl Transport for Accept {
//!     fn send(&self, _request: Request) -> BoxFuture<Result<Response, TransportError>> {
//!         Box::pin(std::future::ready(Ok(Response::new(200))))
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! let telemetry = Telemetry::builder().with_transport(Accept).install()?;
//! opentelemetry::global::tracer("shop").in_span("checkout", |_cx| { /* what is tested */ });
//! assert_eq!(telemetry.shutdown().await?.delivered, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # }
//! ```
//!
//! # Workers
//!
//! A worker has the whole pipeline, but it has no `pagehide`, and no `fetchLater`: it is not told that it ends, so nothing can be
//! handed over then.
//!
//! - A dedicated worker ends with its page or by `terminate()`, a shared worker with its last page. What has waited for more than
//!   a second has a copy in the spool, which the next page or worker of the origin sends; what is younger is lost. Await
//!   [`Telemetry::flush`] before a worker is let go of.
//! - A service worker is ended whenever it has nothing to do, often before a batch's timer fires. Give the flush of what an event
//!   recorded to the event's `waitUntil`:
//!
//! ```no_run
//! # #[cfg(target_arch = "wasm32")]
//! # mod service_worker {
//! use wasm_bindgen::JsValue;
//! use wasm_bindgen::prelude::wasm_bindgen;
//!
//! /// To be called as `event.waitUntil(flushed())`.
//! #[wasm_bindgen]
//! pub async fn flushed() -> Result<(), JsValue> {
//! #   let telemetry: opentelemetry_browser::Telemetry = todo!();
//!     telemetry.flush().await.map(drop).map_err(|error| error.to_string().into())
//! }
//! # }
//! ```

#![deny(missing_docs, unsafe_code)]
// What a feature uses is dead without it. The build with all features tells what nobody uses.
#![cfg_attr(
    not(all(
        feature = "advice",
        feature = "baggage",
        feature = "compression",
        feature = "consent",
        feature = "crash-copies",
        feature = "logs",
        feature = "redaction",
        feature = "sdk",
        feature = "sessions",
        feature = "spool",
        feature = "trace-state",
        feature = "worker"
    )),
    allow(dead_code)
)]

mod attributes;
mod clock;
mod consent;
mod context;
mod delivery;
mod diagnostics;
#[cfg(feature = "redaction")]
mod document_url;
mod encode;
mod exporter;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod hex;
#[cfg(feature = "logs")]
mod log;
mod micros;
mod observer;
mod platform;
mod processor;
pub mod propagation;
mod random;
#[cfg(feature = "redaction")]
pub mod redaction;
mod resource;
#[cfg(feature = "sessions")]
mod session;
mod sort;
#[cfg_attr(not(feature = "spool"), path = "spool/off.rs")]
mod spool;
mod telemetry;
#[cfg(test)]
mod testing;
mod trace;
pub mod transport;
mod version;

pub use clock::{Clock, TimeSource};
pub use context::{
    BindContext, BindContextOnce, bind_context, bind_context_once, bind_context_to, spawn_in_context,
    spawn_in_current_context,
};
pub use delivery::BatchConfig;
pub use delivery::report::{FlushError, FlushReport};
pub use diagnostics::{Cause, Diagnosis, Diagnostics, Dropped, LastError};
#[cfg(feature = "logs")]
pub use exporter::DEFAULT_LOGS_PATH;
pub use exporter::{ConfigError, DEFAULT_ENDPOINT, DEFAULT_PATH, SpanExporter, SpanExporterBuilder};
#[cfg(feature = "logs")]
pub use log::exception::{ExceptionSignal, ParseExceptionSignalError};
#[cfg(all(feature = "logs", feature = "sdk"))]
pub use log::processor::{BatchLogProcessor, BatchLogProcessorBuilder};
#[cfg(feature = "logs")]
pub use log::provider::{Logger, LoggerProvider};
#[cfg(feature = "logs")]
pub use log::record::LogRecord;
#[doc(no_inline)]
pub use opentelemetry;
#[doc(no_inline)]
pub use opentelemetry_sdk;
pub use processor::{BatchSpanProcessor, BatchSpanProcessorBuilder};
pub use resource::BrowserResourceDetector;
#[cfg(feature = "sessions")]
pub use session::{SessionConfig, SessionProcessor, SessionScope};
pub use spool::SpoolConfig;
pub use telemetry::{InstallError, Telemetry, TelemetryBuilder};
pub use trace::asynchronous::{AsyncTracer, instrument};
pub use trace::builder::TracerProviderBuilder;
pub use trace::provider::TracerProvider;
pub use trace::span::Span;
pub use trace::tracer::Tracer;
#[cfg(feature = "tracing")]
pub use trace::tracing_layer as tracing;
pub use transport::compression::Compression;
pub use transport::retry::{RetryPolicy, RetryTransport};
#[cfg(feature = "worker")]
pub use transport::worker::WorkerTransport;
pub use transport::{BoxFuture, FetchTransport, Request, Response, Transport, TransportError};
#[doc(hidden)]
pub use version::{OfThisVersion, is_of_this_version};
