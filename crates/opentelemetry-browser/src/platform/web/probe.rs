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

/// How many characters of a receiver's own words are repeated.
const MAX_QUOTED: usize = 500;

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

/// What became of one of the requests.
struct Answer {
    reached: Reached,
    refusal: Option<Refusal>,
}

impl Answer {
    fn none(reached: Reached) -> Self {
        Self { reached, refusal: None }
    }
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
        found.anything = self.ask(url, Mode::NoCors, &[]).await.reached;
        if found.anything == Reached::No {
            sleep(EVENT_DELAY).await;
            found.is_forbidden = blocked.was_forbidden(url);
            if is_cross_origin && !found.is_forbidden && !url.is_mixed_content(page) {
                found.anything = answers(url, page).await;
            }
        }
        found.is_offline = navigator::is_offline();
        if found.anything == Reached::Yes && is_cross_origin {
            let answer = self.ask(url, Mode::Cors, &[]).await;
            (found.readable, found.refusal) = (answer.reached, answer.refusal);
            if found.readable == Reached::Yes {
                found.permitted = self.ask(url, Mode::Cors, headers).await.reached;
            }
        }
        found
    }

    async fn ask(&self, url: &ParsedUrl, mode: Mode, headers: &[(String, String)]) -> Answer {
        let Ok(abort) = AbortController::new() else { return Answer::none(Reached::Untried) };
        let answer = async {
            let promise = self.get(url, mode, headers, &abort)?;
            let response: Response = JsFuture::from(promise).await?.dyn_into()?;
            Ok::<_, JsValue>(refusal(&response).await)
        };
        let answer = match within(PATIENCE, answer).await {
            Some(Ok(refusal)) => Answer { reached: Reached::Yes, refusal },
            Some(Err(_)) => Answer::none(Reached::No),
            None => Answer::none(Reached::TooLate),
        };
        // What is left of the answer is of no interest.
        abort.abort();
        answer
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

/// What a receiver says that refuses, where it may be read.
async fn refusal(response: &Response) -> Option<Refusal> {
    let status = response.status();
    if status < 400 {
        return None;
    }
    let mut body = Vec::new();
    // An answer that ends early has no such words.
    let _ = read(response, &mut body).await;
    let fields = response_fields(&String::from_utf8_lossy(&body)).filter(|fields| fields.has_status_code)?;
    Some(Refusal { status, message: fields.status_message?.chars().take(MAX_QUOTED).collect() })
}
