//! Where requests are forwarded to: the URL and the headers of the command line, checked before anything starts.
//!
//! Both may hold keys: neither the headers nor the URL's query are ever in an error, a log line or a debug text.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header, uri::Scheme};

const PATH: &str = "/v1/traces";

/// What is relayed as it came, or belongs to the connection.
const RESERVED: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::EXPECT,
];

#[derive(Clone)]
pub struct Target {
    /// As a connection is opened to it; an IPv6 address has no brackets.
    pub host: String,
    pub port: u16,
    /// Path and query.
    pub path: String,
    pub headers: HeaderMap,
    /// The URL as it may be shown.
    pub shown: String,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown).finish()
    }
}

impl Target {
    /// From a base URL, or one that has the path already, and headers as `NAME=VALUE`.
    pub fn new(url: &str, headers: &[String]) -> Result<Self, String> {
        const EXAMPLE: &str = "give a URL like http://collector.example:4318";
        let (without_query, _) = url.split_once(['?', '#']).unwrap_or((url, ""));
        if without_query.contains('@') {
            return Err("--forward: the URL has a user name or password; \
                        give them as --forward-header 'Authorization=Basic …' instead"
                .into());
        }
        if url.contains('#') {
            return Err(format!("--forward: a URL with a fragment (#) is no endpoint; {EXAMPLE}"));
        }
        let wrong = || format!("--forward: {without_query:?} is no http URL; {EXAMPLE}");
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return Err(wrong()) };
        if *scheme == Scheme::HTTPS {
            return Err(format!(
                "--forward: https is not built in ({without_query}): forward by http to a program on this machine that \
                 adds it, such as an OpenTelemetry Collector or a reverse proxy"
            ));
        }
        if *scheme != Scheme::HTTP || authority.host().is_empty() {
            return Err(wrong());
        }
        // The parser of authorities lets "host:" pass.
        let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
            None => 80,
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?,
        };
        let base = uri.path().trim_end_matches('/');
        let path = if base.ends_with(PATH) { base.to_owned() } else { format!("{base}{PATH}") };
        let shown = format!("http://{authority}{path}");
        let path = uri.query().map(|query| format!("{path}?{query}")).unwrap_or(path);
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let host_header = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?;
        let mut headers = parse_headers(headers)?;
        headers.entry(header::HOST).or_insert(host_header);
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(concat!("collector/", env!("CARGO_PKG_VERSION"))));
        Ok(Self { host, port, path, headers, shown })
    }

    /// Somebody else's words as one short line, without what must not be shown.
    pub fn quote(&self, words: &str) -> String {
        const LENGTH: usize = 200;
        let secrets =
            self.headers.values().filter(|value| value.is_sensitive()).filter_map(|value| value.to_str().ok());
        // "Bearer KEY" may come back as KEY alone.
        let parts = secrets.flat_map(|value| value.split_whitespace().chain([value]));
        let hidden = parts.filter(|part| part.len() > 3).fold(words.to_owned(), |words, part| words.replace(part, "…"));
        let line: Vec<&str> =
            hidden.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
        line.join(" ").chars().take(LENGTH).collect()
    }
}

/// An error names a header at most, never what comes after it.
fn parse_headers(headers: &[String]) -> Result<HeaderMap, String> {
    let mut parsed = HeaderMap::new();
    for (index, header) in headers.iter().enumerate() {
        let number = index + 1;
        let form = format!("--forward-header, number {number}: give NAME=VALUE, like 'Authorization=Bearer …'");
        let (name, value) = header.split_once('=').ok_or_else(|| form.clone())?;
        let name: HeaderName =
            name.trim().parse().map_err(|_| format!("{form}; what is before the = is no header name"))?;
        if RESERVED.contains(&name) {
            return Err(format!("--forward-header: {name} is not to be set; it is relayed as it came, or made here"));
        }
        let mut value: HeaderValue = value
            .trim()
            .parse()
            .map_err(|_| format!("--forward-header: the value of {name} has characters that no header may have"))?;
        value.set_sensitive(true);
        parsed.append(name, value);
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::new(url, &[]).unwrap()
    }

    #[test]
    fn the_path_is_appended_unless_it_is_there() {
        let cases = [
            ("http://a.example:4318", "a.example", 4318, "/v1/traces"),
            ("http://a.example", "a.example", 80, "/v1/traces"),
            ("http://a.example/", "a.example", 80, "/v1/traces"),
            ("http://a.example/otlp/", "a.example", 80, "/otlp/v1/traces"),
            ("http://a.example/otlp/v1/traces", "a.example", 80, "/otlp/v1/traces"),
            ("http://a.example/v1/traces/?key=1", "a.example", 80, "/v1/traces?key=1"),
            ("http://[::1]:4318?key=1", "::1", 4318, "/v1/traces?key=1"),
        ];
        for (url, host, port, path) in cases {
            let target = target(url);
            assert_eq!((target.host.as_str(), target.port, target.path.as_str()), (host, port, path), "{url}");
            assert!(!target.shown.contains("key") && target.shown.ends_with("/v1/traces"), "{}", target.shown);
        }
    }

    #[test]
    fn wrong_urls_are_told_what_to_give() {
        for url in [
            "",
            "localhost:4318",
            "/v1/traces",
            "ftp://a",
            "http://",
            "http://a:",
            "http://a:0",
            "http://a:99999",
            "http://a b",
            "http://a#b",
        ] {
            let message = Target::new(url, &[]).unwrap_err();
            assert!(
                message.contains("--forward") && message.contains("http://collector.example:4318"),
                "{url}: {message}"
            );
        }
        assert!(Target::new("https://api.example", &[]).unwrap_err().contains("reverse proxy"));
        let credentials = Target::new("http://me:secret@a.example", &[]).unwrap_err();
        assert!(credentials.contains("--forward-header") && !credentials.contains("secret"), "{credentials}");
        for url in ["ftp://a/?key=secret", "https://a/?key=secret", "http://a b/?key=secret"] {
            assert!(!Target::new(url, &[]).unwrap_err().contains("secret"), "{url}");
        }
    }

    #[test]
    fn headers_are_read_and_never_shown() {
        let headers = ["X-Key=a=b".to_owned(), "authorization = Bearer secret".to_owned()];
        let target = Target::new("http://a.example/?key=secret", &headers).unwrap();
        assert_eq!(target.headers["x-key"], "a=b");
        assert_eq!(target.headers["authorization"], "Bearer secret");
        assert_eq!(target.headers["host"], "a.example");
        assert!(!format!("{target:?} {:?}", target.headers).contains("secret"));
        assert_eq!(target.quote(" no such\nkey:\u{1b}[0m secret "), "no such key: [0m …");
        assert_eq!(target.quote(&"x".repeat(1000)).len(), 200);

        for wrong in [
            "Authorization: Bearer secret",
            "Authorization: secret==",
            "=secret",
            "x y=secret",
            "ho\nst=secret",
            "x=secret\u{7f}",
            "content-type=secret",
        ] {
            let message = Target::new("http://a.example", &[wrong.to_owned()]).unwrap_err();
            assert!(message.starts_with("--forward-header") && !message.contains("secret"), "{message}");
        }
    }
}
