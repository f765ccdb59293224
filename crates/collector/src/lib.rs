//! A small OpenTelemetry Collector for a developer's machine: serves the page, receives its spans, shows the traces.
//!
//! A request's way: `ports` has the listeners, `host` refuses foreign names, then one of three routers answers: `page` (files),
//! `otlp` (spans in, through `otlp::decode` and `model` into `store`, and as they came to `forward`) or `viewer` with `query` beside
//! it (traces out, in the order that `tree` gives them). Where the store is, in a directory or in memory, is decided in `keep`; a
//! sender gets its success when its spans are durable.
//!
//! The program is [`start`] and its [`Config`]; tests start it in their own process on free ports.

mod bounds;
mod content;
mod forward;
mod headers;
mod host;
mod html;
mod keep;
mod model;
mod otlp;
mod page;
mod ports;
mod quantity;
mod query;
mod serve;
mod store;
mod tree;
mod viewer;

pub mod cli;

pub use bounds::Bounds;
pub use forward::{Counts, Forward, Patience, Target};
pub use keep::{Keep, StartError};
pub use otlp::origin::AllowedOrigin;
pub use ports::BindError;
pub use serve::{Addresses, Config, Otlp, Running, start};
pub use store::{Limits, Unusable};
