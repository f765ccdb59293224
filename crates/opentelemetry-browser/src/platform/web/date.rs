//! Dates in headers.

/// Milliseconds since the Unix epoch of an HTTP date; `None` if it is none.
pub(crate) fn http_date(text: &str) -> Option<f64> {
    let millis = js_sys::Date::parse(text);
    millis.is_finite().then_some(millis)
}
