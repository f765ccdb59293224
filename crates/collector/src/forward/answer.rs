//! What an endpoint says with a success: perhaps that it did not take everything.

use axum::body::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

/// The words about records that were not taken, or were taken with a warning. None for full success, and for whatever cannot be
/// read: the status has said that it is one. The answers of the three signals have the same form.
pub fn remark(body: Bytes) -> Option<String> {
    let partial = ExportTraceServiceResponse::decode(body).ok()?.partial_success?;
    match (partial.rejected_spans, partial.error_message) {
        (0, message) if message.is_empty() => None,
        (0, message) => Some(format!("it warns: {message}")),
        (rejected, message) if message.is_empty() => {
            Some(format!("it rejected records, {rejected} of the first such request"))
        }
        (rejected, message) => Some(format!("it rejected records, {rejected} of the first such request: {message}")),
    }
}

/// The words of a refusal: the message of a `google.rpc.Status`, or else the text that it is.
pub fn words(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) if !text.starts_with('\u{8}') && !text.starts_with('\u{12}') => text.to_owned(),
        _ => tonic_types::Status::decode(body)
            .map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |status| status.message),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    #[test]
    fn partial_success_is_told() {
        let told = |rejected_spans, error_message: &str| {
            let partial = ExportTracePartialSuccess { rejected_spans, error_message: error_message.into() };
            remark(ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec().into())
        };
        assert_eq!(told(0, ""), None);
        assert_eq!(told(0, "late"), Some("it warns: late".into()));
        assert_eq!(told(3, ""), Some("it rejected records, 3 of the first such request".into()));
        assert_eq!(told(3, "too old"), Some("it rejected records, 3 of the first such request: too old".into()));
        let status = tonic_types::Status { code: 16, message: "no such key".into(), details: Vec::new() };
        assert_eq!(words(&status.encode_to_vec()), "no such key");
        assert_eq!(words(b"<html>"), "<html>");
        for nothing in [&b""[..], b"<html>", b"{}"] {
            assert_eq!(remark(Bytes::from_static(nothing)), None);
        }
    }
}
