//! Reads a request body, up to a limit and as far as there is room.
//!
//! A sender that is answered and cut off in the middle of its body sees a broken connection and not the answer. So what is
//! too much is read on and thrown away, within reason, before it is refused.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Request, header},
};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::ingest::{Refusal, budget::Held};

/// How much is read and thrown away for the sake of the answer, in multiples of the limit.
const DISCARDED: usize = 8;

/// The body and the room that it takes. A request that was not admitted is read to its end and then refused.
pub async fn read(
    request: Request<Body>,
    limit: usize,
    idle: Duration,
    admitted: Result<Held, Refusal>,
) -> Result<(Bytes, Held), Refusal> {
    let too_large = || Refusal::TooLarge(format!("the body is larger than {} MiB; send smaller batches", limit >> 20));
    let (parts, mut body) = request.into_parts();
    let declared = declared_length(&parts.headers).unwrap_or_default();
    let mut reading = admitted.and_then(|mut held| {
        let length = usize::try_from(declared).ok().filter(|length| *length <= limit).ok_or_else(too_large)?;
        held.reserve(length)?;
        Ok(Reading { held, reserved: length, bytes: Vec::with_capacity(length) })
    });
    let mut total = 0_usize;
    loop {
        // Who asks first ("Expect: 100-continue") is told before it sends anything.
        if reading.is_err() && total == 0 && parts.headers.contains_key(header::EXPECT) {
            break;
        }
        let Some(data) = next(&mut body, idle).await? else { break };
        total = total.saturating_add(data.len());
        if total > limit {
            reading = reading.and_then(|_| Err(too_large()));
        }
        if total > limit.saturating_mul(DISCARDED) {
            break;
        }
        reading = reading.and_then(|reading| reading.with(&data));
    }
    reading.map(|reading| (reading.bytes.into(), reading.held))
}

/// What comes next of a body; none at its end.
pub async fn next(body: &mut Body, idle: Duration) -> Result<Option<Bytes>, Refusal> {
    loop {
        let frame = match timeout(idle, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(Refusal::Invalid("the body broke off before its end".into())),
            Err(_) => return Err(Refusal::Slow("the body paused for too long; send the request again".into())),
        };
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

/// Reads what is left of a body that is refused and throws it away, for the sake of the answer.
pub async fn discard(body: &mut Body, limit: usize, idle: Duration) {
    let mut total = 0_usize;
    while total <= limit.saturating_mul(DISCARDED)
        && let Ok(Some(data)) = next(body, idle).await
    {
        total += data.len();
    }
}

struct Reading {
    held: Held,
    reserved: usize,
    bytes: Vec<u8>,
}

impl Reading {
    fn with(mut self, data: &[u8]) -> Result<Self, Refusal> {
        let length = self.bytes.len() + data.len();
        if let Some(more) = length.checked_sub(self.reserved) {
            self.held.reserve(more)?;
            self.reserved = length;
        }
        self.bytes.extend_from_slice(data);
        Ok(self)
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
