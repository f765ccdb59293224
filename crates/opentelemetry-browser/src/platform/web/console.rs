//! The console, for those who look after the page.

/// Prints a warning.
pub(crate) fn warn(text: &str) {
    web_sys::console::warn_1(&text.into());
}
