//! Work on the event loop.

use std::future::Future;
use std::pin::Pin;

/// Runs a future on the event loop, beginning with a microtask after the code that runs now.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    start(Box::pin(future));
}

/// Of one type, so that what begins a task is compiled once, and not for each future.
#[inline(never)]
fn start(future: Pin<Box<dyn Future<Output = ()>>>) {
    wasm_bindgen_futures::spawn_local(future);
}

/// A future that the event loop serves; the browser turns it.
pub(crate) fn driven<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    future
}
