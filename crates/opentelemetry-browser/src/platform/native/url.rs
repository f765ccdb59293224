//! The WHATWG URL parser of the `url` crate.

use super::super::ParsedUrl;

/// An absolute URL in its normal form.
pub(crate) fn normal(url: &str) -> Option<String> {
    ::url::Url::parse(url).ok().map(String::from)
}

/// Parses an absolute URL as the WHATWG URL standard has it.
pub(crate) fn parse(url: &str) -> Option<ParsedUrl> {
    let parsed = ::url::Url::parse(url).ok()?;
    Some(ParsedUrl {
        href: parsed.as_str().to_owned(),
        scheme: parsed.scheme().to_owned(),
        origin: parsed.origin().ascii_serialization(),
        hostname: parsed.host_str().unwrap_or_default().to_owned(),
    })
}
