//! What a page does, seen without writing spans: requests, errors, panics, clicks, navigation, web vitals.
//!
//! Spans stand for operations, log records for events, by the names of the OpenTelemetry Browser SIG and of the
//! [semantic conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span).
//!
//! ```no_run
//! use opentelemetry_browser_instrumentation::{Http, Instrumentations};
//!
//! let telemetry = opentelemetry_browser::Telemetry::builder().with_service_name("shop").install()?;
//! let installed = Instrumentations::recommended()
//!     .with_http(Http::new().propagate_to(["https://api.example.com"]))
//!     .install(&telemetry);
//! # Ok::<(), opentelemetry_browser::InstallError>(())
//! ```
//!
//! # Features
//!
//! Each instrumentation is a cargo feature. One that is not enabled adds nothing to the bundle.
//!
//! | Feature | In `recommended()` | What it records |
//! |---|---|---|
//! | `fetch` | yes | A CLIENT span for each `fetch`: [`Fetch`], and [`traced`] for web_sys |
//! | `xhr` | yes | A CLIENT span for each `XMLHttpRequest`: [`Xhr`] |
//!
//! # What it does to the page
//!
//! Nothing that it does throws into the page, whatever the page has put in the place of what a browser has: a getter that throws, a
//! frozen prototype, another `fetch`. What cannot be instrumented is left as it is, and [`Installed::unavailable`] says so.

#![deny(missing_docs)]

#[cfg(feature = "events")]
mod events;
mod http;
mod instrumentations;

#[cfg(feature = "errors")]
mod errors;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "panic")]
mod panics;
#[cfg(feature = "xhr")]
mod xhr;

pub use http::config::{Http, HttpRequest, HttpResponse, PropagateTo};
pub use instrumentations::{Installed, Instrumentation, Instrumentations, Limits, Setup, Stop};

#[cfg(feature = "errors")]
pub use errors::Errors;
#[cfg(feature = "fetch")]
pub use fetch::{Fetch, traced};
#[cfg(feature = "panic")]
pub use panics::Panics;
#[cfg(feature = "xhr")]
pub use xhr::Xhr;
