//! A browser that sends what was left to it, when a test says that the page is gone.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

thread_local! {
    static SUPPORTED: Cell<bool> = const { Cell::new(false) };
    static PENDING: RefCell<BTreeMap<u32, Vec<u8>>> = RefCell::default();
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// Whether this page can leave requests to the browser.
pub(crate) fn is_supported() -> bool {
    SUPPORTED.get()
}

/// A request that waits for the page's end. Dropping this takes it back, if it is not too late.
#[derive(Debug)]
pub(crate) struct Deferred(u32);

impl Deferred {
    pub(crate) fn new(_url: &str, _headers: &[(String, String)], body: &[u8]) -> Option<Self> {
        if !is_supported() {
            return None;
        }
        let key = NEXT.replace(NEXT.get() + 1);
        PENDING.with_borrow_mut(|pending| pending.insert(key, body.to_vec()));
        Some(Self(key))
    }

    pub(crate) fn is_activated(&self) -> bool {
        PENDING.with_borrow(|pending| !pending.contains_key(&self.0))
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        let _ = PENDING.try_with(|pending| pending.borrow_mut().remove(&self.0));
    }
}

/// Makes `fetchLater` exist, or not.
#[cfg(test)]
pub(crate) fn support(is_supported: bool) {
    SUPPORTED.set(is_supported);
}

/// The page is gone: what the browser sends now.
#[cfg(test)]
pub(crate) fn activate() -> Vec<Vec<u8>> {
    PENDING.with_borrow_mut(|pending| std::mem::take(pending).into_values().collect())
}
