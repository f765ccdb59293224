//! How a request gets to the receiver: the [`Transport`] trait, and `fetch` behind it.

pub(crate) mod attempt;
pub(crate) mod compression;
mod local;
pub(crate) mod provider;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod sender;
pub(crate) mod unload;
#[cfg(feature = "worker")]
pub(crate) mod worker;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use local::local;
pub use provider::ProvidedHeaders;

#[cfg(feature = "advice")]
use crate::diagnostics::judgement::judge;
use crate::diagnostics::{Cause, Diagnosis, LastError};
use crate::micros::Micros;
use crate::platform::fetch::Fetcher;
use crate::platform::{FetchFailure, FetchRequest, FetchResponse};

/// A boxed future that may be sent between threads, as upstream's exporter trait wants it.
///
/// ```
/// use opentelemetry_browser::BoxFuture;
///
/// let answer: BoxFuture<u16> = Box::pin(async { 200 });
/// ```
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One OTLP request, encoded. Cloning it, for a retry, copies no payload.
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::Request;
///
/// let request = Request::new("http://localhost:4318/v1/traces", b"{\"resourceSpans\":[]}".to_vec())
///     .with_header("content-type", "application/json")
///     .with_timeout(Duration::from_secs(5));
/// assert!(!format!("{request:?}").contains("application/json"), "what headers hold is not for logs");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// Where to: an absolute http or https URL.
    pub url: Arc<str>,
    /// All headers, `Content-Type` among them.
    pub headers: Arc<[(String, String)]>,
    /// The body's bytes.
    pub body: Arc<Vec<u8>>,
    /// Whether the request must outlive the page ([Fetch: keepalive](https://fetch.spec.whatwg.org/#request-keepalive-flag)).
    pub keepalive: bool,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl Request {
    /// A request without headers that need not outlive the page, with 10 s for an attempt.
    pub fn new(url: impl Into<Arc<str>>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            url: url.into(),
            headers: Arc::new([]),
            body: Arc::new(body.into()),
            keepalive: false,
            timeout: Duration::from_secs(10),
        }
    }

    /// Sets a header; one of the same name is replaced.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        let others = self.headers.iter().filter(|(other, _)| !other.eq_ignore_ascii_case(&name)).cloned();
        self.headers = others.chain([(name.clone(), value.into())]).collect();
        self
    }

    /// Says whether it must outlive the page.
    #[must_use]
    pub fn with_keepalive(mut self, keepalive: bool) -> Self {
        self.keepalive = keepalive;
        self
    }

    /// Says how long one attempt may take.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// In the platform's terms.
    pub(crate) fn parts(&self) -> FetchRequest<'_> {
        FetchRequest {
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
            keepalive: self.keepalive,
            timeout: self.timeout,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be keys, which have no place in a log.
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Request")
            .field("url", &self.url)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .field("keepalive", &self.keepalive)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// What a receiver answered.
///
/// ```
/// use opentelemetry_browser::Response;
///
/// let busy = Response::new(503).with_retry_after("30");
/// assert_eq!(busy.body, "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status code; 0 for a redirect whose own code the browser does not show. Redirects are not to be followed.
    pub status: u16,
    /// The `Retry-After` header, where CORS exposes it.
    pub retry_after: Option<String>,
    /// The body as text, up to 4 MiB of it.
    pub body: String,
}

impl Response {
    /// An answer without a body.
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the value of the `Retry-After` header.
    #[must_use]
    pub fn with_retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }
}

/// Why there was no answer.
///
/// ```
/// use std::time::Duration;
///
/// use opentelemetry_browser::TransportError;
///
/// assert_eq!(TransportError::network("the socket is closed").to_string(), "the socket is closed");
/// assert!(TransportError::timeout(Duration::from_secs(10)).is_timeout());
/// ```
#[derive(Clone, Debug)]
pub struct TransportError {
    message: String,
    kind: Kind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Network,
    Timeout {
        in_doubt: bool,
    },
    /// The page was left meanwhile.
    InDoubt,
    /// The request was never sent.
    Unsent,
}

impl TransportError {
    fn of(message: impl Into<String>, kind: Kind) -> Self {
        Self { message: message.into(), kind, source: None }
    }

    /// The request failed below HTTP: nothing listens, CORS or a policy refuses, the network is gone.
    pub fn network(message: impl Into<String>) -> Self {
        Self::of(message, Kind::Network)
    }

    /// There was no complete answer in time.
    pub fn timeout(limit: Duration) -> Self {
        Self::of(format!("no answer within {}", Micros::from(limit)), Kind::Timeout { in_doubt: false })
    }

    /// There was nothing to send it with.
    pub(crate) fn unsent(message: impl Into<String>) -> Self {
        Self::of(message, Kind::Unsent)
    }

    /// Adds what it comes from, which is its [`source`](std::error::Error::source) then.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into().into());
        self
    }

    /// Whether the request was made at all.
    pub(crate) fn was_sent(&self) -> bool {
        self.kind != Kind::Unsent
    }

    /// The same failure, of a request that the browser may have gone on with when the page was left.
    pub(crate) fn in_doubt(self) -> Self {
        let kind = match self.kind {
            Kind::Unsent => return self,
            Kind::Timeout { .. } => Kind::Timeout { in_doubt: true },
            Kind::Network | Kind::InDoubt => Kind::InDoubt,
        };
        Self { kind, ..self }
    }

    /// Whether the request may have arrived all the same. Sent again, it would double what has.
    pub(crate) fn is_in_doubt(&self) -> bool {
        matches!(self.kind, Kind::InDoubt | Kind::Timeout { in_doubt: true })
    }

    /// What the diagnostics say of it.
    pub(crate) fn at(&self, url: &str) -> LastError {
        let cause = if self.is_timeout() { Cause::Timeout } else { Cause::Unknown };
        let doubt = if self.is_in_doubt() {
            "; the page was left meanwhile, and whether it has arrived is not known"
        } else {
            ""
        };
        LastError::new(format!("{url}: {self}{doubt}"), cause)
    }

    /// Whether the time limit was what ended the attempt.
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, Kind::Timeout { .. })
    }

    /// Whether the attempt failed below HTTP.
    pub fn is_network(&self) -> bool {
        matches!(self.kind, Kind::Network | Kind::InDoubt)
    }
}

impl PartialEq for TransportError {
    fn eq(&self, other: &Self) -> bool {
        (&self.message, self.kind) == (&other.message, other.kind)
    }
}

impl Eq for TransportError {}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Carries requests to a receiver.
///
/// `send` must start the request when it is called, not when its future is first polled: while a page is being left there is
/// no later. Dropping the future gives the request up. A future that is not `Send`, such as one around a JavaScript promise,
/// is made one by [`local`].
///
/// A transport that gives requests to another part of the page, which answers them: a worker, a native shell, a test.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use futures_channel::oneshot;
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_browser::{BoxFuture, Cause, Diagnosis, Request, Response, Telemetry, Transport, TransportError};
///
/// type Answer = oneshot::Sender<Result<Response, TransportError>>;
///
/// #[derive(Clone, Debug, Default)]
/// struct Outbox(Arc<Mutex<Vec<(Request, Answer)>>>);
///
/// impl Transport for Outbox {
///     fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
///         let (answer, answered) = oneshot::channel();
///         self.0.lock().unwrap().push((request, answer)); // it is under way from here on
///         Box::pin(async { answered.await.unwrap_or_else(|_| Err(TransportError::network("the other side is gone"))) })
///     }
///
///     fn diagnose(&self, _request: &Request) -> BoxFuture<Diagnosis> {
///         Box::pin(std::future::ready(Diagnosis::new(Cause::Unreachable).with_advice("Start the other side.")))
///     }
/// }
///
/// let outbox = Outbox::default();
/// let telemetry = Telemetry::builder().with_transport(outbox.clone()).install()?;
/// opentelemetry::global::tracer("shop").in_span("checkout", |_cx| {});
/// # #[cfg(not(target_arch = "wasm32"))] {
/// # let other_side = outbox.clone();
/// # std::thread::spawn(move || loop {
/// #     std::thread::sleep(std::time::Duration::from_millis(1));
/// // The other side:
/// for (request, answer) in other_side.0.lock().unwrap().drain(..) {
///     println!("{} bytes for {}", request.body.len(), request.url);
///     let _ = answer.send(Ok(Response::new(200)));
/// }
/// # });
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// assert_eq!(telemetry.flush().await?.delivered, 1);
/// # Ok::<(), opentelemetry_browser::FlushError>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends one request.
    ///
    /// # Errors
    /// Only if there was no HTTP answer: an answer of any status is a [`Response`].
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>>;

    /// Looks for the cause why `request` failed with a network error. This is called once per outage, and nothing that it does
    /// may make a span at the receiver. Default: the cause is not known.
    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        let _ = request;
        Box::pin(std::future::ready(Diagnosis::default()))
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        (**self).send(request)
    }

    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        (**self).diagnose(request)
    }
}

/// Sends by the `fetch` of the window or worker, as it was when this was made: what is patched into `fetch` later, to trace
/// the page's own requests, never sees the exporter's. Credentials are omitted.
///
/// ```
/// use opentelemetry_browser::{FetchTransport, Telemetry};
///
/// // Captured before a script, such as that of an instrumentation, puts its own function in the place of fetch.
/// let transport = FetchTransport::new();
/// let telemetry = Telemetry::builder().with_transport(transport).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone)]
pub struct FetchTransport {
    fetcher: Fetcher,
}

impl FetchTransport {
    /// Captures the realm's `fetch`.
    pub fn new() -> Self {
        Self { fetcher: Fetcher::capture() }
    }
}

impl fmt::Debug for FetchTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every transport is printable; a derived form is more code, which stays linked.
        f.write_str("FetchTransport")
    }
}

impl Default for FetchTransport {
    fn default() -> Self {
        Self::new()
    }
}

/// What the platform has brought, in this module's terms.
pub(crate) fn answer(outcome: Result<FetchResponse, FetchFailure>) -> Result<Response, TransportError> {
    match outcome {
        Ok(answer) => Ok(Response { status: answer.status, retry_after: answer.retry_after, body: answer.body }),
        Err(FetchFailure::Network(message)) => Err(TransportError::network(message)),
        Err(FetchFailure::Timeout(limit)) => Err(TransportError::timeout(limit)),
    }
}

impl Transport for FetchTransport {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let mut exchange = self.fetcher.start(&request.parts());
        Box::pin(async move {
            let outcome = (&mut exchange.outcome).await;
            exchange.end();
            outcome.map_or_else(|_| Err(TransportError::network("the event loop has gone")), answer)
        })
    }

    /// By at most four GETs without cookies, of 5 s each. The first shows whether anything answers, unless a Content Security Policy
    /// forbids it. Where it fails, an `EventSource` shows whether an answer is kept from this page, in engines other than Gecko.
    /// Two more show whether CORS allows this origin, and the headers too; if a receiver that refuses lets its words be read (a
    /// `google.rpc.Status`), they are the advice.
    #[cfg(feature = "advice")]
    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        let findings = self.fetcher.probe(&request.url, &request.headers);
        let (url, headers) = (request.url.clone(), request.headers.clone());
        Box::pin(async move { judge(&url, &headers, &findings.await.unwrap_or_default()) })
    }
}
