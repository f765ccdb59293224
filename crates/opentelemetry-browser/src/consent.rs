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

#[cfg(all(feature = "consent", test, not(target_arch = "wasm32")))]
pub(crate) use changes::followers;

#[cfg(feature = "consent")]
mod changes {
    use std::cell::RefCell;
    use std::sync::Arc;

    use super::{IS_WITHHELD, SESSION, is_given};
    use crate::platform::storage::Storage;
    use crate::platform::{Area, consent_signal, key_value};

    /// Hears of each change, or of `None` to find out whether somebody still cares; false if nobody does.
    type Follower = Box<dyn Fn(Option<bool>) -> bool>;

    thread_local! {
        static FOLLOWERS: RefCell<Vec<Follower>> = const { RefCell::new(Vec::new()) };
    }

    /// What a pipeline begins with, which holds for all of the page. The origin's storage stays as it is, and other tabs are not told.
    pub(crate) fn hold(begins_given: bool) {
        if begins_given != is_given() {
            tell(begins_given);
        }
    }

    /// Is called at each change, by this page or by another page or worker of the origin, for as long as somebody else has `who`.
    pub(crate) fn follow<T: 'static>(who: &Arc<T>, on_change: impl Fn(&Arc<T>, bool) + 'static) {
        let weak = Arc::downgrade(who);
        // Pages may make pipelines again and again.
        retain(None);
        let follower: Follower = Box::new(move |change| {
            let Some(who) = weak.upgrade() else { return false };
            change.into_iter().for_each(|is_given| on_change(&who, is_given));
            true
        });
        FOLLOWERS.with_borrow_mut(|followers| followers.push(follower));
        consent_signal::listen(|is_given| {
            // Others may say it in more than one way.
            if is_given != super::is_given() {
                here(is_given);
            }
        });
    }

    /// The visitor has decided, here.
    pub(crate) fn change(is_given: bool) {
        here(is_given);
        consent_signal::tell_others(is_given);
    }

    fn here(is_given: bool) {
        tell(is_given);
        if !is_given {
            Storage::empty();
            [Area::Origin, Area::Tab].into_iter().for_each(|area| key_value::remove(area, SESSION));
            consent_signal::forget();
        }
    }

    fn tell(is_given: bool) {
        IS_WITHHELD.set(!is_given);
        retain(Some(is_given));
    }

    fn retain(change: Option<bool>) {
        // Taken out: what is called may install a pipeline, or end one.
        let mut followers = FOLLOWERS.take();
        followers.retain(|follower| follower(change));
        FOLLOWERS.with_borrow_mut(|new| {
            followers.append(new);
            *new = followers;
        });
    }

    /// How many follow.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(crate) fn followers() -> usize {
        FOLLOWERS.with_borrow(Vec::len)
    }
}
