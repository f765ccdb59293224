//! A small OpenTelemetry Collector for a developer's machine: serves the page, receives what it sends, shows traces, logs and
//! metrics.
//!
//! A request's way: `ports` has the listeners, `connections` what they accept, `guard` refuses what web pages have no business to
//! ask, then one of three routers answers: `page` (files), `receive` (records in, through `ingest` and `model` into `store`, and
//! spans as they came to `forward`) or `viewer` with `query` beside it (records out). Where the stores are, in a directory or in
//! memory, is decided in `keep`; a sender gets its success when its spans and log records are durable. Whoever runs the collector
//! is told by `terminal` of what was refused.
//!
//! The program is [`start`] and its [`Config`]; tests start it in their own process on free ports.

#![forbid(unsafe_code)]

mod addresses;
mod bounds;
mod connections;
mod content;
mod forward;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod guard;
mod headers;
mod html;
mod ingest;
mod keep;
mod kind;
pub mod log;
mod measures;
mod model;
mod page;
mod ports;
mod quantity;
mod query;
mod receive;
mod serve;
mod signal;
mod status;
mod store;
mod terminal;
mod text_file;
mod viewer;

pub mod cli;

pub use addresses::{Addresses, Otlp};
pub use bounds::Bounds;
pub use connections::Tls;
pub use forward::{Counts, Forward, Patience, Protocol, Target};
pub use guard::AllowedOrigin;
pub use keep::{Keep, StartError};
pub use ports::BindError;
pub use receive::admission::{Keys, Rate};
pub use serve::{Config, Named, Running, start};
pub use signal::Signal;
pub use store::{Limits, Unusable};
