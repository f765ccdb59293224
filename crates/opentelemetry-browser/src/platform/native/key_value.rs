//! A storage area of each kind for each thread, which tests may deny.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::super::Area;

thread_local! {
    static AREAS: RefCell<HashMap<(Area, String), String>> = RefCell::default();
    static DENIED: Cell<bool> = const { Cell::new(false) };
}

/// The value of a key; `None` if there is none, or no access.
pub(crate) fn get(area: Area, key: &str) -> Option<String> {
    if DENIED.get() {
        return None;
    }
    AREAS.with_borrow(|areas| areas.get(&(area, key.to_owned())).cloned())
}

/// Sets a value; false if it cannot be.
pub(crate) fn set(area: Area, key: &str, value: &str) -> bool {
    if DENIED.get() {
        return false;
    }
    AREAS.with_borrow_mut(|areas| areas.insert((area, key.to_owned()), value.to_owned()));
    true
}

/// Removes a key, if it is there.
pub(crate) fn remove(area: Area, key: &str) {
    if !DENIED.get() {
        AREAS.with_borrow_mut(|areas| areas.remove(&(area, key.to_owned())));
    }
}

/// Denies all access, as a browser does that blocks cookies.
#[cfg(test)]
pub(crate) fn deny(is_denied: bool) {
    DENIED.set(is_denied);
}
