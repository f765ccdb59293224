//! Work on the event loop.

use std::future::Future;

/// Runs a future on the event loop, beginning with a microtask after the code that runs now.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}
