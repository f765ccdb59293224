//! Delivery: in come records that have ended, out go requests, and an account of what became of each record.
//!
//! [`machine`] decides, without any I/O; it moves records between the places of the [`ledger`]. [`driver`] does what it says, with the
//! records that [`store`] has, and tells it what happens. [`foreign`] is an exporter that is not this crate's.

mod batch;
mod config;
mod copies;
pub(crate) mod driver;
pub(crate) mod foreign;
pub(crate) mod ledger;
mod machine;
pub(crate) mod outage;
pub(crate) mod queue;
pub(crate) mod report;
mod store;
mod tickets;

pub use config::BatchConfig;
