//! Whether the visitor lets this page record anything. Each span and log record asks, and whatever is stored.

use std::cell::Cell;

/// Where a session is kept.
pub(crate) const SESSION: &str = "opentelemetry.session";

thread_local! {
    // A page has one thread; a native test has one for itself.
    static IS_WITHHELD: Cell<bool> = const { Cell::new(false) };
}

/// Whether anything may be recorded and stored.
pub(crate) fn is_given() -> bool {
    !(cfg!(feature = "consent") && IS_WITHHELD.try_with(Cell::get).unwrap_or_default())
}

#[cfg(feature = "consent")]
pub(crate) use changes::{change, follow, hold};

#[cfg(feature = "consent")]
mod changes {
    use std::cell::RefCell;

    use super::{IS_WITHHELD, SESSION};
    use crate::platform::storage::Storage;
    use crate::platform::{Area, consent_signal, key_value};

    /// Hears of each change; false if there is nobody any more who would care.
    type Follower = Box<dyn Fn(bool) -> bool>;

    thread_local! {
        static FOLLOWERS: RefCell<Vec<Follower>> = const { RefCell::new(Vec::new()) };
    }

    /// What holds from the beginning. Nobody is told, and nothing is removed.
    pub(crate) fn hold(is_given: bool) {
        IS_WITHHELD.set(!is_given);
    }

    /// Is called at each change, by this page or by another tab of the origin.
    pub(crate) fn follow(on_change: impl Fn(bool) -> bool + 'static) {
        FOLLOWERS.with_borrow_mut(|followers| followers.push(Box::new(on_change)));
        consent_signal::listen(here);
    }

    /// The visitor has decided, in this tab.
    pub(crate) fn change(is_given: bool) {
        here(is_given);
        consent_signal::tell_others(is_given);
    }

    fn here(is_given: bool) {
        hold(is_given);
        // Taken out: what is called may install a pipeline, or end one.
        let mut followers = FOLLOWERS.take();
        followers.retain(|follower| follower(is_given));
        FOLLOWERS.with_borrow_mut(|new| new.splice(0..0, followers).for_each(drop));
        if !is_given {
            Storage::empty();
            [Area::Origin, Area::Tab].into_iter().for_each(|area| key_value::remove(area, SESSION));
        }
    }
}
