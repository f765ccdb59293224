//! The OTLP endpoint of all the compared: it answers at once, and reads what came when it is asked to. Each has a path of its own.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use tokio::task::JoinHandle;

type Requests = Arc<Mutex<HashMap<String, Vec<Request>>>>;

struct Request {
    is_compressed: bool,
    body: Bytes,
}

/// Drop ends it.
pub struct Receiver {
    url: String,
    requests: Requests,
    task: JoinHandle<()>,
}

/// What came from one of the compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Different spans.
    pub spans: usize,
    /// Of all bodies, as they came.
    pub bytes: usize,
    pub requests: usize,
}

impl Receiver {
    pub async fn start() -> Self {
        let requests = Requests::default();
        let routes = Router::new()
            .route("/{peer}/v1/traces", post(receive).options(async || allowed(Response::default())))
            .route("/{peer}/v1/logs", post(async |_: Bytes| taken()).options(async || allowed(Response::default())))
            .layer(DefaultBodyLimit::disable())
            .with_state(requests.clone());
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let serve = async move { axum::serve(listener, routes).await.expect("the receiver runs") };
        Self { url: format!("http://localhost:{port}"), requests, task: tokio::spawn(serve) }
    }

    /// The endpoint of one of the compared.
    pub fn endpoint(&self, peer: &str) -> String {
        format!("{}/{peer}", self.url)
    }

    /// Reads what came from one of the compared since the last call.
    pub fn take(&self, peer: &str) -> Result<Received, String> {
        let requests = lock(&self.requests).remove(peer).unwrap_or_default();
        let mut received = Received { requests: requests.len(), ..Received::default() };
        let mut ids = HashSet::new();
        for Request { is_compressed, body } in requests {
            received.bytes += body.len();
            let json = if is_compressed { inflate(&body)? } else { body.to_vec() };
            let message: Message =
                serde_json::from_slice(&json).map_err(|error| format!("{peer} sent no OTLP JSON: {error}"))?;
            ids.extend(message.span_ids());
        }
        received.spans = ids.len();
        Ok(received)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(requests: &Requests) -> MutexGuard<'_, HashMap<String, Vec<Request>>> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(
    State(requests): State<Requests>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_compressed = headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    lock(&requests).entry(peer).or_default().push(Request { is_compressed, body });
    taken()
}

fn taken() -> Response {
    allowed(([(header::CONTENT_TYPE, "application/json")], "{\"partialSuccess\":{}}").into_response())
}

/// With the page's origin allowed, and asked about once.
fn allowed(mut response: Response) -> Response {
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type,content-encoding"),
        (header::ACCESS_CONTROL_MAX_AGE, "7200"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn inflate(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut json = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut json).map_err(|error| format!("no gzip: {error}"))?;
    Ok(json)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans {
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Deserialize)]
struct ScopeSpans {
    spans: Vec<Span>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    span_id: String,
}

impl Message {
    fn span_ids(self) -> impl Iterator<Item = String> {
        let scopes = self.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).map(|span| span.span_id)
    }
}
