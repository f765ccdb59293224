//! What two JavaScript APIs have in common, the example page's and that of `opentelemetry-browser-js`: options come in, reports and
//! errors go out. Nothing here is exported to JavaScript by itself.

#![deny(missing_docs)]

mod current;
mod describe;
pub mod options;
mod report;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

pub use current::{Names, running};
pub use describe::describe;
pub use options::{Options, wrong};
pub use report::{delivery, object, statistics};
