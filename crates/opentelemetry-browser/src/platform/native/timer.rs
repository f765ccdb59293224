//! A timer on the virtual clock; dropping it cancels it.

use std::time::Duration;

use super::event_loop::{clear_timer, set_timer};

/// A callback that will be called once, unless this is dropped first.
#[derive(Debug)]
pub(crate) struct Timer((Duration, u64));

impl Timer {
    pub(crate) fn after(delay: Duration, callback: impl FnOnce() + 'static) -> Self {
        Self(set_timer(delay, Box::new(callback)))
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timer(self.0);
    }
}
