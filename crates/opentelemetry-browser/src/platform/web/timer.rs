//! `setTimeout` with an owner: dropping a [`Timer`] cancels it.

use std::cell::RefCell;
use std::time::Duration;

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

use super::clock::uptime;
use super::registry::Registry;
use super::value::call;

#[wasm_bindgen]
extern "C" {
    // Node gives an object, browsers a number: it is only ever handed back.
    #[wasm_bindgen(js_name = setTimeout, catch)]
    fn set_timeout(callback: &JsValue, delay: i32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = clearTimeout, catch)]
    fn clear_timeout(id: &JsValue) -> Result<(), JsValue>;
}

struct Pending {
    id: JsValue,
    callback: Box<dyn FnOnce()>,
    /// From when on it is late, if it gives something up and has not been late yet.
    late: Option<Duration>,
}

/// How late a timer is that fires in a page that did not run when it was due: a dialog was open, a task was long, the computer slept.
const LATE: Duration = Duration::from_millis(500);

/// What there is then for what has come in meanwhile, and stands behind the timer.
const GRACE: Duration = Duration::from_secs(1);

thread_local! {
    // Closures stay on their thread; what crosses into Send types is only the number of one.
    static PENDING: RefCell<Registry<Pending>> = const { RefCell::new(Registry::new()) };

    // One for all, which is never dropped: where a page has replaced `clearTimeout`, a timer that was cancelled fires in vain.
    static FIRE: Closure<dyn Fn(u32)> = Closure::new(fire);
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
        let late = is_limit.then(|| uptime().saturating_add(delay).saturating_add(LATE));
        if let Ok(id) = set(key, delay) {
            PENDING.with_borrow_mut(|pending| pending.insert(key, Pending { id, callback, late }));
        }
        Self(key)
    }
}

fn set(key: u32, delay: Duration) -> Result<JsValue, JsValue> {
    // Not as a further argument of `setTimeout`, which one that a page has put around it may forget.
    let fire = FIRE.with(|fire| call(fire.as_ref(), "bind", [&JsValue::UNDEFINED, &key.into()]))?;
    set_timeout(&fire, timer_delay(delay))
}

fn fire(key: u32) {
    let is_late = |pending: &mut Pending| pending.late.take().is_some_and(|late| uptime() > late);
    if PENDING.with_borrow_mut(|pending| pending.get_mut(key).is_some_and(is_late))
        && let Ok(id) = set(key, GRACE)
    {
        return PENDING.with_borrow_mut(|pending| {
            if let Some(pending) = pending.get_mut(key) {
                pending.id = id;
            }
        });
    }
    // Taken out first: the callback may drop its own timer or set a new one.
    if let Some(fired) = PENDING.with_borrow_mut(|pending| pending.remove(key)) {
        (fired.callback)();
    }
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
