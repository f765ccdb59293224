//! Reading the few fields of a response that matter, with the parser that every engine has built in.

use super::super::ResponseFields;
use super::value::{get, text as text_of};

/// The fields of an `ExportTraceServiceResponse`, or that of another signal, whose number of rejected records is called `rejected`, or
/// of a `google.rpc.Status`; `None` if `text` is no JSON object.
pub(crate) fn response_fields(text: &str, rejected: &str) -> Option<ResponseFields> {
    let value = js_sys::JSON::parse(text).ok()?;
    if !value.is_object() {
        return None;
    }
    let partial = get(&value, "partialSuccess");
    let rejected = get(&partial, rejected);
    // A 64-bit integer is a string in OTLP JSON, but receivers send numbers too.
    let rejected = rejected.as_f64().map(|count| count as u64).or_else(|| rejected.as_string()?.parse().ok());
    Some(ResponseFields {
        rejected,
        error_message: text_of(&partial, "errorMessage"),
        status_message: text_of(&value, "message"),
        has_status_code: get(&value, "code").as_f64().is_some(),
    })
}
