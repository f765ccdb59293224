//! The page's meta tags.

use super::value::{NOTHING, call, global, text};

/// The content of the first tag of this name; workers have none.
pub(crate) fn content(name: &str) -> Option<String> {
    let tag = call(&global("document"), "querySelector", [&format!("meta[name=\"{name}\"]").into(), NOTHING]);
    text(&tag.ok()?, "content")
}
