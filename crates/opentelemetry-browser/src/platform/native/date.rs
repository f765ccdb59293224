//! Dates in headers.

use std::time::SystemTime;

/// Milliseconds since the Unix epoch of an HTTP date; `None` if it is none.
pub(crate) fn http_date(text: &str) -> Option<f64> {
    let date = httpdate::parse_http_date(text).ok()?;
    date.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_millis() as f64)
}
