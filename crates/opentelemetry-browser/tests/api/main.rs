//! The provider, its tracers and their spans through the public API: the same tests natively and in a browser.

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
