//! By OTLP/HTTP, in protobuf.

use std::time::SystemTime;

use axum::{
    body::Bytes,
    http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy;

use super::{
    super::{Target, answer, queue::Record, retry, route},
    Connector, Exchanged, Outcome,
};

/// How much of an answer is read for its words.
const ANSWER: usize = 64 << 10;

pub type Client = legacy::Client<Connector, Full<Bytes>>;

pub fn client(connector: Connector) -> Client {
    super::builder().build(connector)
}

pub async fn exchange(client: &Client, target: &Target, url: Uri, record: Record) -> Exchanged {
    let mut headers = target.headers.clone();
    headers.insert(route::HEADER, record.route.parse()?);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    let mut body = record.body;
    if target.gzip {
        body = tokio::task::spawn_blocking(move || super::gzip(&body)).await??;
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    // hyper leaves it out for an empty body, and some servers then ask for it.
    headers.insert(header::CONTENT_LENGTH, body.len().into());
    let mut request = Request::builder().method(Method::POST).uri(url).body(Full::new(body))?;
    *request.headers_mut() = headers;
    Ok(judge(target, client.request(request).await?).await)
}

async fn judge(target: &Target, response: Response<Incoming>) -> Outcome {
    let status = response.status();
    let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|value| retry::retry_after(value, SystemTime::now()));
    // The words are a courtesy: without them the status has to do.
    let body = Limited::new(response.into_body(), ANSWER).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    if status.is_success() {
        return Outcome::Delivered(answer::remark(body).map(|remark| target.quote(&remark)));
    }
    let words = target.quote(&answer::words(&body));
    let why = if words.is_empty() { format!("it answered {status}") } else { format!("it answered {status}: {words}") };
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::Stopped(why),
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Outcome::Failed { why, after },
        _ => Outcome::Refused(why),
    }
}
