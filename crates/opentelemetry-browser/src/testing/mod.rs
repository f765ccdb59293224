//! What the tests of several modules need.

mod ended;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod memory;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod receiver;
mod span;

pub(crate) use ended::Ended;
pub(crate) use span::span;
