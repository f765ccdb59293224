//! The answers of OTLP/HTTP: `ExportTraceServiceResponse` for success, `google.rpc.Status` for failure, both in JSON as the
//! requests are.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::intake::Rejected;

/// Why a request got no success; the text goes to the sender.
#[derive(Debug)]
pub enum Failure {
    BadRequest(String),
    NotFound(String),
    MethodNotAllowed(String),
    PayloadTooLarge(String),
    UnsupportedMediaType(String),
    Internal,
}

pub fn success(rejected: &Rejected) -> Response {
    let partial = match rejected.spans {
        0 => json!({}),
        // A 64-bit integer, so a string.
        spans => json!({ "rejectedSpans": spans.to_string(), "errorMessage": rejected.message }),
    };
    json_response(StatusCode::OK, &json!({ "partialSuccess": partial }))
}

pub fn failure(failure: &Failure) -> Response {
    // The second number is the gRPC status code that goes with it.
    let (status, code, message) = match failure {
        Failure::BadRequest(message) => (StatusCode::BAD_REQUEST, 3, message.as_str()),
        Failure::NotFound(message) => (StatusCode::NOT_FOUND, 5, message.as_str()),
        Failure::MethodNotAllowed(message) => (StatusCode::METHOD_NOT_ALLOWED, 12, message.as_str()),
        Failure::PayloadTooLarge(message) => (StatusCode::PAYLOAD_TOO_LARGE, 8, message.as_str()),
        Failure::UnsupportedMediaType(message) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 3, message.as_str()),
        Failure::Internal => (StatusCode::INTERNAL_SERVER_ERROR, 13, "the collector failed on this request"),
    };
    let mut response = json_response(status, &json!({ "code": code, "message": message }));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"));
    }
    response
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
