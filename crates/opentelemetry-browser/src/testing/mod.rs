//! What the tests of several modules need.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod receiver;
mod span;

pub(crate) use span::span;
