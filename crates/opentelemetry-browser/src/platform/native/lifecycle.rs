//! A page that tests hide, leave and show again.

use super::super::PageEvent;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

type OnEvent = Rc<dyn Fn(PageEvent)>;

thread_local! {
    static LISTENERS: RefCell<BTreeMap<u32, OnEvent>> = RefCell::default();
    static NEXT: Cell<u32> = const { Cell::new(0) };
    static HIDDEN: Cell<bool> = const { Cell::new(false) };
    static TELLS: Cell<bool> = const { Cell::new(true) };
}

/// Listens for as long as it lives.
#[derive(Debug)]
pub(crate) struct Listener(u32);

impl Listener {
    pub(crate) fn new(on_event: impl Fn(PageEvent) + 'static) -> Self {
        let key = NEXT.with(|next| next.replace(next.get() + 1));
        LISTENERS.with_borrow_mut(|listeners| listeners.insert(key, Rc::new(on_event)));
        Self(key)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let listener = LISTENERS.try_with(|listeners| listeners.borrow_mut().remove(&self.0));
        drop(listener);
    }
}

pub(crate) fn is_hidden() -> bool {
    HIDDEN.get()
}

/// Whether a page is told that it will be left, before it is.
pub(crate) fn tells_of_leaving() -> bool {
    TELLS.get()
}

/// Makes pages be told, or not, as in engines that have no Navigation API.
#[cfg(test)]
pub(crate) fn tell_of_leaving(tells: bool) {
    TELLS.set(tells);
}

/// Raises an event, as the browser would.
#[cfg(test)]
pub(crate) fn raise(event: PageEvent) {
    match event {
        PageEvent::Hidden => HIDDEN.set(true),
        PageEvent::Visible => HIDDEN.set(false),
        PageEvent::Leaving | PageEvent::Unloading => {}
        PageEvent::PageHide { .. } | PageEvent::PageShow | PageEvent::Stored => {}
    }
    let listeners: Vec<OnEvent> = LISTENERS.with_borrow(|listeners| listeners.values().cloned().collect());
    for listener in listeners {
        listener(event);
    }
}

/// How many listeners there are.
#[cfg(test)]
pub(crate) fn listeners() -> usize {
    LISTENERS.with_borrow(BTreeMap::len)
}

/// Ends the page: nobody listens any more.
#[cfg(test)]
pub(super) fn clear() {
    HIDDEN.set(false);
    drop(LISTENERS.take());
}
