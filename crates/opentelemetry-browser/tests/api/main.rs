//! The provider, its tracers and their spans through the public API: the same tests natively and in a browser, and, as
//! `api_upstream`, with spans of upstream's SDK.

mod attributes;
mod common;
mod explicit;
mod limits;
mod processors;
mod real_clock;
mod sampling;
mod shutdown;
mod spans;
mod times;

/// Whether a processor wants to see the spans of these tests start, so that upstream's SDK makes them.
const IS_UPSTREAM: bool = false;
