//! One attempt to hand a request on, and what became of it.
//!
//! Each has a connection of its own: requests are few and large, and a kept connection that the other side has closed
//! would look like an outage.

use std::{
    error::Error,
    io,
    time::{Duration, SystemTime},
};

use axum::{
    body::Bytes,
    http::{HeaderValue, Method, Request, Response, StatusCode, header},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time::timeout};

use super::{Relayed, Target, answer, retry, route};
use crate::{
    ingest::media::{Encoding, Format},
    receive::http::media_type,
};

/// How long an attempt may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How much of an answer is read for its words.
const ANSWER: usize = 64 << 10;

#[derive(Debug)]
pub enum Outcome {
    /// With what the other side says about spans that it did not take.
    Delivered(Option<String>),
    /// Sending it again would change nothing.
    Refused(String),
    /// May be sent again, not before the pause that the other side asks for.
    Failed { why: String, after: Option<Duration> },
}

pub async fn attempt(target: &Target, relayed: &Relayed) -> Outcome {
    let failed = |why: String| Outcome::Failed { why, after: None };
    match timeout(LIMIT, exchange(target, relayed)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => failed(words(error.as_ref())),
        Err(_) => failed(format!("no answer within {} s", LIMIT.as_secs())),
    }
}

async fn exchange(target: &Target, relayed: &Relayed) -> Result<Outcome, Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Ends with this attempt, however that ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request(target, relayed)?).await?;
    Ok(judge(target, relayed.format, response).await)
}

fn request(target: &Target, relayed: &Relayed) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    let mut request =
        Request::builder().method(Method::POST).uri(&target.path).body(Full::new(relayed.body.clone()))?;
    let headers = request.headers_mut();
    headers.extend(target.headers.clone());
    headers.insert(route::HEADER, relayed.route.clone());
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    // hyper leaves it out for an empty body, and some servers then ask for it.
    headers.insert(header::CONTENT_LENGTH, relayed.body.len().into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(relayed.format)));
    if relayed.encoding != Encoding::Identity {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(relayed.encoding.name()));
    }
    Ok(request)
}

async fn judge(target: &Target, format: Format, response: Response<Incoming>) -> Outcome {
    let status = response.status();
    let after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|value| retry::retry_after(value, SystemTime::now()));
    // The words are a courtesy: without them the status has to do.
    let body = Limited::new(response.into_body(), ANSWER).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    if status.is_success() {
        return Outcome::Delivered(answer::remark(&body, format).map(|remark| target.quote(&remark)));
    }
    let words = target.quote(&String::from_utf8_lossy(&body));
    let why = if words.is_empty() { format!("it answered {status}") } else { format!("it answered {status}: {words}") };
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Outcome::Failed { why, after },
        _ => Outcome::Refused(why),
    }
}

/// The error with its causes: the outermost alone is often "connection error".
fn words(error: &(dyn Error + 'static)) -> String {
    let mut words = match error.downcast_ref::<io::Error>() {
        Some(error) => format!("it cannot be reached: {error}"),
        None => error.to_string(),
    };
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
