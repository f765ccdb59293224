//! The WHATWG URL parser of the `url` crate.

use super::super::ParsedUrl;

/// Parses an absolute URL as the WHATWG URL standard has it.
pub(crate) fn parse(url: &str) -> Option<ParsedUrl> {
    let parsed = ::url::Url::parse(url).ok()?;
    Some(ParsedUrl {
        href: parsed.as_str().to_owned(),
        scheme: parsed.scheme().to_owned(),
        origin: parsed.origin().ascii_serialization(),
        hostname: parsed.host_str().unwrap_or_default().to_owned(),
        has_credentials: !parsed.username().is_empty() || parsed.password().is_some(),
        has_query_or_fragment: parsed.query().is_some_and(|query| !query.is_empty())
            || parsed.fragment().is_some_and(|fragment| !fragment.is_empty()),
    })
}
