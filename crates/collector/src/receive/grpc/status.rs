//! How a call that was not taken is answered: a number, words, and when to come again.

use axum::{
    http::{HeaderName, HeaderValue},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use prost::Message;

use super::head;
use crate::ingest::Refusal;

pub const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

pub const UNIMPLEMENTED: i32 = 12;

#[derive(Debug)]
pub struct Status {
    code: i32,
    message: String,
    /// In seconds.
    retry_after: Option<u64>,
}

impl Status {
    pub fn new(code: i32, message: String) -> Self {
        Self { code, message, retry_after: None }
    }

    /// After how many seconds it may be sent again, if it may.
    pub fn after(self, retry_after: Option<u64>) -> Self {
        Self { retry_after, ..self }
    }

    pub fn response(self) -> Response {
        let Self { code, message, retry_after } = self;
        let mut response = head();
        let headers = response.headers_mut();
        headers.insert(STATUS, code.into());
        headers.extend(HeaderValue::from_str(&percent_encoded(&message)).ok().map(|value| (MESSAGE, value)));
        if let Some(seconds) = retry_after {
            let delay = Delay { seconds: i64::try_from(seconds).unwrap_or(i64::MAX) };
            let value = RetryInfo { delay: Some(delay) }.encode_to_vec();
            let info = Any { type_url: "type.googleapis.com/google.rpc.RetryInfo".into(), value };
            let details = RpcStatus { code, message, details: vec![info] }.encode_to_vec();
            let value = HeaderValue::from_str(&BASE64_STANDARD_NO_PAD.encode(details));
            headers.extend(value.ok().map(|value| (DETAILS, value)));
        }
        response
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code(), retry_after: refusal.retry_after(), message: refusal.into_message() }
    }
}

/// As the protocol wants words in a header: printable ASCII stays, but for the sign itself.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' => out += "%25",
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_printable() {
        assert_eq!(percent_encoded("50% of \"é\"\n"), "50%25 of \"%C3%A9\"%0A");
    }
}
