//! A receiver with one fault: each request is judged by its number, its age and its content, and what was taken in is counted by name.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// A POST, as a fault sees it.
pub struct Posted<'a> {
    /// How many came to this path before it.
    pub number: usize,
    /// Since the first request of all.
    pub age: Duration,
    pub headers: &'a HeaderMap,
    pub names: &'a [String],
}

/// What is done with it.
pub enum Verdict {
    /// It is taken in, and answered with 200 and these words.
    Take(String),
    /// The same, but so much later.
    TakeSlowly(Duration),
    /// It is taken in, and then the connection ends without an answer.
    TakeAndHangUp,
    /// It is not taken in, and answered with this status and these headers.
    Refuse(u16, Vec<(&'static str, String)>),
    /// It is not taken in, and the answer is for other origins.
    RefuseOrigin,
}

/// What becomes of connections before anything is read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Door {
    #[default]
    Open,
    /// Nothing listens for so long.
    Closed(Duration),
    /// They are reset for so long.
    Resets(Duration),
}

type Judge = dyn Fn(&Posted<'_>) -> Verdict + Send + Sync;

#[derive(Default)]
struct Seen {
    begun: Option<Instant>,
    requests: BTreeMap<String, usize>,
    /// By path and name.
    taken: BTreeMap<(String, String), usize>,
}

/// A port that refuses connections until its socket listens, and that nobody else can take.
pub fn closed() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("loopback has a free port");
    let port = socket.local_addr().expect("a socket has an address").port();
    (socket, port)
}

/// Drop ends it.
pub struct FaultyReceiver {
    pub url: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl FaultyReceiver {
    /// The time of a door that is not open begins now.
    pub fn start(door: Door, judge: impl Fn(&Posted<'_>) -> Verdict + Send + Sync + 'static) -> Self {
        let (seen, judge): (_, Arc<Judge>) = (Arc::<Mutex<Seen>>::default(), Arc::new(judge));
        let (socket, port) = closed();
        let noted = seen.clone();
        let task = tokio::spawn(async move {
            if let Door::Closed(time) = door {
                tokio::time::sleep(time).await;
            }
            let (begun, listener) = (Instant::now(), socket.listen(256).expect("it listens"));
            while let Ok((stream, _)) = listener.accept().await {
                if matches!(door, Door::Resets(time) if begun.elapsed() < time) {
                    // Closed without what is usual: the other side is told of a reset.
                    let _ = stream.set_zero_linger();
                    continue;
                }
                tokio::spawn(serve(stream, noted.clone(), judge.clone()));
            }
        });
        Self { url: format!("http://127.0.0.1:{port}"), seen, task }
    }

    /// How many different records of a path have arrived, and how many of them more than once.
    pub fn taken(&self, path: &str) -> (usize, usize) {
        let seen = self.seen.lock().expect("no test panics here");
        let counts: Vec<_> = seen.taken.iter().filter(|((of, _), _)| of == path).map(|(_, count)| *count).collect();
        (counts.len(), counts.iter().filter(|count| **count > 1).count())
    }
}

impl Drop for FaultyReceiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, seen: Arc<Mutex<Seen>>, judge: Arc<Judge>) {
    let service = service_fn(move |request| answer(request, seen.clone(), judge.clone()));
    // A connection that a fault has ended is one.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<hyper::body::Incoming>,
    seen: Arc<Mutex<Seen>>,
    judge: Arc<Judge>,
) -> Result<Response<Body>, io::Error> {
    if request.method() == Method::OPTIONS {
        return Ok(allowed(StatusCode::NO_CONTENT, &[], String::new()));
    }
    if request.method() != Method::POST {
        return Ok(allowed(StatusCode::METHOD_NOT_ALLOWED, &[], String::new()));
    }
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let body = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let names = names(&serde_json::from_slice(&body).map_err(io::Error::other)?);
    let verdict = {
        let mut seen = seen.lock().expect("no test panics here");
        let age = seen.begun.get_or_insert_with(Instant::now).elapsed();
        // One without records only asks whether anybody is there.
        let number = match seen.requests.entry(path.clone()).or_default() {
            number if names.is_empty() => *number,
            number => std::mem::replace(number, *number + 1),
        };
        let verdict = judge(&Posted { number, age, headers: &headers, names: &names });
        if matches!(verdict, Verdict::Take(_) | Verdict::TakeSlowly(_) | Verdict::TakeAndHangUp) {
            names.into_iter().for_each(|name| *seen.taken.entry((path.clone(), name)).or_default() += 1);
        }
        verdict
    };
    match verdict {
        Verdict::Take(words) => Ok(allowed(StatusCode::OK, &[], words)),
        Verdict::TakeSlowly(time) => {
            tokio::time::sleep(time).await;
            Ok(allowed(StatusCode::OK, &[], "{}".to_owned()))
        }
        Verdict::TakeAndHangUp => Err(io::Error::other("the fault")),
        Verdict::Refuse(status, headers) => {
            Ok(allowed(StatusCode::from_u16(status).expect("a status"), &headers, String::new()))
        }
        Verdict::RefuseOrigin => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::FORBIDDEN;
            Ok(response)
        }
    }
}

fn allowed(status: StatusCode, headers: &[(&'static str, String)], body: String) -> Response<Body> {
    let mut response = Response::builder()
        .status(status)
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type,authorization")
        .header(header::ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after");
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(Body::from(body)).expect("a response")
}

/// The names of a request's records.
pub fn names(body: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let resources = [list(&body["resourceSpans"]), list(&body["resourceLogs"])].concat();
    let scopes =
        resources.iter().flat_map(|resource| [list(&resource["scopeSpans"]), list(&resource["scopeLogs"])].concat());
    let records = scopes.flat_map(|scope| [list(&scope["spans"]), list(&scope["logRecords"])].concat());
    let name = |record: Value| record["name"].as_str().or(record["eventName"].as_str()).map(str::to_owned);
    records.map(|record| name(record).expect("every record has a name")).collect()
}
