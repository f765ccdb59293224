//! The answers of OTLP/HTTP: `ExportTraceServiceResponse` and its like for success, `google.rpc.Status` for failure, in JSON or protobuf
//! as the request was.

use std::time::Duration;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use serde_json::{Value, json};

use crate::ingest::{Refusal, Signal, media::Format, verdict::Verdict};

/// Why a request got no success; the text goes to the sender.
#[derive(Debug)]
pub enum Failure {
    Refused(Refusal),
    Forbidden(String),
    NotFound(String),
    MethodNotAllowed(String),
    Unsupported(Unsupported, String),
    /// It has no key.
    Unauthorized(String),
    /// It came too soon, by so much.
    TooFast(String, Duration),
}

/// What is not read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    ContentType,
    ContentEncoding,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// `google.rpc.Status`, without the details that nobody reads.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

pub fn success(format: Format, signal: Signal, verdict: Verdict) -> Response {
    let Verdict { rejected, message, .. } = verdict;
    let full = rejected == 0 && message.is_empty();
    match format {
        Format::Json if full => json_response(StatusCode::OK, &json!({ "partialSuccess": {} })),
        Format::Json => {
            // A 64-bit integer, so a string.
            let partial = json!({ signal.rejected(): rejected.to_string(), "errorMessage": message });
            json_response(StatusCode::OK, &json!({ "partialSuccess": partial }))
        }
        // The answers of all signals are the same bytes.
        Format::Protobuf => protobuf_response(StatusCode::OK, &export_response(rejected, message)),
    }
}

/// The answer to a request that was taken, as the services of all signals have it: the number of records that were not, and words.
pub fn export_response(rejected: usize, error_message: String) -> ExportTraceServiceResponse {
    let full = rejected == 0 && error_message.is_empty();
    let rejected_spans = i64::try_from(rejected).unwrap_or(i64::MAX);
    let partial = ExportTracePartialSuccess { rejected_spans, error_message };
    ExportTraceServiceResponse { partial_success: (!full).then_some(partial) }
}

/// What is answered to a failure.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// The gRPC status code that goes with it.
    pub code: i32,
    pub message: String,
    /// The header that goes with it, in whichever shape it is told.
    pub header: Option<(HeaderName, HeaderValue)>,
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        let of = |status, code, message| Self { status, code, message, header: None };
        match failure {
            Failure::Refused(refusal) => {
                let status = match refusal {
                    Refusal::Invalid(_) => StatusCode::BAD_REQUEST,
                    Refusal::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
                    Refusal::Slow(_) => StatusCode::REQUEST_TIMEOUT,
                    Refusal::NotTaken(_) => StatusCode::NOT_FOUND,
                    Refusal::Loop(_) => StatusCode::LOOP_DETECTED,
                    Refusal::Overloaded => StatusCode::TOO_MANY_REQUESTS,
                    Refusal::Unavailable(_) | Refusal::QueueFull(_) => StatusCode::SERVICE_UNAVAILABLE,
                    Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
                };
                let header = refusal.retry_after().map(|seconds| (header::RETRY_AFTER, seconds.into()));
                let code = if status == StatusCode::NOT_FOUND { 5 } else { refusal.code() };
                Self { header, ..of(status, code, refusal.into_message()) }
            }
            Failure::Forbidden(message) => of(StatusCode::FORBIDDEN, 7, message),
            Failure::NotFound(message) => of(StatusCode::NOT_FOUND, 5, message),
            Failure::MethodNotAllowed(message) => {
                let header = Some((header::ALLOW, HeaderValue::from_static("POST, OPTIONS")));
                Self { header, ..of(StatusCode::METHOD_NOT_ALLOWED, 12, message) }
            }
            Failure::Unauthorized(message) => {
                let header = Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
                Self { header, ..of(StatusCode::UNAUTHORIZED, 16, message) }
            }
            Failure::TooFast(message, wait) => {
                let header = Some((header::RETRY_AFTER, whole_seconds(wait).into()));
                Self { header, ..of(StatusCode::TOO_MANY_REQUESTS, 8, message) }
            }
            Failure::Unsupported(_, message) => of(StatusCode::UNSUPPORTED_MEDIA_TYPE, 3, message),
        }
    }
}

/// As `Retry-After` has them; at least one.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

pub fn failure(format: Format, failure: impl Into<Failure>) -> Response {
    let Answer { status, code, message, header } = failure.into().into();
    let mut response = match format {
        Format::Json => json_response(status, &json!({ "code": code, "message": message })),
        Format::Protobuf => protobuf_response(status, &Status { code, message }),
    };
    response.headers_mut().extend(header);
    response
}

pub fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, Format::Json.media_type())], body.to_string()).into_response()
}

fn protobuf_response(status: StatusCode, body: &impl Message) -> Response {
    (status, [(header::CONTENT_TYPE, Format::Protobuf.media_type())], body.encode_to_vec()).into_response()
}
