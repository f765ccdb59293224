//! The Fetch standard: one POST, its time limit, its answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::{Function, Object, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use super::super::sleep::{sleep, within};
use super::super::{FetchFailure, FetchRequest, FetchResponse, MAX_RESPONSE_BYTES};
use super::clock::uptime;
use super::timer::Timer;
use super::value::{NOTHING, call, get, global, is_there, set, text};

thread_local! {
    // Read when the first transport is made, so that a page's later patch of `fetch` never sees the exporter's own requests. The `fetch`
    // that Zone.js found when it was loaded comes first: its own wrapper does not lead there.
    static FETCH: Option<Function> =
        ["__zone_symbol__fetch", "fetch"].into_iter().find_map(|name| global(name).dyn_into().ok());
}

/// Where instrumentations leave the function that they have wrapped: OpenTelemetry JS, Sentry, Zone.js.
const WRAPPED: [&str; 3] = ["__original", "__sentry_original__", "__zone_symbol__OriginalDelegate"];

/// The most wrappers around `fetch` that are looked through; one that leads to itself ends there.
const MOST_WRAPPERS: usize = 16;

/// The function below all wrappers that say what they wrap.
fn unwrapped(mut function: Function) -> Function {
    for _ in 0..MOST_WRAPPERS {
        let inner = WRAPPED.iter().find_map(|name| get(&function, name).dyn_into().ok());
        match inner {
            Some(inner) => function = inner,
            None => break,
        }
    }
    function
}

/// The `fetch` of this realm, as it was when this was made, below what an instrumentation has put around it by then.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher(Option<Function>);

/// Settings that every request of this crate has. Cookies for the receiver's origin are no concern of telemetry, and a CORS
/// wildcard would refuse them.
pub(super) fn init(
    method: &str,
    headers: &[(String, String)],
    abort: Option<&AbortController>,
) -> Result<Object, JsValue> {
    let init = Object::new();
    set(&init, "method", &method.into())?;
    set(&init, "headers", &header_object(headers)?.into())?;
    set(&init, "credentials", &"omit".into())?;
    if let Some(abort) = abort {
        set(&init, "signal", &get(abort, "signal"))?;
    }
    Ok(init)
}

/// Headers as `fetch` takes them.
pub(super) fn header_object(headers: &[(String, String)]) -> Result<Object, JsValue> {
    let object = Object::new();
    for (name, value) in headers {
        set(&object, name, &value.as_str().into())?;
    }
    Ok(object)
}

impl Fetcher {
    pub(crate) fn capture() -> Self {
        Self(FETCH.with(Clone::clone).map(unwrapped))
    }

    /// Starts a request at once, also when called while the page is being left, and gives its outcome.
    ///
    /// Dropping the [`Exchange`] aborts the request.
    pub(crate) fn start(&self, request: &FetchRequest<'_>) -> Exchange {
        let abort = AbortController::new().ok();
        let promise = self.call(request, abort.as_ref());
        Exchange::of(promise, abort, request.timeout)
    }

    fn call(&self, request: &FetchRequest<'_>, abort: Option<&AbortController>) -> Result<Promise, JsValue> {
        let init = init("POST", request.headers, abort)?;
        // Followed, most of them make a GET of a POST: a login page would answer for the receiver.
        set(&init, "redirect", &"manual".into())?;
        if request.keepalive {
            set(&init, "keepalive", &JsValue::TRUE)?;
        }
        // A copy, not a view of WebAssembly's memory: a `fetch` that the page has wrapped may read the body later.
        set(&init, "body", &Uint8Array::from(request.body))?;
        self.fetch(request.url, &init)
    }

    pub(super) fn fetch(&self, url: &str, init: &Object) -> Result<Promise, JsValue> {
        let Some(fetch) = &self.0 else {
            return Err("this runtime has no fetch".into());
        };
        // The browser's own promise is no instance of the global `Promise` where Zone.js has put another one in its place.
        Ok(Promise::resolve(&fetch.call2(&JsValue::UNDEFINED, &url.into(), init)?))
    }
}

/// A request under way. It resolves to its outcome; a cancelled sender means that the event loop has gone.
#[derive(Debug)]
pub(crate) struct Exchange {
    outcome: oneshot::Receiver<Result<FetchResponse, FetchFailure>>,
    abort: Option<AbortController>,
}

impl Exchange {
    /// One whose `fetch` has given this promise.
    pub(super) fn of(promise: Result<Promise, JsValue>, abort: Option<AbortController>, limit: Duration) -> Self {
        let (sender, outcome) = oneshot::channel();
        match promise {
            Ok(promise) => {
                let begun = uptime();
                let aborting = abort.clone();
                let timer = abort.clone().map(|abort| Timer::limit(limit, move || abort.abort()));
                super::task::spawn(async move {
                    let result = response(promise, begun, limit, aborting).await;
                    let result = result.map_err(|thrown| failure(&thrown, limit));
                    drop(timer);
                    let _ = sender.send(result);
                });
            }
            Err(thrown) => {
                let _ = sender.send(Err(FetchFailure::Network(message(&thrown))));
            }
        }
        Self { outcome, abort }
    }
}

impl Future for Exchange {
    type Output = Result<Result<FetchResponse, FetchFailure>, oneshot::Canceled>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Pin::new(&mut self.outcome).poll(cx));
        // There is nothing to abort any more, which is a call into the browser that has its price.
        self.abort = None;
        Poll::Ready(outcome)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(abort) = self.abort.take() {
            abort.abort();
        }
    }
}

/// How long the body of an answer is waited for, at most, once its status is there.
const BODY_PATIENCE: Duration = Duration::from_secs(2);

async fn response(
    promise: Promise,
    begun: Duration,
    limit: Duration,
    abort: Option<AbortController>,
) -> Result<FetchResponse, JsValue> {
    let response = JsFuture::from(promise).await?;
    let Some(status) = get(&response, "status").as_f64() else { return Err(response) };
    let retry_after =
        call(&get(&response, "headers"), "get", [&"retry-after".into(), NOTHING]).ok().and_then(|it| it.as_string());
    let mut bytes = Vec::new();
    // The status decides, also if the body breaks off, or does not end before the request is given up: sent again, spans that were taken
    // in would be doubled, and those that were refused would be refused for ever.
    let left = limit.saturating_sub(uptime().saturating_sub(begun));
    if within(BODY_PATIENCE.min(left / 2), read(&response, &mut bytes)).await.is_none() {
        abort.iter().for_each(AbortController::abort);
    }
    if bytes.is_empty() {
        // Chromium says that a body is empty before it takes the request off its account of those that outlive their page. One that was
        // begun in this turn would be refused.
        sleep(Duration::ZERO).await;
    }
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(FetchResponse { status: status as u16, retry_after, body })
}

/// The body, up to [`MAX_RESPONSE_BYTES`]; what comes after that is not even received.
async fn read(response: &JsValue, bytes: &mut Vec<u8>) -> Result<(), JsValue> {
    let body = get(response, "body");
    if !is_there(&body) {
        return Ok(());
    }
    let reader = call(&body, "getReader", [NOTHING; 2])?;
    loop {
        let chunk = JsFuture::from(call(&reader, "read", [NOTHING; 2])?.unchecked_into::<Promise>()).await?;
        let value = get(&chunk, "value");
        if get(&chunk, "done").is_truthy() || !is_there(&value) {
            break;
        }
        bytes.extend_from_slice(&value.unchecked_into::<Uint8Array>().to_vec());
        if bytes.len() > MAX_RESPONSE_BYTES {
            bytes.truncate(MAX_RESPONSE_BYTES);
            let _ = call(&reader, "cancel", [NOTHING; 2]);
            break;
        }
    }
    Ok(())
}

/// What was thrown, in this crate's terms: an exception, or what is left of one that comes from a worker.
pub(super) fn failure(thrown: &JsValue, limit: Duration) -> FetchFailure {
    match text(thrown, "name").as_deref() {
        Some("AbortError") => FetchFailure::Timeout(limit),
        _ => FetchFailure::Network(message(thrown)),
    }
}

fn message(thrown: &JsValue) -> String {
    text(thrown, "message").or_else(|| thrown.as_string()).unwrap_or_else(|| "unknown error".to_owned())
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
