//! There are no other tabs; tests are one.

use std::cell::Cell;

thread_local! {
    static LISTENER: Cell<Option<fn(bool)>> = const { Cell::new(None) };
    static TOLD: Cell<Option<bool>> = const { Cell::new(None) };
}

pub(crate) fn tell_others(is_given: bool) {
    TOLD.set(Some(is_given));
}

pub(crate) fn forget() {}

pub(crate) fn listen(on_change: fn(bool)) {
    LISTENER.set(Some(on_change));
}

/// Another tab tells of a change.
#[cfg(test)]
pub(crate) fn hear(is_given: bool) {
    LISTENER.get().into_iter().for_each(|listener| listener(is_given));
}

/// What the other tabs were told last.
#[cfg(test)]
pub(crate) fn told() -> Option<bool> {
    TOLD.get()
}
