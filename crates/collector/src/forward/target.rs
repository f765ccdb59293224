//! Where requests are forwarded to: the URL and the headers, checked before anything starts.
//!
//! Both may hold keys: of the headers no value, and of the URL neither query nor user are ever in an error, a line of the
//! terminal or a debug text.

use std::fmt;

use axum::http::{HeaderMap, HeaderValue, Uri, header, uri::Scheme};

use super::{headers::Written, secrets::Secrets};
use crate::terminal::one_line;

const PATH: &str = "/v1/traces";

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
    secrets: Secrets,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown).finish()
    }
}

impl Target {
    /// From a base URL, or one that has the path already, and headers as `NAME=VALUE`.
    pub fn new(url: &str, headers: &[String]) -> Result<Self, String> {
        let mut written = Written::default();
        written.add_flags(headers);
        Self::with(url, &written)
    }

    /// The same with headers from anywhere. Errors show nothing of the URL: what is wrong with it may be where its secrets begin.
    pub fn with(url: &str, headers: &Written) -> Result<Self, String> {
        let wrong = || "--forward: this is no http URL; give one like http://collector.example:4318".to_owned();
        let (before_fragment, _) = url.split_once('#').unwrap_or((url, ""));
        if before_fragment.split('?').next().is_some_and(|place| place.contains('@')) {
            return Err(
                "--forward: the URL has a user name or password; give them as the header Authorization=Basic … in a \
                        --forward-header-file instead"
                    .into(),
            );
        }
        let uri: Uri = url.parse().ok().filter(|_| before_fragment.len() == url.len()).ok_or_else(wrong)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return Err(wrong()) };
        if *scheme == Scheme::HTTPS {
            return Err("--forward: https is not built in: forward by http to a program on this machine that adds it, such as an \
                        OpenTelemetry Collector or a reverse proxy"
                .into());
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
        let mut secrets = Secrets::default();
        secrets.add_query(uri.query().unwrap_or_default());
        let mut headers = headers.parse(&mut secrets)?;
        headers.entry(header::HOST).or_insert(host_header);
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(concat!("collector/", env!("CARGO_PKG_VERSION"))));
        Ok(Self { host, port, path, headers, shown, secrets })
    }

    /// Somebody else's words as one short line, without what must not be shown.
    pub fn quote(&self, words: &str) -> String {
        const LENGTH: usize = 200;
        one_line(&self.secrets.hide(words), LENGTH)
    }
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
        for url in [
            "ftp://a/?key=secret",
            "https://a/?key=secret",
            "http://a b/?key=secret",
            "http://a/?key=secret#x",
            "http://me:se?secret@a",
            "http://me:se#secret@a",
            "http://me:secret@a b",
            "secret",
        ] {
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
    }
}
