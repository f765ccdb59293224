//! Requests without effect, to see where a failed one was stopped. They are GETs: no receiver makes a span of one.

use std::time::Duration;

use futures_channel::oneshot;
use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Response};

use super::super::sleep::{sleep, within};
use super::super::{Findings, ParsedUrl, Reached, Refusal, is_loopback_origin};
use super::fetch::{Fetcher, init, read};
use super::json::response_fields;
use super::policy::Blocked;
use super::{event_source, navigator};

/// How long one of the requests may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the event of a policy may come after the failure that it explains.
const EVENT_DELAY: Duration = Duration::from_millis(100);

#[wasm_bindgen]
extern "C" {
    // Windows and workers have an origin; Node and edge runtimes have none, and no CORS.
    #[wasm_bindgen(thread_local_v2, js_name = origin)]
    static ORIGIN: Option<String>;
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
        let mut found = Findings { origin: ORIGIN.with(Clone::clone), ..Findings::default() };
        let page = found.origin.as_deref();
        let is_cross_origin = page.is_some_and(|page| page != url.origin);
        found.anything = self.reach(url, Mode::NoCors, &[]).await;
        if found.anything == Reached::No {
            sleep(EVENT_DELAY).await;
            found.is_forbidden = blocked.was_forbidden(url);
            if is_cross_origin && !found.is_forbidden && !url.is_mixed_content(page) {
                found.anything = answers(url, page).await;
            }
        }
        found.is_offline = navigator::is_offline();
        if found.anything == Reached::Yes && is_cross_origin {
            let refusal = self.ask(url, Mode::Cors, &[], refusal).await;
            (found.readable, found.refusal) = match refusal {
                Ok(refusal) => (Reached::Yes, refusal),
                Err(reached) => (reached, None),
            };
            if found.readable == Reached::Yes {
                found.permitted = self.reach(url, Mode::Cors, headers).await;
            }
        }
        found
    }

    async fn reach(&self, url: &ParsedUrl, mode: Mode, headers: &[(String, String)]) -> Reached {
        match self.ask(url, mode, headers, async |promise| JsFuture::from(promise).await).await {
            Ok(_) => Reached::Yes,
            Err(reached) => reached,
        }
    }

    /// What `take` takes of an answer, or how far the request got without one.
    async fn ask<T>(
        &self,
        url: &ParsedUrl,
        mode: Mode,
        headers: &[(String, String)],
        take: impl AsyncFnOnce(Promise) -> Result<T, JsValue>,
    ) -> Result<T, Reached> {
        let abort = AbortController::new().map_err(|_| Reached::Untried)?;
        let answer = async { take(self.get(url, mode, headers, &abort)?).await };
        let taken = within(PATIENCE, answer).await;
        // What is left of the answer is of no interest.
        abort.abort();
        taken.ok_or(Reached::TooLate)?.map_err(|_| Reached::No)
    }

    fn get(
        &self,
        url: &ParsedUrl,
        mode: Mode,
        headers: &[(String, String)],
        abort: &AbortController,
    ) -> Result<Promise, JsValue> {
        let init = init("GET", headers, Some(abort))?;
        let mode = if mode == Mode::Cors { "cors" } else { "no-cors" };
        Reflect::set(&init, &"mode".into(), &mode.into())?;
        // An answer out of the cache would say nothing about now.
        Reflect::set(&init, &"cache".into(), &"no-store".into())?;
        self.fetch(&url.href, &init)
    }
}

/// Whether there is an answer that `fetch` says nothing of, because the receiver or a policy of the page keeps it from the page.
async fn answers(url: &ParsedUrl, page: Option<&str>) -> Reached {
    // A browser that asks its user before it lets a page call this machine keeps the answer back, too.
    if url.is_loopback() && !page.is_some_and(is_loopback_origin) {
        return Reached::Unclear;
    }
    within(PATIENCE, event_source::answers(&url.href)).await.unwrap_or(Reached::TooLate)
}

/// What a receiver says that refuses.
async fn refusal(promise: Promise) -> Result<Option<Refusal>, JsValue> {
    let answer: Response = JsFuture::from(promise).await?.dyn_into()?;
    let status = answer.status();
    let mut body = Vec::new();
    if status >= 400 {
        // An answer that ends early has no such words.
        let _ = read(&answer, &mut body).await;
    }
    let fields = response_fields(&String::from_utf8_lossy(&body)).filter(|fields| fields.has_status_code);
    Ok(fields.and_then(|fields| fields.status_message).map(|message| Refusal { status, message }))
}
