//! How a request gets to the receiver: the [`Transport`] trait, and `fetch` behind it.

pub(crate) mod attempt;
pub(crate) mod compression;
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
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use opentelemetry_browser::Request;
///
/// let request = Request {
///     url: "http://localhost:4318/v1/traces".into(),
///     headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
///     body: Arc::new(b"{\"resourceSpans\":[]}".to_vec()),
///     keepalive: false,
///     timeout: Duration::from_secs(10),
/// };
/// assert!(!format!("{request:?}").contains("application/json"), "what headers hold is not for logs");
/// ```
#[derive(Clone)]
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
/// let busy = Response { status: 503, retry_after: Some("30".to_owned()), ..Response::default() };
/// assert_eq!(busy.body, "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status code; 0 for a redirect whose own code the browser does not show. Redirects are not to be followed.
    pub status: u16,
    /// The `Retry-After` header, where CORS exposes it.
    pub retry_after: Option<String>,
    /// The body as text, up to 4 MiB of it.
    pub body: String,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    message: String,
    timeout: bool,
    in_doubt: bool,
}

impl TransportError {
    /// The request failed below HTTP: nothing listens, CORS or a policy refuses, the network is gone.
    pub fn network(message: impl Into<String>) -> Self {
        Self { message: message.into(), timeout: false, in_doubt: false }
    }

    /// There was no complete answer in time.
    pub fn timeout(limit: Duration) -> Self {
        Self { message: format!("no answer within {}", Micros::from(limit)), timeout: true, in_doubt: false }
    }

    /// The same failure, of a request that the browser may have gone on with when the page was left.
    pub(crate) fn in_doubt(self) -> Self {
        Self { in_doubt: true, ..self }
    }

    /// Whether the request may have arrived all the same. Sent again, it would double what has.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// What the diagnostics say of it.
    pub(crate) fn at(&self, url: &str) -> LastError {
        let cause = if self.timeout { Cause::Timeout } else { Cause::Unknown };
        let doubt =
            if self.in_doubt { "; the page was left meanwhile, and whether it has arrived is not known" } else { "" };
        LastError::new(format!("{url}: {self}{doubt}"), cause)
    }

    /// Whether the time limit was what ended the attempt.
    pub fn is_timeout(&self) -> bool {
        self.timeout
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TransportError {}

/// Carries requests to a receiver.
///
/// `send` must start the request when it is called, not when its future is first polled: while a page is being left there is
/// no later. Dropping the future gives the request up.
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
///     let _ = answer.send(Ok(Response { status: 200, ..Response::default() }));
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
