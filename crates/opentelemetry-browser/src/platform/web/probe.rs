//! Requests without effect, to see where a failed one was stopped. They are GETs: no receiver makes a span of one.

use std::time::Duration;

use futures_channel::oneshot;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

use super::super::sleep::{sleep, within};
use super::super::{Findings, ParsedUrl, Reached};
use super::fetch::{Fetcher, init};
use super::policy::Blocked;

/// How long one of the requests may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the events and reports of policies may come after the failure that they explain.
const EVENT_DELAY: Duration = Duration::from_millis(100);

#[wasm_bindgen]
extern "C" {
    // Windows and workers have an origin; Node and edge runtimes have none, and no CORS.
    #[wasm_bindgen(thread_local_v2, js_name = origin)]
    static ORIGIN: Option<String>;

    // Answers that are not meant for other origins are kept from such pages, and look like none.
    #[wasm_bindgen(thread_local_v2, js_name = crossOriginIsolated)]
    static IS_ISOLATED: Option<bool>;

    #[wasm_bindgen(thread_local_v2, js_name = navigator)]
    static NAVIGATOR: Option<Navigator>;
    type Navigator;
    #[wasm_bindgen(method, getter, js_name = onLine)]
    fn on_line(this: &Navigator) -> Option<bool>;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The answer cannot be read, but that there is one can be seen.
    NoCors,
    Cors,
}

impl Fetcher {
    /// Looks where a request with these headers to this URL is stopped.
    pub(crate) fn probe(&self, url: &str, headers: &[(String, String)]) -> oneshot::Receiver<Findings> {
        let (sender, findings) = oneshot::channel();
        let (fetcher, url, headers) = (self.clone(), super::url::parse(url), headers.to_vec());
        wasm_bindgen_futures::spawn_local(async move {
            let found = match url {
                Some(url) => fetcher.look(&url, &headers).await,
                None => Findings::default(),
            };
            let _ = sender.send(found);
        });
        findings
    }

    async fn look(&self, url: &ParsedUrl, headers: &[(String, String)]) -> Findings {
        let blocked = Blocked::listen();
        let mut anything = self.reach(url, Mode::NoCors, &[]).await;
        if anything == Reached::No {
            sleep(EVENT_DELAY).await;
            if blocked.was_answered(url) {
                anything = Reached::Yes;
            }
        }
        let mut found = Findings {
            origin: ORIGIN.with(Clone::clone),
            is_offline: NAVIGATOR.with(|navigator| navigator.as_ref().and_then(Navigator::on_line)) == Some(false),
            is_forbidden: blocked.was_forbidden(url),
            is_isolated: IS_ISOLATED.with(|isolated| *isolated == Some(true)) && !blocked.sees_answers(),
            anything,
            ..Findings::default()
        };
        let is_cross_origin = found.origin.as_ref().is_some_and(|origin| *origin != url.origin);
        if anything == Reached::Yes && is_cross_origin {
            found.readable = self.reach(url, Mode::Cors, &[]).await;
            if found.readable == Reached::Yes {
                found.permitted = self.reach(url, Mode::Cors, headers).await;
            }
        }
        found
    }

    async fn reach(&self, url: &ParsedUrl, mode: Mode, headers: &[(String, String)]) -> Reached {
        let Ok(abort) = AbortController::new() else { return Reached::Untried };
        let answer = async {
            let promise = self.get(url, mode, headers, &abort)?;
            JsFuture::from(promise).await
        };
        let reached = match within(PATIENCE, answer).await {
            Some(Ok(_)) => Reached::Yes,
            Some(Err(_)) => Reached::No,
            None => Reached::TooLate,
        };
        // What is in the answer is of no interest.
        abort.abort();
        reached
    }

    fn get(
        &self,
        url: &ParsedUrl,
        mode: Mode,
        headers: &[(String, String)],
        abort: &AbortController,
    ) -> Result<js_sys::Promise, JsValue> {
        let init = init("GET", headers, Some(abort))?;
        let mode = if mode == Mode::Cors { "cors" } else { "no-cors" };
        Reflect::set(&init, &"mode".into(), &mode.into())?;
        // An answer out of the cache would say nothing about now.
        Reflect::set(&init, &"cache".into(), &"no-store".into())?;
        self.fetch(&url.href, &init)
    }
}
