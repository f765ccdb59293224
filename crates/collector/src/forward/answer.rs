//! What an endpoint says with a success: perhaps that it did not take every span.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use serde_json::Value;

use crate::ingest::media::Format;

/// The words about spans that were not taken, or were taken with a warning. None for full success, and for whatever cannot
/// be read: the status has said that it is one.
pub fn remark(body: &[u8], format: Format) -> Option<String> {
    let (rejected, message) = match format {
        Format::Json => {
            let answer: Value = serde_json::from_slice(body).ok()?;
            let partial = answer.get("partialSuccess")?;
            let rejected = partial.get("rejectedSpans").map_or("0".into(), |count| match count {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let message = partial.get("errorMessage").and_then(Value::as_str).unwrap_or_default().to_owned();
            (rejected.parse().unwrap_or(0), message)
        }
        Format::Protobuf => {
            let partial = ExportTraceServiceResponse::decode(body).ok()?.partial_success?;
            (partial.rejected_spans, partial.error_message)
        }
    };
    match (rejected, message.is_empty()) {
        (0, true) => None,
        (0, false) => Some(format!("it warns: {message}")),
        (rejected, true) => Some(format!("it rejected spans, {rejected} of the first such request")),
        (rejected, false) => Some(format!("it rejected spans, {rejected} of the first such request: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    #[test]
    fn partial_success_in_both_formats() {
        let json = |body: &str| remark(body.as_bytes(), Format::Json);
        for nothing in ["", "{}", "x", "[]", r#"{"partialSuccess":{}}"#, r#"{"partialSuccess":{"rejectedSpans":"0"}}"#]
        {
            assert_eq!(json(nothing), None, "{nothing}");
        }
        let some = Some("it rejected spans, 3 of the first such request: too old".to_owned());
        assert_eq!(json(r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#), some);
        assert_eq!(json(r#"{"partialSuccess":{"rejectedSpans":3,"errorMessage":"too old"}}"#), some);
        assert_eq!(json(r#"{"partialSuccess":{"errorMessage":"late"}}"#), Some("it warns: late".into()));
        let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "too old".into() };
        let answer = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        assert_eq!(remark(&answer, Format::Protobuf), some);
        assert_eq!(remark(b"", Format::Protobuf), None);
        assert_eq!(remark(b"<html>", Format::Protobuf), None);
    }
}
