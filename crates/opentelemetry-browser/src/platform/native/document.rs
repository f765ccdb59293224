//! A document whose address tests set; there is none by itself, as in a worker.

use std::cell::RefCell;

thread_local! {
    static URL: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Its address, as it is now.
pub(crate) fn url() -> Option<String> {
    URL.with_borrow(Clone::clone)
}

#[cfg(test)]
pub(crate) fn set_url(url: Option<&str>) {
    URL.set(url.map(str::to_owned));
}
