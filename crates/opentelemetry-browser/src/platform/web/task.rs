//! Work on the event loop.

use std::future::Future;

/// Runs a future on the event loop, beginning with a microtask after the code that runs now.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}

/// A future that the event loop serves; the browser turns it.
pub(crate) fn driven<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    future
}
