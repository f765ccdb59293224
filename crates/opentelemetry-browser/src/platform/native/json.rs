//! Reading the few fields of a response that matter, with serde_json.

use serde_json::Value;

use super::super::ResponseFields;

/// The fields of an `ExportTraceServiceResponse`, or that of another signal, whose number of rejected records is called `rejected`, or
/// of a `google.rpc.Status`; `None` if `text` is no JSON object.
pub(crate) fn response_fields(text: &str, rejected: &str) -> Option<ResponseFields> {
    let value: Value = serde_json::from_str(text).ok()?;
    let object = value.as_object()?;
    let partial = object.get("partialSuccess");
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let rejected = partial.and_then(|partial| partial.get(rejected));
    Some(ResponseFields {
        rejected: rejected
            .and_then(|count| count.as_f64().or_else(|| count.as_str()?.parse().ok()))
            .map(|count| count as u64),
        error_message: text(partial.and_then(|partial| partial.get("errorMessage"))),
        status_message: text(object.get("message")),
        has_status_code: object.get("code").is_some_and(Value::is_number),
    })
}
