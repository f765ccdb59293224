//! The browser, a worker, or another JavaScript runtime with the same Web APIs.

pub(crate) mod clock;
pub(crate) mod compress;
#[cfg(feature = "consent")]
pub(crate) mod consent_signal;
pub(crate) mod console;
mod date;
pub(crate) mod document;
mod errors;
mod event_source;
pub(crate) mod fetch;
pub(crate) mod fetch_later;
pub(crate) mod headers;
mod indexed_db;
pub(crate) mod json;
pub(crate) mod key_value;
pub(crate) mod lifecycle;
pub(crate) mod locks;
pub(crate) mod meta;
pub(crate) mod navigator;
mod number;
mod policy;
mod probe;
mod random;
mod registry;
mod shelf;
pub(crate) mod storage;
mod task;
pub(crate) mod timer;
pub(crate) mod url;
mod value;
pub(crate) mod worker;

pub(crate) use date::http_date;
pub(crate) use number::shortest;
pub(crate) use random::{fill_random, random};
pub(crate) use task::{driven, spawn, spawn as spawn_local};

/// An asynchronous test that runs natively, too.
#[cfg(test)]
macro_rules! async_test {
    (async fn $name:ident() $body:block) => {
        #[wasm_bindgen_test::wasm_bindgen_test]
        async fn $name() $body
    };
}
#[cfg(test)]
pub(crate) use async_test;

/// A test that runs natively, too.
#[cfg(test)]
pub(crate) use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
