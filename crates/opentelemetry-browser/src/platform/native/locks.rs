//! Locks of the one thread that a test runs in.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use super::event_loop::turn;

thread_local! {
    static HELD: RefCell<HashSet<String>> = RefCell::default();
    static SUPPORTED: Cell<bool> = const { Cell::new(true) };
}

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock(String);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = HELD.try_with(|held| held.borrow_mut().remove(&self.0));
    }
}

/// Holds a lock of a name that nobody else uses.
pub(crate) fn hold(name: &str) -> Option<Lock> {
    let is_held = SUPPORTED.get() && HELD.with_borrow_mut(|held| held.insert(name.to_owned()));
    is_held.then(|| Lock(name.to_owned()))
}

/// The page is being left: no lock is waited for here.
pub(crate) fn leave() {}

/// What came of asking for a lock.
pub(crate) enum Attempt {
    /// It is held now.
    Held(Lock),
    /// Somebody else has it.
    Taken,
    /// There are no locks here.
    Unsupported,
}

/// Takes a lock if nobody has it.
pub(crate) async fn attempt(name: &str) -> Attempt {
    if !SUPPORTED.get() {
        return Attempt::Unsupported;
    }
    hold(name).map_or(Attempt::Taken, Attempt::Held)
}

/// The names of all locks that are held; `None` where there are no locks.
pub(crate) async fn held() -> Option<Vec<String>> {
    let held = SUPPORTED.get().then(|| HELD.with_borrow(|held| held.iter().cloned().collect()));
    turn().await;
    held
}

/// Makes locks exist, or not, as in pages that came by plain http.
#[cfg(test)]
pub(crate) fn support(is_supported: bool) {
    SUPPORTED.set(is_supported);
}

/// Ends the page: its locks are gone.
#[cfg(test)]
pub(super) fn clear() {
    HELD.take();
}
