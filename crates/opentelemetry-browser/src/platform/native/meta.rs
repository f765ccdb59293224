//! A page whose meta tags tests write.

#[cfg(test)]
use std::cell::RefCell;
#[cfg(test)]
use std::collections::HashMap;

#[cfg(test)]
thread_local! {
    static TAGS: RefCell<HashMap<String, String>> = RefCell::default();
}

/// There is no page.
#[cfg(not(test))]
pub(crate) fn content(_name: &str) -> Option<String> {
    None
}

/// The content of a tag.
#[cfg(test)]
pub(crate) fn content(name: &str) -> Option<String> {
    TAGS.with_borrow(|tags| tags.get(name).cloned())
}

/// Writes a tag, or removes it.
#[cfg(test)]
pub(crate) fn set(name: &str, content: Option<&str>) {
    TAGS.with_borrow_mut(|tags| match content {
        Some(content) => tags.insert(name.to_owned(), content.to_owned()),
        None => tags.remove(name),
    });
}
