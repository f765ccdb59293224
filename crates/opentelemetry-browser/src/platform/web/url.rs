//! The browser's own URL parser.

use super::super::ParsedUrl;
use super::value::text;

/// An absolute URL in its normal form.
pub(crate) fn normal(url: &str) -> Option<String> {
    let parsed = web_sys::Url::new(url).ok()?;
    text(&parsed, "href")
}

/// Parses an absolute URL as the WHATWG URL standard has it.
pub(crate) fn parse(url: &str) -> Option<ParsedUrl> {
    let parsed = web_sys::Url::new(url).ok()?;
    let part = |name| text(&parsed, name).unwrap_or_default();
    Some(ParsedUrl {
        href: part("href"),
        scheme: part("protocol").trim_end_matches(':').to_owned(),
        origin: part("origin"),
        hostname: part("hostname"),
    })
}
