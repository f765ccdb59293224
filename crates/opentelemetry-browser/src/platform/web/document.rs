//! The page's document.

use super::value::{global, text};

/// Its address, as it is now; workers have none.
pub(crate) fn url() -> Option<String> {
    text(&global("document"), "URL")
}
