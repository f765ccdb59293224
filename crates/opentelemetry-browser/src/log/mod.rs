//! Log records: upstream's API comes in, records go out to a pipeline of their own. Each file needs only those above it:
//!
//! [`value`], [`record`], [`emitter`] (times, context, limits), [`provider`] (what upstream's API asks for), [`exception`] (events of
//! spans that become records), and [`processor`] for providers of upstream's SDK.

pub(crate) mod emitter;
pub(crate) mod exception;
#[cfg(feature = "sdk")]
pub(crate) mod processor;
pub(crate) mod provider;
pub(crate) mod record;
pub(crate) mod value;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
