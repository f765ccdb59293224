//! The [Web Locks](https://www.w3.org/TR/web-locks/) of an origin, where there are any: a lock goes when its page does.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

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
    resolve: Option<Function>,
    is_released: bool,
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
            let mut release = release.borrow_mut();
            release.is_released = true;
            if let Some(resolve) = release.resolve.take() {
                let _ = resolve.call0(&JsValue::UNDEFINED);
            }
        }
    }
}

fn request(name: &str, if_available: bool) -> Option<(Lock, oneshot::Receiver<bool>)> {
    let release = Rc::<RefCell<Release>>::default();
    let (sender, granted) = oneshot::channel();
    let shared = release.clone();
    let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        let is_granted = !lock.is_null();
        let _ = sender.send(is_granted);
        if !is_granted {
            return JsValue::UNDEFINED;
        }
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
    let options = Object::new();
    set(&options, "ifAvailable", &if_available.into()).ok()?;
    let promise = manager()?.unchecked_into::<LockManager>().request(name, &options, callback.unchecked_ref()).ok()?;
    super::task::spawn(async move {
        // Rejected only if the page is in no state to have locks; then nobody else sees one either.
        let _ = JsFuture::from(promise).await;
    });
    let key = RELEASES.with_borrow_mut(|releases| {
        let key = releases.number();
        releases.insert(key, release);
        key
    });
    Some((Lock(key), granted))
}

/// Holds a lock of a name that nobody else uses.
pub(crate) fn hold(name: &str) -> Option<Lock> {
    request(name, false).map(|(lock, _)| lock)
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
    let Some((lock, granted)) = request(name, true) else { return Attempt::Unsupported };
    match granted.await {
        Ok(true) => Attempt::Held(lock),
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
