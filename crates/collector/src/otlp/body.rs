//! Reads a request body up to a limit.
//!
//! A sender that is answered and cut off in the middle of its body sees a broken connection and not the answer. So what is
//! too much is read on and thrown away, within reason, before the 413.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Request, header},
};
use http_body_util::BodyExt;

use super::response::Failure;

/// How much is read and thrown away for the sake of the answer, in multiples of the limit.
const DISCARDED: usize = 8;

pub async fn read(request: Request<Body>, limit: usize) -> Result<Bytes, Failure> {
    let too_large =
        || Failure::PayloadTooLarge(format!("the body is larger than {} MiB; send smaller batches", limit >> 20));
    let (parts, mut body) = request.into_parts();
    let declared = declared_length(&parts.headers);
    // Who asks first ("Expect: 100-continue") is told before it sends anything.
    if declared.is_some_and(|length| length > limit as u64) && parts.headers.contains_key(header::EXPECT) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(declared.map_or(0, |length| length.min(limit as u64)) as usize);
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Failure::BadRequest("the body broke off before its end".into()));
        };
        let Some(data) = frame.data_ref() else { continue };
        total = total.saturating_add(data.len());
        if total <= limit {
            bytes.extend_from_slice(data);
        } else {
            bytes = Vec::new();
            if total > limit.saturating_mul(DISCARDED) {
                break;
            }
        }
    }
    if total > limit { Err(too_large()) } else { Ok(bytes.into()) }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
