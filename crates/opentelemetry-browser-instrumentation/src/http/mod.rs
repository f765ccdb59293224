//! Requests, whoever makes them: a request's method and URL come in, a CLIENT span goes out.

pub(crate) mod config;
#[cfg(feature = "resource-timing")]
pub(crate) mod finished;
#[cfg(any(feature = "fetch", feature = "xhr"))]
pub(crate) mod spans;
