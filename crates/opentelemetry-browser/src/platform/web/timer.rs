//! `setTimeout` with an owner: dropping a [`Timer`] cancels it.

use std::cell::RefCell;
use std::time::Duration;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::clock::uptime;
use super::registry::Registry;

#[wasm_bindgen]
extern "C" {
    // Node gives an object, browsers a number: it is only ever handed back.
    #[wasm_bindgen(js_name = setTimeout, catch)]
    fn set_timeout(callback: &js_sys::Function, delay: i32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = clearTimeout, catch)]
    fn clear_timeout(id: &JsValue) -> Result<(), JsValue>;
}

struct Pending {
    id: JsValue,
    callback: Closure<dyn FnMut()>,
}

/// How late a timer is that fires in a page that did not run when it was due: a dialog was open, a task was long, the computer slept.
const LATE: Duration = Duration::from_millis(500);

/// What there is then for what has come in meanwhile, and stands behind the timer.
const GRACE: Duration = Duration::from_secs(1);

thread_local! {
    // Closures stay on their thread; what crosses into Send types is only the number of one.
    static PENDING: RefCell<Registry<Pending>> = const { RefCell::new(Registry::new()) };
}

/// A callback that will be called once, unless this is dropped first.
#[derive(Debug)]
pub(crate) struct Timer(u32);

impl Timer {
    /// Calls `callback` on the event loop after `delay` (rounded up to a millisecond, 24.8 days at most).
    pub(crate) fn after(delay: Duration, callback: impl FnOnce() + 'static) -> Self {
        Self::start(delay, false, Box::new(callback))
    }

    /// The same for what gives something up that is waited for: a page that did not run meanwhile looks first at what has come in.
    pub(crate) fn limit(limit: Duration, callback: impl FnOnce() + 'static) -> Self {
        Self::start(limit, true, Box::new(callback))
    }

    /// Calls `callback` in a task of its own, after all that a page does at its start: to listen for `storage` events, an engine may have to
    /// open the storage, which takes longer than everything else.
    pub(crate) fn in_a_task(callback: impl FnOnce() + 'static) {
        std::mem::forget(Self::after(Duration::ZERO, callback));
    }

    /// Of one type, so that it is the same code for all.
    fn start(delay: Duration, is_limit: bool, callback: Box<dyn FnOnce()>) -> Self {
        let key = PENDING.with_borrow_mut(Registry::number);
        let mut callback = Some(callback);
        let mut late = is_limit.then(|| uptime().saturating_add(delay).saturating_add(LATE));
        let closure = Closure::<dyn FnMut()>::new(move || {
            if late.take().is_some_and(|late| uptime() > late) && wait_again(key) {
                return;
            }
            // Taken out first: the callback may drop its own timer or set a new one.
            let fired = PENDING.with_borrow_mut(|pending| pending.remove(key));
            if let Some(callback) = callback.take() {
                callback();
            }
            drop(fired);
        });
        if let Ok(id) = set_timeout(closure.as_ref().unchecked_ref(), timer_delay(delay)) {
            PENDING.with_borrow_mut(|pending| pending.insert(key, Pending { id, callback: closure }));
        }
        Self(key)
    }
}

/// Has a timer fire once more, a little later; false if it cannot.
fn wait_again(key: u32) -> bool {
    PENDING.with_borrow_mut(|pending| {
        let Some(pending) = pending.get_mut(key) else { return false };
        let id = set_timeout(pending.callback.as_ref().unchecked_ref(), timer_delay(GRACE));
        id.map(|id| pending.id = id).is_ok()
    })
}

/// As `setTimeout` takes it: whole milliseconds, rounded up, in 31 bits.
pub(super) fn timer_delay(delay: Duration) -> i32 {
    // Not as_micros(), whose 128 bits WebAssembly does not have.
    let millis = delay.as_secs().saturating_mul(1000).saturating_add(delay.subsec_micros().div_ceil(1000).into());
    i32::try_from(millis).unwrap_or(i32::MAX)
}

impl Drop for Timer {
    fn drop(&mut self) {
        let pending = PENDING.try_with(|pending| pending.borrow_mut().remove(self.0));
        if let Ok(Some(pending)) = pending {
            let _ = clear_timeout(&pending.id);
        }
    }
}
