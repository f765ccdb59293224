//! What the end-to-end tests stand on: a browser, servers, the page, and the spans that arrived. Everything listens on
//! loopback, on ports of its own, and ends with the value that stands for it.
//!
//! `cargo xtask test` builds what is needed and names it in the environment; see [`programs`].

pub mod browser;
pub mod commands;
pub mod corpus;
pub mod counted_page;
pub mod engine;
pub mod faults;
pub mod jaeger;
pub mod jaeger_2;
pub mod likeness;
pub mod otel_collector;
pub mod page;
pub mod page_files;
pub mod ports;
pub mod programs;
pub mod questions;
pub mod receiver;
pub mod recorder;
pub mod relay;
mod screen;
pub mod servers;
pub mod spans;
pub mod telemetry;
pub mod temporary;
pub mod trace_list;
pub mod trace_page;
pub mod traces;
pub mod users_service;
pub mod wait;
