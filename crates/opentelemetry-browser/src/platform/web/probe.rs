//! Requests without effect, to see where a failed one was stopped. They are GETs: no receiver makes a span of one.

use std::time::Duration;

use futures_channel::oneshot;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use web_sys::AbortController;

use super::super::sleep::{sleep, within};
use super::super::{FetchFailure, FetchResponse, Findings, ParsedUrl, Reached, Refusal, is_loopback_origin};
use super::fetch::{Exchange, Fetcher, init};
use super::json::response_fields;
use super::policy::Blocked;
use super::value::{set, text};
use super::{event_source, navigator};

/// How long one of the requests may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the event of a policy may come after the failure that it explains.
const EVENT_DELAY: Duration = Duration::from_millis(100);

/// How many characters of a receiver's own words are repeated.
const MAX_QUOTED: usize = 500;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The answer cannot be read, but that there is one can be seen.
    NoCors,
    Cors,
}

/// What became of one of the requests.
struct Answer {
    reached: Reached,
    refusal: Option<Refusal>,
}

impl Fetcher {
    /// Looks where a request with these headers to this URL is stopped, as long as that `may_go_on`; each request asks.
    pub(crate) fn probe(
        &self,
        url: &str,
        headers: &[(String, String)],
        may_go_on: fn() -> bool,
    ) -> oneshot::Receiver<Findings> {
        let (sender, findings) = oneshot::channel();
        let (fetcher, url, headers) = (self.clone(), super::url::parse(url), headers.to_vec());
        super::task::spawn(async move {
            let found = match url {
                Some(url) => fetcher.look(&url, &headers, may_go_on).await,
                None => Findings::default(),
            };
            let _ = sender.send(found);
        });
        findings
    }

    async fn look(&self, url: &ParsedUrl, headers: &[(String, String)], may_go_on: fn() -> bool) -> Findings {
        let blocked = Blocked::listen();
        // Windows and workers have an origin; Node and edge runtimes have none, and no CORS.
        let mut found = Findings { origin: text(&js_sys::global(), "origin"), ..Findings::default() };
        let page = found.origin.as_deref();
        let is_cross_origin = page.is_some_and(|page| page != url.origin);
        if !may_go_on() {
            return Findings::default();
        }
        found.anything = self.ask(url, Mode::NoCors, &[]).await.reached;
        if found.anything == Reached::No {
            sleep(EVENT_DELAY).await;
            found.is_forbidden = blocked.was_forbidden(url);
            if !may_go_on() {
                return Findings::default();
            }
            if is_cross_origin && !found.is_forbidden && !url.is_mixed_content(page) {
                found.anything = answers(url, page).await;
            }
        }
        found.is_offline = navigator::is_offline();
        if found.anything == Reached::Yes && is_cross_origin {
            if !may_go_on() {
                return Findings::default();
            }
            let answer = self.ask(url, Mode::Cors, &[]).await;
            (found.readable, found.refusal) = (answer.reached, answer.refusal);
            if found.readable == Reached::Yes && may_go_on() {
                found.permitted = self.ask(url, Mode::Cors, headers).await.reached;
            }
        }
        found
    }

    async fn ask(&self, url: &ParsedUrl, mode: Mode, headers: &[(String, String)]) -> Answer {
        let abort = AbortController::new().ok();
        let promise = self.get(url, mode, headers, abort.as_ref());
        match Exchange::of(promise, abort, PATIENCE).await {
            Ok(Ok(response)) => Answer { reached: Reached::Yes, refusal: refusal(response) },
            Ok(Err(FetchFailure::Timeout(_))) => Answer { reached: Reached::TooLate, refusal: None },
            _ => Answer { reached: Reached::No, refusal: None },
        }
    }

    fn get(
        &self,
        url: &ParsedUrl,
        mode: Mode,
        headers: &[(String, String)],
        abort: Option<&AbortController>,
    ) -> Result<Promise, JsValue> {
        let init = init("GET", headers, abort)?;
        let mode = if mode == Mode::Cors { "cors" } else { "no-cors" };
        set(&init, "mode", &mode.into())?;
        // An answer out of the cache would say nothing about now.
        set(&init, "cache", &"no-store".into())?;
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

/// What a receiver says that refuses, where it may be read.
fn refusal(response: FetchResponse) -> Option<Refusal> {
    let fields =
        response_fields(&response.body, "").filter(|fields| fields.has_status_code && response.status >= 400)?;
    Some(Refusal { status: response.status, message: fields.status_message?.chars().take(MAX_QUOTED).collect() })
}
