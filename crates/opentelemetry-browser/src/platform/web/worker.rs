//! A [dedicated worker](https://html.spec.whatwg.org/#dedicated-workers-and-the-worker-interface) that makes requests, so that the
//! main thread does not: it hands a body over, without a copy of it, and gets the answer.
//!
//! Its script is in the crate and gets to it by a `blob:` URL. Where a Content Security Policy forbids that, or there are no workers,
//! nothing is lost: whoever waits for an answer is told to send the request by other means.

use std::cell::RefCell;
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::super::{FetchFailure, FetchRequest, FetchResponse};
use super::fetch::{failure, header_object};
use super::registry::Registry;
use super::timer::{Timer, timer_delay};
use super::value::{NOTHING, call, get, set};

const SCRIPT: &str = include_str!("worker.js");

/// The worker keeps time itself. If it says nothing even so long after that, it is dead.
const PATIENCE: Duration = Duration::from_secs(2);

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Worker)]
    type JsWorker;
    // Throws where there are no workers.
    #[wasm_bindgen(constructor, catch, js_class = "Worker")]
    fn new(url: &str) -> Result<JsWorker, JsValue>;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    fn post(this: &JsWorker, message: &Array, transferred: &Array) -> Result<(), JsValue>;

    type Blob;
    #[wasm_bindgen(constructor, catch)]
    fn new(parts: &Array, options: &JsValue) -> Result<Blob, JsValue>;
    #[wasm_bindgen(catch, js_namespace = URL, js_name = createObjectURL)]
    fn create_object_url(blob: &Blob) -> Result<String, JsValue>;
    #[wasm_bindgen(catch, js_namespace = URL, js_name = revokeObjectURL)]
    fn revoke_object_url(url: &str) -> Result<(), JsValue>;
}

type Outcome = Result<FetchResponse, FetchFailure>;

struct Pending {
    answer: oneshot::Sender<Outcome>,
    limit: Duration,
    _backstop: Timer,
}

struct Running {
    worker: JsWorker,
    /// Of its script, until it is known to have that.
    url: Option<String>,
    pending: Registry<Pending>,
    on_message: Closure<dyn FnMut(JsValue)>,
    on_error: Closure<dyn FnMut(JsValue)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = call(&self.worker, "terminate", [NOTHING; 2]);
        self.revoke();
    }
}

impl Running {
    fn revoke(&mut self) {
        if let Some(url) = self.url.take() {
            let _ = revoke_object_url(&url);
        }
    }
}

thread_local! {
    // JavaScript's values stay on their thread; what crosses into Send types is only the number of one.
    static WORKERS: RefCell<Registry<Running>> = const { RefCell::new(Registry::new()) };
}

/// A worker that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Worker(u32);

impl Worker {
    /// `None` where there can be none.
    pub(crate) fn start() -> Option<Self> {
        let number = WORKERS.with_borrow_mut(Registry::number);
        let on_message = Closure::new(move |event: JsValue| answered(number, &event));
        // The script was not allowed or not found, or has thrown, which it never does.
        let on_error = Closure::new(move |event: JsValue| {
            prevent_default(&event);
            end(number);
        });
        let options = Object::new();
        set(&options, "type", &"text/javascript".into()).ok()?;
        let blob = Blob::new(&Array::of1(&SCRIPT.into()), &options).ok()?;
        let url = create_object_url(&blob).ok()?;
        let Ok(worker) = JsWorker::new(&url) else {
            let _ = revoke_object_url(&url);
            return None;
        };
        let running = Running { worker, url: Some(url), pending: Registry::new(), on_message, on_error };
        set(&running.worker, "onmessage", running.on_message.as_ref()).ok()?;
        set(&running.worker, "onerror", running.on_error.as_ref()).ok()?;
        WORKERS.with_borrow_mut(|workers| workers.insert(number, running));
        Some(Self(number))
    }

    /// Hands a request over; `None` if the worker has come to an end.
    ///
    /// Dropping the [`Errand`] aborts the request.
    pub(crate) fn send(&self, request: &FetchRequest<'_>, compress: bool) -> Option<Errand> {
        let worker = self.0;
        WORKERS.with_borrow_mut(|workers| {
            let running = workers.get_mut(worker)?;
            let number = running.pending.number();
            let body = Uint8Array::from(request.body).buffer();
            let message =
                Array::of4(&number.into(), &request.url.into(), &header_object(request.headers).ok()?.into(), &body);
            message.push(&timer_delay(request.timeout).into());
            message.push(&compress.into());
            running.worker.post(&message, &Array::of1(body.unchecked_ref::<ArrayBuffer>())).ok()?;
            let (answer, outcome) = oneshot::channel();
            let backstop = Timer::limit(request.timeout.saturating_add(PATIENCE), move || late(worker, number));
            running.pending.insert(number, Pending { answer, limit: request.timeout, _backstop: backstop });
            Some(Errand { outcome, worker, number })
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        end(self.0);
    }
}

/// A request that the worker makes.
#[derive(Debug)]
pub(crate) struct Errand {
    /// The outcome; a cancelled sender means that the worker has come to an end, and the request is to be made by other means.
    pub(crate) outcome: oneshot::Receiver<Outcome>,
    worker: u32,
    number: u32,
}

impl Drop for Errand {
    fn drop(&mut self) {
        if let Some(pending) = pending(self.worker, self.number) {
            drop(pending);
            let _ = WORKERS.try_with(|workers| {
                let give_up = Array::of1(&self.number.into());
                let mut workers = workers.borrow_mut();
                workers.get_mut(self.worker).map(|running| running.worker.post(&give_up, &Array::new()))
            });
        }
    }
}

fn pending(worker: u32, number: u32) -> Option<Pending> {
    WORKERS.try_with(|workers| workers.borrow_mut().get_mut(worker)?.pending.remove(number)).ok()?
}

fn answered(worker: u32, event: &JsValue) {
    let data = get(event, "data");
    let [number, status, first, second] = [0, 1, 2, 3].map(|index| Reflect::get_u32(&data, index).unwrap_or_default());
    // It has its script.
    WORKERS.with_borrow_mut(|workers| workers.get_mut(worker).map(Running::revoke));
    let Some(pending) = number.as_f64().and_then(|number| pending(worker, number as u32)) else { return };
    let outcome = match status.as_f64() {
        Some(status) => Ok(FetchResponse {
            status: status as u16,
            retry_after: first.as_string(),
            body: second.as_string().unwrap_or_default(),
        }),
        None => Err(failure(&first, pending.limit)),
    };
    let _ = pending.answer.send(outcome);
}

/// The worker has not kept time: whatever it does, nobody will hear of it.
fn late(worker: u32, number: u32) {
    if let Some(pending) = pending(worker, number) {
        let _ = pending.answer.send(Err(FetchFailure::Timeout(pending.limit)));
        end(worker);
    }
}

/// Whoever waits for an answer learns that there will be none.
fn end(worker: u32) {
    // Dropped outside of the registry: what is dropped with it may come here again.
    drop(WORKERS.try_with(|workers| workers.borrow_mut().remove(worker)));
}

/// The page's own `error` handlers are not to hear of it.
fn prevent_default(event: &JsValue) {
    let _ = call(event, "preventDefault", [NOTHING; 2]);
}
