//! Spans: upstream's API comes in, ended spans go out to the processors. Each file needs only those above it:
//!
//! [`processors`], [`exceptions`], [`runtime`] (what a span needs while it lives), [`readings`] (of the `tracing` macros), [`time`],
//! [`span`] (with [`open`], where it is kept), [`start`] (sampling and ids), [`provider`], [`tracer`], [`builder`]. [`asynchronous`] is for any tracer; `compat` makes spans
//! by upstream's SDK instead.

pub(crate) mod asynchronous;
pub(crate) mod builder;
#[cfg(feature = "sdk")]
mod compat;
pub(crate) mod exceptions;
mod ids;
#[cfg_attr(not(feature = "panic"), path = "open_off.rs")]
pub(crate) mod open;
pub(crate) mod processors;
pub(crate) mod provider;
#[cfg_attr(not(feature = "tracing"), path = "readings_off.rs")]
mod readings;
mod recording;
mod runtime;
pub(crate) mod span;
pub(crate) mod start;
mod time;
pub(crate) mod tracer;
#[cfg(feature = "tracing")]
pub mod tracing_layer;
