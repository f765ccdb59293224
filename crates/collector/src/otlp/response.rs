//! The answers of OTLP/HTTP: `ExportTraceServiceResponse` for success, `google.rpc.Status` for failure, in JSON or protobuf
//! as the request was.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use serde_json::{Value, json};

use super::{intake::Verdict, media::Format};

/// After how many seconds one who found no room may come again: requests are done within milliseconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// The same when the disk failed, which takes longer to be mended.
const RETRY_AFTER_FAILURE: HeaderValue = HeaderValue::from_static("5");

/// Why a request got no success; the text goes to the sender.
#[derive(Debug)]
pub enum Failure {
    BadRequest(String),
    Forbidden(String),
    NotFound(String),
    MethodNotAllowed(String),
    Timeout(String),
    PayloadTooLarge(String),
    Unsupported(Unsupported, String),
    /// It has come through this collector before.
    Loop(String),
    Overloaded,
    Unavailable(String),
    /// Too much waits to be forwarded.
    QueueFull(String),
    Internal,
}

/// What is not read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    Grpc,
    ContentType,
    ContentEncoding,
}

impl Failure {
    /// Says more, where it says something that depends on what was sent.
    pub fn and(mut self, more: &str) -> Self {
        match &mut self {
            Self::BadRequest(message)
            | Self::Timeout(message)
            | Self::PayloadTooLarge(message)
            | Self::Unavailable(message) => {
                message.push_str("; ");
                message.push_str(more);
            }
            _ => {}
        }
        self
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

pub fn success(format: Format, verdict: Verdict) -> Response {
    let Verdict { rejected, message, .. } = verdict;
    let full = rejected == 0 && message.is_empty();
    match format {
        Format::Json if full => json_response(StatusCode::OK, &json!({ "partialSuccess": {} })),
        Format::Json => {
            // A 64-bit integer, so a string.
            let partial = json!({ "rejectedSpans": rejected.to_string(), "errorMessage": message });
            json_response(StatusCode::OK, &json!({ "partialSuccess": partial }))
        }
        Format::Protobuf => {
            let rejected_spans = i64::try_from(rejected).unwrap_or(i64::MAX);
            let partial = ExportTracePartialSuccess { rejected_spans, error_message: message };
            let partial_success = (!full).then_some(partial);
            protobuf_response(StatusCode::OK, &ExportTraceServiceResponse { partial_success })
        }
    }
}

impl Failure {
    /// The second number is the gRPC status code that goes with it.
    pub fn into_parts(self) -> (StatusCode, i32, String) {
        match self {
            Failure::BadRequest(message) => (StatusCode::BAD_REQUEST, 3, message),
            Failure::Forbidden(message) => (StatusCode::FORBIDDEN, 7, message),
            Failure::NotFound(message) => (StatusCode::NOT_FOUND, 5, message),
            Failure::MethodNotAllowed(message) => (StatusCode::METHOD_NOT_ALLOWED, 12, message),
            Failure::Timeout(message) => (StatusCode::REQUEST_TIMEOUT, 4, message),
            Failure::PayloadTooLarge(message) => (StatusCode::PAYLOAD_TOO_LARGE, 8, message),
            Failure::Unsupported(_, message) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 3, message),
            Failure::Loop(message) => (StatusCode::LOOP_DETECTED, 9, message),
            Failure::Overloaded => {
                (StatusCode::TOO_MANY_REQUESTS, 8, "too much is being received at once; send it again later".into())
            }
            Failure::Unavailable(message) | Failure::QueueFull(message) => {
                (StatusCode::SERVICE_UNAVAILABLE, 14, message)
            }
            Failure::Internal => (StatusCode::INTERNAL_SERVER_ERROR, 13, "the collector failed on this request".into()),
        }
    }
}

pub fn failure(format: Format, failure: Failure) -> Response {
    let (status, code, message) = failure.into_parts();
    let mut response = match format {
        Format::Json => json_response(status, &json!({ "code": code, "message": message })),
        Format::Protobuf => protobuf_response(status, &Status { code, message }),
    };
    response.headers_mut().extend(header_of(status));
    response
}

/// The header that goes with a failure, in whichever shape it is told.
pub fn header_of(failure: StatusCode) -> Option<(HeaderName, HeaderValue)> {
    match failure {
        StatusCode::METHOD_NOT_ALLOWED => Some((header::ALLOW, HeaderValue::from_static("POST, OPTIONS"))),
        StatusCode::TOO_MANY_REQUESTS => Some((header::RETRY_AFTER, RETRY_AFTER)),
        StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, RETRY_AFTER_FAILURE)),
        _ => None,
    }
}

pub fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, Format::Json.media_type())], body.to_string()).into_response()
}

fn protobuf_response(status: StatusCode, body: &impl Message) -> Response {
    (status, [(header::CONTENT_TYPE, Format::Protobuf.media_type())], body.encode_to_vec()).into_response()
}
