//! The native twin: an event loop that whoever waits for the pipeline turns, so that shared code, and this crate, are tested by
//! plain `cargo test`. In the crate's own tests its time is virtual. Without the feature `native-testing` the parts that need other
//! crates are empty (`*_off.rs`), and nothing is recorded.

mod alarm;
pub(crate) mod clock;
#[cfg_attr(not(feature = "native-testing"), path = "compress_off.rs")]
pub(crate) mod compress;
#[cfg(feature = "consent")]
pub(crate) mod consent_signal;
pub(crate) mod console;
#[cfg_attr(not(feature = "native-testing"), path = "date_off.rs")]
mod date;
pub(crate) mod document;
mod driver;
mod event_loop;
pub(crate) mod fetch;
pub(crate) mod fetch_later;
pub(crate) mod headers;
#[cfg_attr(not(feature = "native-testing"), path = "json_off.rs")]
pub(crate) mod json;
pub(crate) mod key_value;
pub(crate) mod lifecycle;
pub(crate) mod locks;
pub(crate) mod meta;
pub(crate) mod navigator;
mod number;
mod random;
pub(crate) mod storage;
mod time;
pub(crate) mod timer;
#[cfg_attr(not(feature = "native-testing"), path = "url_off.rs")]
pub(crate) mod url;
pub(crate) mod worker;

pub(crate) use date::http_date;
pub(crate) use driver::driven;
#[cfg(test)]
pub(crate) use event_loop::{advance, block_on, run_until_stalled, timers};
pub(crate) use event_loop::{spawn, spawn_local};
pub(crate) use number::shortest;
pub(crate) use random::{fill_random, random};

/// Ends the page as a crash does: its tasks, timers, listeners and locks are gone. Gives the requests that it had left to the
/// browser; the storage stays.
#[cfg(test)]
pub(crate) fn crash() -> Vec<Vec<u8>> {
    let sent = fetch_later::activate();
    event_loop::clear();
    lifecycle::clear();
    locks::clear();
    storage::clear();
    sent
}

/// An asynchronous test that runs in wasm, too; timers take no time here.
#[cfg(test)]
macro_rules! async_test {
    (async fn $name:ident() $body:block) => {
        #[core::prelude::v1::test]
        fn $name() {
            $crate::platform::block_on(async $body);
        }
    };
}
#[cfg(test)]
pub(crate) use async_test;

/// A test that runs in wasm, too.
#[cfg(test)]
pub(crate) use core::prelude::v1::test;
