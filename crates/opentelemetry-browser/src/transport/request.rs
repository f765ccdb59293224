//! What goes to a receiver, and what comes back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::platform::FetchRequest;

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
