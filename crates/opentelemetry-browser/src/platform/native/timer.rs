//! A timer of the event loop; dropping it cancels it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::event_loop::{EventLoop, Key};

/// A callback that will be called once, unless this is dropped first, on whatever thread that is.
pub(crate) struct Timer(Option<(Weak<EventLoop>, Key)>);

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Timer").field(&self.0.as_ref().map(|(_, key)| key)).finish()
    }
}

impl Timer {
    pub(crate) fn limit(limit: Duration, callback: impl FnOnce() + Send + 'static) -> Self {
        Self::after(limit, callback)
    }

    pub(crate) fn after(delay: Duration, callback: impl FnOnce() + Send + 'static) -> Self {
        let current = EventLoop::current();
        Self(current.map(|current| (Arc::downgrade(&current), current.set_timer(delay, Box::new(callback)))))
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some((event_loop, key)) = self.0.take()
            && let Some(event_loop) = event_loop.upgrade()
        {
            event_loop.clear_timer(key);
        }
    }
}
