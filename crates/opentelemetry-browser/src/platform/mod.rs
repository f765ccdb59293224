//! All that differs between a browser and a native test: the only place with `web_sys`, `js_sys` and `cfg(target_arch)`.
//!
//! [`web`] is the real thing. [`native`] has the same functions on an event loop that runs while a result is awaited, so that the
//! rest of the crate, and what is built on it, is tested by plain `cargo test`; it is not a way to trace native programs.

// What only a browser does has nobody who calls it in a native build.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

#[cfg(all(target_arch = "wasm32", target_feature = "atomics"))]
compile_error!(
    "opentelemetry-browser does not support WebAssembly threads: its promises, timers and listeners belong to the thread that made \
     them. Build without `-C target-feature=+atomics`, and give each worker a module of its own: one without shared memory."
);

/// Whether nothing is recorded here: a native build is for tests, and has what they need only with the feature `native-testing`.
pub(crate) const IS_NO_OP: bool = cfg!(all(not(target_arch = "wasm32"), not(feature = "native-testing")));

#[cfg(any(feature = "sync-gzip", all(feature = "native-testing", not(target_arch = "wasm32"))))]
mod gzip;
pub(crate) mod sleep;

#[cfg(target_arch = "wasm32")]
mod web;
#[cfg(target_arch = "wasm32")]
pub(crate) use web::*;

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::*;

/// What happens to a page, in the terms of the HTML standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageEvent {
    /// `visibilitychange` to hidden: the page may live on, or never run again.
    Hidden,
    /// `visibilitychange` to visible.
    Visible,
    /// `navigate` to another document ([Navigation API](https://html.spec.whatwg.org/#navigation-api)), by a link or a script: the page
    /// will be left when that has answered, if it does.
    Leaving,
    /// `beforeunload`: the page will be left, unless its user stays. Only where there is no `fetchLater`, which does what is done then.
    Unloading,
    /// `pagehide`: the page is left; `persisted` if it may come back from the back/forward cache.
    PageHide {
        /// Whether the page goes into the back/forward cache.
        persisted: bool,
    },
    /// `pageshow`: loaded, or back from the back/forward cache.
    PageShow,
    /// `storage`: another page of the origin has left a record in `localStorage`.
    Stored,
}

/// What is known about the browser besides its user agent string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// `language`
    pub(crate) language: Option<String>,
    /// `userAgentData.brands`, each as its name and version
    pub(crate) brands: Vec<String>,
    /// `userAgentData.mobile`
    pub(crate) is_mobile: Option<bool>,
    /// `userAgentData.platform`
    pub(crate) platform: Option<String>,
}

/// Where small values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Area {
    /// For all pages of the origin: `localStorage`.
    Origin,
    /// For the pages of this tab: `sessionStorage`.
    Tab,
}

/// What a URL consists of, as far as an endpoint is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParsedUrl {
    /// The URL in its normal form.
    pub(crate) href: String,
    /// `http`, `https`, ...
    pub(crate) scheme: String,
    /// Scheme, host and port, as browsers write an origin.
    pub(crate) origin: String,
    /// The host without its port.
    pub(crate) hostname: String,
}

impl ParsedUrl {
    /// Whether it is an address of this machine, which browsers trust as they trust https.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.hostname.as_str();
        host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host.starts_with("127.")
    }

    /// Whether browsers block requests of this page to it for its scheme alone
    /// ([Mixed Content](https://www.w3.org/TR/mixed-content/#should-block-fetch)).
    pub(crate) fn is_mixed_content(&self, page: Option<&str>) -> bool {
        let is_secure = page.is_some_and(|page| page.starts_with("https://"));
        is_secure && self.scheme == "http" && !self.is_loopback()
    }
}

/// Whether a page of this origin came from this machine.
pub(crate) fn is_loopback_origin(origin: &str) -> bool {
    url::parse(origin).is_some_and(|url| url.is_loopback())
}

/// Whether a request of a probe got an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reached {
    /// There was no need to try, or no way.
    #[default]
    Untried,
    /// Some answer, of any status.
    Yes,
    /// It failed: there was no answer.
    No,
    /// It failed, and an answer that is kept from this page would look the same.
    Unclear,
    /// Neither came in time.
    TooLate,
}

/// What a probe has seen after a request had failed below HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// This page's or worker's origin, where there is such a thing.
    pub(crate) origin: Option<String>,
    /// Whether the browser says that there is no network.
    pub(crate) is_offline: bool,
    /// Whether a Content Security Policy forbade the probe.
    pub(crate) is_forbidden: bool,
    /// Whether anything answers, be it allowed to be read or not.
    pub(crate) anything: Reached,
    /// Whether CORS lets this origin read an answer.
    pub(crate) readable: Reached,
    /// Whether CORS lets it send the headers in use, too.
    pub(crate) permitted: Reached,
    /// What the receiver says in an answer that this origin may read, if it refuses.
    pub(crate) refusal: Option<Refusal>,
}

/// A receiver's own words, a `google.rpc.Status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status code of its answer.
    pub(crate) status: u16,
    /// The beginning of its `message`.
    pub(crate) message: String,
}

/// What a receiver may say in a response's body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseFields {
    /// `partialSuccess.rejectedSpans`, or what it is called for other signals.
    pub(crate) rejected: Option<u64>,
    /// `partialSuccess.errorMessage`
    pub(crate) error_message: Option<String>,
    /// `message` of a `google.rpc.Status`
    pub(crate) status_message: Option<String>,
    /// Whether there is a `code`, as in a `google.rpc.Status`.
    pub(crate) has_status_code: bool,
}

/// How much of a response's body is read: the OTLP specification's limit of 4 MiB.
pub(crate) const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// One POST.
#[derive(Debug)]
pub(crate) struct FetchRequest<'a> {
    /// Where to.
    pub(crate) url: &'a str,
    /// All headers.
    pub(crate) headers: &'a [(String, String)],
    /// The body's bytes.
    pub(crate) body: &'a [u8],
    /// Whether the request outlives the page.
    pub(crate) keepalive: bool,
    /// How long until it is aborted.
    pub(crate) timeout: std::time::Duration,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct FetchResponse {
    /// The status code; 0 for a redirect, which browsers do not show.
    pub(crate) status: u16,
    /// The `Retry-After` header, where CORS exposes it.
    pub(crate) retry_after: Option<String>,
    /// The body, as far as it was read.
    pub(crate) body: String,
}

/// Why nothing came back.
#[derive(Debug)]
pub(crate) enum FetchFailure {
    /// The engine's words: unreachable, refused by CORS or by a policy. Engines do not tell these apart.
    Network(String),
    /// No complete answer within this time.
    Timeout(std::time::Duration),
}

/// An encoded request that waits in the origin's storage. It never has the exporter's headers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredRecord {
    /// Of this layout.
    pub(crate) format: u32,
    /// Where it is to be sent to.
    pub(crate) url: String,
    /// When it was stored, in milliseconds since the Unix epoch.
    pub(crate) created: f64,
    /// How many spans it has.
    pub(crate) spans: u32,
    /// How often it has failed while others were delivered.
    pub(crate) attempts: u32,
    /// The request's bytes.
    pub(crate) body: Vec<u8>,
}
