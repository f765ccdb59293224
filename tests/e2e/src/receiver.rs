//! A receiver that takes every POST, with any CORS settings, and remembers what it was asked. Drop ends it.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get_service;
use serde_json::Value;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

/// Where a redirect leads to: a page that every browser is given.
const LOGIN: &str = "/login";

/// The CORS headers of every answer.
#[derive(Clone, Default)]
pub struct Cors {
    /// `Access-Control-Allow-Origin`
    pub origin: Option<String>,
    /// `Access-Control-Allow-Headers`
    pub headers: Option<String>,
}

impl Cors {
    fn header_map(&self) -> HeaderMap {
        let allowed = [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, &self.origin),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, &self.headers),
        ];
        let set = |(name, value): (HeaderName, &Option<String>)| {
            value.as_deref().map(|value| (name, HeaderValue::from_str(value).expect("a header's value is plain text")))
        };
        allowed.into_iter().filter_map(set).collect()
    }
}

const TAKEN: Answer = Answer { status: 200, body: "{}" };

/// What every POST is answered with.
#[derive(Clone, Copy)]
pub struct Answer {
    pub status: u16,
    pub body: &'static str,
}

/// A request.
#[derive(Clone)]
pub struct Seen {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub struct Receiver {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// One that takes everything.
    pub async fn start(cors: Cors) -> Self {
        Self::answering(cors, TAKEN).await
    }

    pub async fn answering(cors: Cors, answer: Answer) -> Self {
        Self::with_headers(cors.header_map(), answer).await
    }

    /// One without CORS whose answers are for its own origin only, as frameworks have it that care for security.
    pub async fn for_its_own_origin() -> Self {
        let policy = (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
        Self::with_headers(HeaderMap::from_iter([policy]), TAKEN).await
    }

    /// One that looks at each POST before it answers.
    pub async fn judging(cors: Cors, judge: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::with_judge(cors.header_map(), judge).await
    }

    /// One of the same origin as a page: it serves the files of a folder as well.
    pub async fn beside(folder: &Path) -> Self {
        Self::with(HeaderMap::new(), |_| TAKEN, Some(ServeDir::new(folder))).await
    }

    async fn with_headers(sent: HeaderMap, answer: Answer) -> Self {
        Self::with_judge(sent, move |_| answer).await
    }

    async fn with_judge(sent: HeaderMap, judge: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::with(sent, judge, None).await
    }

    async fn with(
        sent: HeaderMap,
        judge: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
        files: Option<ServeDir>,
    ) -> Self {
        let judge = Arc::new(judge);
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let noted = seen.clone();
        let answer = async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| -> Response {
            let request = Seen { method, path: uri.path().to_owned(), headers, body };
            let (status, text) = match request.method {
                Method::POST => {
                    let answer = judge(&request);
                    (StatusCode::from_u16(answer.status).expect("a status"), answer.body)
                }
                Method::OPTIONS => (StatusCode::NO_CONTENT, ""),
                // Where a redirect leads to.
                Method::GET if uri.path() == LOGIN => (StatusCode::OK, "<!doctype html><title>Log in</title>"),
                _ => (StatusCode::METHOD_NOT_ALLOWED, ""),
            };
            noted.lock().expect("no test panics here").push(request);
            let mut response = (status, sent.clone(), text).into_response();
            if status.is_redirection() {
                response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(LOGIN));
            }
            response
        };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let all = match files {
            None => Router::new().fallback(answer),
            Some(files) => Router::new().fallback_service(get_service(files).fallback(answer)),
        };
        let serve = async move { axum::serve(listener, all).await.expect("the receiver runs") };
        Self { url: format!("http://127.0.0.1:{port}"), seen, task: tokio::spawn(serve) }
    }

    /// How many requests of this method came.
    pub fn count(&self, method: Method) -> usize {
        self.requests().iter().filter(|seen| seen.method == method).count()
    }

    /// The log records that came so far.
    pub fn logs(&self) -> Vec<Value> {
        self.items(["/v1/logs", "resourceLogs", "scopeLogs", "logRecords"])
    }

    /// The spans that came so far.
    pub fn spans(&self) -> Vec<Value> {
        self.items(["/v1/traces", "resourceSpans", "scopeSpans", "spans"])
    }

    fn items(&self, [path, resources, scopes, items]: [&str; 4]) -> Vec<Value> {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let posts = self.requests().into_iter().filter(|seen| seen.method == Method::POST && seen.path == path);
        let body = |post: Seen| serde_json::from_slice::<Value>(&post.body).expect("the page sends JSON");
        let resources = posts.flat_map(|post| list(&body(post)[resources]));
        let scopes: Vec<Value> = resources.flat_map(|resource| list(&resource[scopes])).collect();
        scopes.iter().flat_map(|scope| list(&scope[items])).collect()
    }

    /// What came so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.seen.lock().expect("no test panics here").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}
