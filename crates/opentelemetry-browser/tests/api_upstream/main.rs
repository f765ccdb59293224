//! The tests of `api` with spans of upstream's SDK, as they are where a processor wants to see them start.

#[path = "../api/attributes.rs"]
mod attributes;
#[path = "../api/common.rs"]
mod common;
#[path = "../api/explicit.rs"]
mod explicit;
#[path = "../api/limits.rs"]
mod limits;
#[path = "../api/processors.rs"]
mod processors;
#[path = "../api/real_clock.rs"]
mod real_clock;
#[path = "../api/sampling.rs"]
mod sampling;
#[path = "../api/shutdown.rs"]
mod shutdown;
#[path = "../api/spans.rs"]
mod spans;
#[path = "../api/times.rs"]
mod times;

/// Whether a processor wants to see the spans of these tests start, so that upstream's SDK makes them.
const IS_UPSTREAM: bool = true;
