//! The page and the native program, from the click to the stored spans.
//!
//! Tests against a real Jaeger are ignored unless asked for: `cargo xtask test` asks for them when it has one.

mod api;
mod compression;
mod consent;
mod diagnosis;
mod endings;
mod endurance;
mod engine_features;
mod fault_matrix;
mod foreign;
mod header_provider;
mod instrumentations;
mod instrumentations_beside_others;
mod jaeger_2;
mod jaeger_links;
mod jaeger_search;
mod javascript_package;
mod keyboard;
mod leaving;
mod logs;
mod native;
mod native_library;
mod node;
mod npm_packages;
mod outage;
mod over_http;
mod panel;
mod settings;
mod times;
mod traces;
mod unload;
mod viewer_files;
mod viewer_hostile;
mod viewer_list;
mod viewer_logs;
mod viewer_policy;
mod viewer_tabs;
mod viewer_times;
mod viewer_trace;
mod viewer_values;
mod wasm_pack;
mod xtask_run;
