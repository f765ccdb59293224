//! Standard error in place of the console; tests can read what was printed.

#[cfg(test)]
use std::cell::RefCell;

#[cfg(test)]
thread_local! {
    static WARNINGS: RefCell<Vec<String>> = RefCell::default();
}

/// Prints a warning.
pub(crate) fn warn(text: &str) {
    eprintln!("{text}");
    #[cfg(test)]
    WARNINGS.with_borrow_mut(|warnings| warnings.push(text.to_owned()));
}

/// The warnings since the last call.
#[cfg(test)]
pub(crate) fn warnings() -> Vec<String> {
    WARNINGS.take()
}
