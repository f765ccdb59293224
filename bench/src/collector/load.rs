//! Sends requests as fast as they are answered, over a few connections, until every one is taken.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::{body::Bytes, http};
use http_body_util::BodyExt;
use reqwest::{Client, Response, StatusCode, header};

/// As many senders as a small team's browsers and services are at the same moment.
const SENDERS: usize = 4;
/// Who is told to come again later does.
const PAUSE: Duration = Duration::from_millis(20);
/// Then nothing is measured any more.
const ATTEMPTS: usize = 3_000;
/// What gRPC answers, by number.
const TAKEN: &str = "0";
const LATER: [&str; 2] = ["8", "14"];

/// By what requests are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Protocol {
    Json,
    Protobuf,
    Grpc,
}

/// Where they are sent to, of a program.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub http: String,
    pub grpc: String,
}

enum Answer {
    Taken,
    Later,
}

/// How often a request had to be sent again. Each sender has a connection of its own.
pub async fn send(to: &Receiver, by: Protocol, requests: &[Bytes]) -> Result<usize, String> {
    let (next, again) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let sender = async || {
        let client = client(by)?;
        while let Some(body) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            again.fetch_add(post(&client, to, by, body).await?, Ordering::Relaxed);
        }
        Ok::<_, String>(())
    };
    let senders: [_; SENDERS] = std::array::from_fn(|_| sender());
    let [a, b, c, d] = senders;
    tokio::try_join!(a, b, c, d)?;
    Ok(again.load(Ordering::Relaxed))
}

pub fn client(by: Protocol) -> Result<Client, String> {
    let builder = Client::builder();
    let builder = if by == Protocol::Grpc { builder.http2_prior_knowledge() } else { builder };
    builder.build().map_err(|error| format!("no HTTP client: {error}"))
}

/// How often it was refused before it was taken.
pub async fn post(client: &Client, to: &Receiver, by: Protocol, body: &Bytes) -> Result<usize, String> {
    let (url, content_type) = match by {
        Protocol::Json => (format!("{}/v1/traces", to.http), "application/json"),
        Protocol::Protobuf => (format!("{}/v1/traces", to.http), "application/x-protobuf"),
        Protocol::Grpc => {
            (format!("{}/opentelemetry.proto.collector.trace.v1.TraceService/Export", to.grpc), "application/grpc")
        }
    };
    for attempt in 0..ATTEMPTS {
        let request = client.post(&url).header(header::CONTENT_TYPE, content_type).header(header::TE, "trailers");
        let response = request.body(body.clone()).send().await.map_err(|error| format!("{url}: {error:?}"))?;
        match judge(response, by).await.map_err(|why| format!("{url}: {why}"))? {
            Answer::Taken => return Ok(attempt),
            Answer::Later => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(format!("{url} takes nothing any more"))
}

async fn judge(response: Response, by: Protocol) -> Result<Answer, String> {
    let status = response.status();
    match status {
        StatusCode::OK if by == Protocol::Grpc => {}
        StatusCode::OK => return response.bytes().await.map(|_| Answer::Taken).map_err(|error| error.to_string()),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => return Ok(Answer::Later),
        _ => return Err(format!("{status}: {}", response.text().await.unwrap_or_default())),
    }
    let (head, body) = http::Response::<reqwest::Body>::from(response).into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?;
    let told = |headers: &http::HeaderMap| Some(headers.get("grpc-status")?.to_str().ok()?.to_owned());
    match body.trailers().and_then(told).or_else(|| told(&head.headers)) {
        Some(code) if code == TAKEN => Ok(Answer::Taken),
        Some(code) if LATER.contains(&&*code) => Ok(Answer::Later),
        code => Err(format!("gRPC status {code:?}")),
    }
}
