//! The [Web Locks](https://www.w3.org/TR/web-locks/) of an origin, where there are any: a lock goes when its page does.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use super::registry::Registry;
use super::value::{NOTHING, call, get, global, is_there, set, text};

#[wasm_bindgen]
extern "C" {
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &JsValue, callback: &Function) -> Result<Promise, JsValue>;
}

fn manager() -> Option<JsValue> {
    let locks = get(&global("navigator"), "locks");
    is_there(&locks).then_some(locks)
}

#[derive(Default)]
struct Release {
    /// Lets go of the lock, once it is granted.
    resolve: Option<Function>,
    /// Ends the wait for it.
    abort: Option<AbortController>,
    is_released: bool,
}

impl Release {
    fn give_up(&mut self) {
        self.is_released = true;
        if let Some(resolve) = self.resolve.take() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        } else if let Some(abort) = self.abort.take() {
            abort.abort();
        }
    }
}

thread_local! {
    static RELEASES: RefCell<Registry<Rc<RefCell<Release>>>> = const { RefCell::new(Registry::new()) };
}

/// A lock that is held, or waited for, until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock(u32);

impl Drop for Lock {
    fn drop(&mut self) {
        let release = RELEASES.try_with(|releases| releases.borrow_mut().remove(self.0));
        if let Ok(Some(release)) = release {
            release.borrow_mut().give_up();
        }
    }
}

fn request(name: &str) -> Option<(Lock, oneshot::Receiver<()>)> {
    let abort = AbortController::new().ok();
    let options = Object::new();
    if let Some(abort) = &abort {
        set(&options, "signal", &get(abort, "signal")).ok()?;
    }
    let release = Rc::new(RefCell::new(Release { abort, ..Release::default() }));
    let (sender, granted) = oneshot::channel();
    let shared = release.clone();
    let callback = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
        let _ = sender.send(());
        // The lock is held for as long as this promise is pending.
        Promise::new(&mut |resolve, _reject| {
            let mut release = shared.borrow_mut();
            if release.is_released {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            } else {
                release.resolve = Some(resolve);
            }
        })
        .into()
    });
    let promise = manager()?.unchecked_into::<LockManager>().request(name, &options, callback.unchecked_ref()).ok()?;
    super::task::spawn(async move {
        // Rejected if it is given up, or if the page is in no state to have locks; then nobody else sees one either.
        let _ = JsFuture::from(promise).await;
    });
    let key = RELEASES.with_borrow_mut(|releases| {
        let key = releases.number();
        releases.insert(key, release);
        key
    });
    Some((Lock(key), granted))
}

/// The page is being left: it waits for no lock any more. One that Firefox grants to a page in its back/forward cache is held there,
/// where no script runs that would let go of it.
pub(crate) fn leave() {
    RELEASES.with_borrow(|releases| {
        let waiting = releases.values().filter(|release| release.borrow().resolve.is_none());
        waiting.for_each(|release| release.borrow_mut().give_up());
    });
}

/// Holds a lock of a name that nobody else uses.
pub(crate) fn hold(name: &str) -> Option<Lock> {
    request(name).map(|(lock, _)| lock)
}

/// What came of asking for a lock.
pub(crate) enum Attempt {
    /// It is held now.
    Held(Lock),
    /// Somebody else has it.
    Taken,
    /// There are no locks here.
    Unsupported,
}

/// Takes a lock if nobody has it.
pub(crate) async fn attempt(name: &str) -> Attempt {
    let Some((lock, mut granted)) = request(name) else { return Attempt::Unsupported };
    // Not by `ifAvailable`, which no signal can end. Requests and questions are answered in their order: a lock that is free has been
    // granted by then.
    held().await;
    match granted.try_recv() {
        Ok(Some(())) => Attempt::Held(lock),
        _ => Attempt::Taken,
    }
}

/// The names of all locks that are held in this origin; `None` where there are no locks.
pub(crate) async fn held() -> Option<Vec<String>> {
    let query = call(&manager()?, "query", [NOTHING; 2]).ok()?;
    let snapshot = JsFuture::from(query.unchecked_into::<Promise>()).await.ok()?;
    let held = Array::from(&get(&snapshot, "held"));
    Some(held.into_iter().filter_map(|lock| text(&lock, "name")).collect())
}
