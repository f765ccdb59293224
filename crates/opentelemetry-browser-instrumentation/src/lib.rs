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
//! Each instrumentation is a cargo feature. One that is not enabled adds nothing to an app. The default is `bundle`: all of them, with one
//! script.
//!
//! | Feature | In `recommended()` | What it records |
//! |---|---|---|
//! | `errors` | yes | Errors that nobody handles, and by option the console: [`Errors`] |
//! | `fetch` | yes | A CLIENT span for each `fetch`: [`Fetch`], and [`traced`] for web_sys |
//! | `long-frames` | yes | Frames or tasks of more than 50 ms: [`LongFrames`] |
//! | `navigation` | yes | Documents and routes: [`Navigation`] |
//! | `navigation-timing` | yes | How long the document took: [`NavigationTiming`] |
//! | `panic` | yes | Panics, and what they leave behind: [`Panics`] |
//! | `resource-timing` | yes | How long everything else took: [`ResourceTiming`] |
//! | `user-action` | yes | Clicks and submits: [`UserActions`] |
//! | `web-vitals` | yes | LCP, INP, CLS, FCP and TTFB: [`WebVitals`] |
//! | `xhr` | yes | A CLIENT span for each `XMLHttpRequest`: [`Xhr`] |
//!
//! # What it does to the page
//!
//! Nothing that it does throws into the page, whatever the page has put in the place of what a browser has: a getter that throws, a
//! frozen prototype, another `fetch`. What cannot be instrumented is left as it is, and [`Installed::unavailable`] says so.

#![deny(missing_docs, unsafe_code)]
// What a feature uses is dead without it. The build with all features tells what nobody uses.
#![cfg_attr(
    not(all(
        feature = "errors",
        feature = "fetch",
        feature = "navigation",
        feature = "resource-timing",
        feature = "user-action"
    )),
    allow(dead_code)
)]

#[cfg_attr(not(feature = "user-action"), path = "action_off.rs")]
mod action;
#[cfg(feature = "events")]
mod events;
mod http;
mod instrumentations;

#[cfg(feature = "errors")]
mod errors;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "long-frames")]
mod long_frames;
#[cfg(feature = "navigation")]
mod navigation;
#[cfg(feature = "navigation-timing")]
mod navigation_timing;
#[cfg(feature = "panic")]
mod panics;
#[cfg(feature = "resource-timing")]
mod resource_timing;
#[cfg(feature = "user-action")]
mod user_action;
#[cfg(feature = "web-vitals")]
mod web_vitals;
#[cfg(feature = "xhr")]
mod xhr;

pub use http::config::{Http, HttpRequest, HttpResponse, PropagateTo};
pub use instrumentations::{Installed, Instrumentation, Instrumentations, Limits, Setup, Stop};

#[cfg(feature = "errors")]
pub use errors::Errors;
#[cfg(feature = "fetch")]
pub use fetch::{Fetch, traced};
#[cfg(feature = "long-frames")]
pub use long_frames::LongFrames;
#[cfg(feature = "navigation")]
pub use navigation::Navigation;
#[cfg(feature = "navigation-timing")]
pub use navigation_timing::NavigationTiming;
#[cfg(feature = "panic")]
pub use panics::Panics;
#[cfg(feature = "resource-timing")]
pub use resource_timing::ResourceTiming;
#[cfg(feature = "user-action")]
pub use user_action::UserActions;
#[cfg(feature = "web-vitals")]
pub use web_vitals::WebVitals;
#[cfg(feature = "xhr")]
pub use xhr::Xhr;
