//! A small OpenTelemetry Collector for a developer's machine: serves the page, receives its spans, shows the traces.
//!
//! A request's way: `ports` has the listeners, `host` refuses foreign names, then one of three routers answers: `page`
//! (files), `otlp` (spans in, through `otlp::decode` and `model` into `store`, and as they came to `forward`) or `viewer` with `query` beside it (traces
//! out, in the order that `tree` gives them).
//!
//! The program is [`start`] and its [`Config`]; tests start it in their own process on free ports.

mod content;
mod forward;
mod headers;
mod host;
mod html;
mod model;
mod otlp;
mod page;
mod ports;
mod query;
mod serve;
mod store;
mod tree;
mod viewer;

pub mod cli;

pub use forward::{Counts, Forward, Patience, Target};
pub use otlp::{Bounds, origin::AllowedOrigin};
pub use ports::BindError;
pub use serve::{Addresses, Config, Otlp, Running, start};
pub use store::Limits;
