//! What is asked of every engine. The engine is the one that `BROWSER_ENGINE` names; `cargo xtask test engines` runs this with each.

#[path = "../e2e/consent.rs"]
mod consent;
#[path = "../e2e/engine_features.rs"]
mod engine_features;
#[path = "../e2e/instrumentations_beside_others.rs"]
mod instrumentations_beside_others;
#[path = "../e2e/keyboard.rs"]
mod keyboard;
#[path = "../e2e/leaving.rs"]
mod leaving;
#[path = "../e2e/traces.rs"]
mod traces;
#[path = "../e2e/unload.rs"]
mod unload;
#[path = "../e2e/viewer_list.rs"]
mod viewer_list;
#[path = "../e2e/viewer_policy.rs"]
mod viewer_policy;
#[path = "../e2e/viewer_trace.rs"]
mod viewer_trace;
