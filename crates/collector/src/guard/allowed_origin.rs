//! What `--allow-origin` takes: `*`, or an origin as browsers write it.

use axum::http::uri::Authority;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigin {
    Any,
    /// Lower-case and without its scheme's own port.
    One(String),
}

/// Reads the flag, or says what an origin is.
pub fn parse(text: &str) -> Result<AllowedOrigin, String> {
    // A list in a variable may have blanks behind its commas.
    let text = text.trim();
    if text == "*" {
        return Ok(AllowedOrigin::Any);
    }
    if text == "null" {
        return Err("pages of any site can have the origin null: to allow them all, say *".into());
    }
    let wrong = || "an origin is a scheme, a host and a port, like http://localhost:3000; or * for all".to_owned();
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let authority: Authority = rest.strip_suffix('/').unwrap_or(rest).parse().map_err(|_| wrong())?;
    let scheme_is_one = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !scheme_is_one || authority.as_str().contains('@') || authority.host().is_empty() || rest.contains('*') {
        return Err(wrong());
    }
    let scheme = scheme.to_ascii_lowercase();
    let host = authority.host().to_ascii_lowercase();
    let own_port = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    // "host:" has no port, and "host:0x50" none that is one.
    let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
        None => None,
        Some(port) => Some(port.parse::<u16>().map_err(|_| wrong())?),
    };
    Ok(AllowedOrigin::One(match port.filter(|port| Some(*port) != own_port) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_browsers_write_them() {
        let cases = [
            ("http://localhost:3000", "http://localhost:3000"),
            ("HTTP://LocalHost:3000/", "http://localhost:3000"),
            ("http://a.example:80", "http://a.example"),
            ("https://a.example:443", "https://a.example"),
            ("https://a.example:80", "https://a.example:80"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("tauri://localhost", "tauri://localhost"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Ok(AllowedOrigin::One(expected.into())), "{text}");
        }
        assert_eq!(parse("*"), Ok(AllowedOrigin::Any));
    }

    #[test]
    fn what_is_none_is_told_what_one_is() {
        for text in [
            "",
            "localhost:3000",
            "http://",
            "http://a/b",
            "http://a:b@c",
            "http://a:x",
            "http://a:",
            "://a",
            "1a://b",
            "http://*.example",
            "http://a?b",
        ] {
            assert!(parse(text).unwrap_err().contains("http://localhost:3000"), "{text}");
        }
        assert!(parse("null").unwrap_err().contains("say *"));
    }
}
