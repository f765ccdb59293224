//! Sends requests as fast as they are answered, over a few connections, until every one is taken.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Client, StatusCode, header};

/// As many senders as a small team's browsers and services are at the same moment.
const SENDERS: usize = 4;
/// Who is told to come again later does.
const PAUSE: Duration = Duration::from_millis(20);
/// Then nothing is measured any more.
const ATTEMPTS: usize = 3_000;

/// How often a request had to be sent again.
pub async fn send(client: &Client, otlp: &str, requests: &'static [String]) -> Result<usize, String> {
    let (next, again) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let sender = async || {
        while let Some(body) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            again.fetch_add(post(client, otlp, body).await?, Ordering::Relaxed);
        }
        Ok::<_, String>(())
    };
    let senders: [_; SENDERS] = std::array::from_fn(|_| sender());
    let [a, b, c, d] = senders;
    tokio::try_join!(a, b, c, d)?;
    Ok(again.load(Ordering::Relaxed))
}

/// How often it was refused before it was taken.
pub async fn post(client: &Client, otlp: &str, body: &'static str) -> Result<usize, String> {
    for attempt in 0..ATTEMPTS {
        let request = client.post(format!("{otlp}/v1/traces")).header(header::CONTENT_TYPE, "application/json");
        let response = request.body(body).send().await.map_err(|error| format!("{otlp} does not answer: {error}"))?;
        match response.status() {
            StatusCode::OK => return Ok(attempt),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {}
            status => return Err(format!("{otlp} answered {status}: {}", response.text().await.unwrap_or_default())),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(format!("{otlp} takes nothing any more"))
}
