//! The budget of requests that outlive their page.
//!
//! [Fetch](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch) refuses keepalive requests once those under way have
//! bodies of more than 64 KiB in all, and it counts the page's own with ours. So ours stay below, and at most nine at a time.

use std::cell::Cell;

use crate::platform::fetch_later;

/// The most bytes under way.
pub(crate) const MAX_BYTES: usize = 60 * 1024;

/// The most requests under way.
pub(crate) const MAX_REQUESTS: usize = 9;

thread_local! {
    // As the browser counts them: for each page or worker, which is a thread of its own.
    static BYTES: Cell<usize> = const { Cell::new(0) };
    static REQUESTS: Cell<usize> = const { Cell::new(0) };
}

/// How long the body of a further keepalive request may be now; 0 if there may be none.
pub(crate) fn available() -> usize {
    if REQUESTS.get() >= MAX_REQUESTS {
        return 0;
    }
    MAX_BYTES.saturating_sub(BYTES.get())
}

/// A place in the budget, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit(usize);

impl Permit {
    /// Takes a place for a body of this length, if there is one.
    pub(crate) fn acquire(bytes: usize) -> Option<Self> {
        if bytes > available() {
            return None;
        }
        BYTES.set(BYTES.get() + bytes);
        REQUESTS.set(REQUESTS.get() + 1);
        Some(Self(bytes))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        BYTES.set(BYTES.get().saturating_sub(self.0));
        REQUESTS.set(REQUESTS.get().saturating_sub(1));
    }
}

thread_local! {
    /// The bytes of all requests that are left to the browser for the end of the page, which counts them for each origin that they go to.
    static DEFERRED: Cell<usize> = const { Cell::new(0) };
}

/// How many more bytes can be left to the browser; `None` if it takes none.
pub(crate) fn deferrable() -> Option<usize> {
    fetch_later::is_supported().then(|| MAX_BYTES.saturating_sub(DEFERRED.get()))
}

/// A request that is left to the browser. Dropping it takes it back, if it is not too late.
#[derive(Debug)]
pub(crate) struct Deferred {
    request: fetch_later::Deferred,
    bytes: usize,
}

impl Deferred {
    /// Leaves a POST to the browser; `None` if it does not take it.
    pub(crate) fn new(url: &str, headers: &[(String, String)], body: &[u8]) -> Option<Self> {
        let request = fetch_later::Deferred::new(url, headers, body)?;
        DEFERRED.set(DEFERRED.get() + body.len());
        Some(Self { request, bytes: body.len() })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the browser has sent it.
    pub(crate) fn is_activated(&self) -> bool {
        self.request.is_activated()
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        let _ = DEFERRED.try_with(|bytes| bytes.set(bytes.get().saturating_sub(self.bytes)));
    }
}

thread_local! {
    /// How often this realm's page has been left: more than once if it came back from the back/forward cache.
    static DEPARTURES: Cell<u32> = const { Cell::new(0) };
}

/// The page is being left.
pub(crate) fn depart() {
    DEPARTURES.set(DEPARTURES.get().wrapping_add(1));
}

/// How often the page has been left.
pub(crate) fn departures() -> u32 {
    DEPARTURES.get()
}
