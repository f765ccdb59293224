//! The browser's own URL parser.

use super::super::ParsedUrl;

/// Parses an absolute URL as the WHATWG URL standard has it.
pub(crate) fn parse(url: &str) -> Option<ParsedUrl> {
    let parsed = web_sys::Url::new(url).ok()?;
    Some(ParsedUrl {
        href: parsed.href(),
        scheme: parsed.protocol().trim_end_matches(':').to_owned(),
        origin: parsed.origin(),
        hostname: parsed.hostname(),
        has_credentials: !parsed.username().is_empty() || !parsed.password().is_empty(),
    })
}
