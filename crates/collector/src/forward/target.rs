//! Where requests are forwarded to: the URL and the headers, checked before anything starts.
//!
//! Both may hold keys: of the headers no value, and of the URL neither query nor user nor the words of its path are ever in an
//! error, a line of the terminal or a debug text.

use std::{fmt, path::Path, time::Duration};

use axum::http::{HeaderMap, HeaderValue, Uri, header, uri::Authority};

use super::{headers::Written, secrets::Secrets, tls::Roots};
use crate::{signal::Signal, terminal::one_line};

/// How long an attempt may take.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP/HTTP in protobuf.
    Http,
    Grpc,
}

#[derive(Clone)]
pub struct Target {
    pub protocol: Protocol,
    /// As a connection is opened to it; an IPv6 address has no brackets.
    pub host: String,
    pub port: u16,
    pub headers: HeaderMap,
    /// The URL as it may be shown.
    pub shown: String,
    /// For each signal the whole URL that it goes to; none if it is not forwarded there.
    pub(super) urls: [Option<Uri>; 3],
    pub(super) tls: bool,
    pub(super) roots: Roots,
    pub(super) gzip: bool,
    pub(super) timeout: Duration,
    secrets: Secrets,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown).finish()
    }
}

/// A URL in its parts.
struct Parts {
    protocol: Protocol,
    tls: bool,
    authority: Authority,
    host: String,
    port: u16,
    path: String,
    query: Option<String>,
}

/// Shows nothing of the URL: what is wrong with it may be where its secrets begin.
fn parts(url: &str) -> Result<Parts, String> {
    let wrong = || {
        "this is no http URL; give one like http://collector.example:4318, https://collector.example or \
         grpc://collector.example:4317"
            .to_owned()
    };
    let (before_fragment, _) = url.split_once('#').unwrap_or((url, ""));
    if before_fragment.split('?').next().is_some_and(|place| place.contains('@')) {
        return Err("the URL has a user name or password; give them as the header Authorization=Basic … in a \
             --forward-header-file instead"
            .into());
    }
    let uri: Uri = url.parse().ok().filter(|_| before_fragment.len() == url.len()).ok_or_else(wrong)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(wrong()) };
    let (protocol, tls, own_port) = match scheme {
        "http" => (Protocol::Http, false, 80),
        "https" => (Protocol::Http, true, 443),
        "grpc" => (Protocol::Grpc, false, 4317),
        "grpcs" => (Protocol::Grpc, true, 443),
        _ => return Err(wrong()),
    };
    if authority.host().is_empty() {
        return Err(wrong());
    }
    // The parser of authorities lets "host:" pass.
    let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
        None => own_port,
        Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?,
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    // A name that another program gave to gRPC's own port is written out: http has another one.
    let authority = match protocol {
        Protocol::Grpc => format!("{}:{port}", authority.host()).parse().map_err(|_| wrong())?,
        Protocol::Http => authority.clone(),
    };
    let (path, query) = (uri.path().trim_end_matches('/').to_owned(), uri.query().map(str::to_owned));
    Ok(Parts { protocol, tls, authority, host, port, path, query })
}

impl Target {
    /// From a base URL, or one that has the path of a signal already, and headers as `NAME=VALUE`.
    pub fn new(url: &str, headers: &[String]) -> Result<Self, String> {
        let mut written = Written::default();
        written.add_flags(headers);
        Self::with(url, &written)
    }

    /// The same with headers from anywhere.
    pub fn with(url: &str, headers: &Written) -> Result<Self, String> {
        let mut parts = parts(url).map_err(|why| format!("--forward: {why}"))?;
        let named = Signal::ALL.iter().find_map(|signal| parts.path.strip_suffix(signal.path()));
        parts.path = named.unwrap_or(&parts.path).to_owned();
        let base = parts.path.clone();
        let shown = format!("{base}{}", Signal::Traces.path());
        Self::build(parts, headers, &shown, |signal| Some(format!("{base}{}", signal.path())))
    }

    /// One signal, to this very URL, which stands in this variable.
    pub(super) fn of_signal(
        (variable, url): (&str, &str),
        signal: Signal,
        grpc: bool,
        headers: &Written,
    ) -> Result<Self, String> {
        let mut parts = parts(url).map_err(|why| format!("{variable}: {why}"))?;
        if grpc {
            parts.protocol = Protocol::Grpc;
        }
        let path = if parts.path.is_empty() { "/".to_owned() } else { parts.path.clone() };
        Self::build(parts, headers, &path, |other| (other == signal).then(|| path.clone()))
    }

    fn build(
        parts: Parts,
        headers: &Written,
        shown: &str,
        path: impl Fn(Signal) -> Option<String>,
    ) -> Result<Self, String> {
        let Parts { protocol, tls, authority, host, port, path: _, query } = parts;
        let mut secrets = Secrets::default();
        secrets.add_query(query.as_deref().unwrap_or_default());
        let shown = secrets.add_path(shown);
        let scheme = if tls { "https" } else { "http" };
        let mut urls = [const { None }; 3];
        for signal in Signal::ALL {
            let path = match protocol {
                Protocol::Http => path(signal),
                // Its methods have their own paths.
                Protocol::Grpc => path(signal).map(|_| signal.method().to_owned()),
            };
            let query = query.as_deref().filter(|_| protocol == Protocol::Http);
            let whole = path.map(|path| match query {
                Some(query) => format!("{scheme}://{authority}{path}?{query}"),
                None => format!("{scheme}://{authority}{path}"),
            });
            let whole = whole.map(|url| url.parse().map_err(|_| "the URL cannot be used".to_owned()));
            urls[signal.index()] = whole.transpose()?;
        }
        let shown = match protocol {
            Protocol::Http => format!("{scheme}://{authority}{shown}"),
            Protocol::Grpc => format!("grpc{}://{authority}", if tls { "s" } else { "" }),
        };
        let host_header = HeaderValue::from_str(authority.as_str()).map_err(|_| "the URL cannot be used".to_owned())?;
        let mut headers = headers.parse(&mut secrets)?;
        if protocol == Protocol::Http {
            headers.entry(header::HOST).or_insert(host_header);
        }
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(concat!("collector/", env!("CARGO_PKG_VERSION"))));
        let (roots, gzip, timeout) = (Roots::default(), false, TIMEOUT);
        Ok(Self { protocol, host, port, headers, shown, urls, tls, roots, gzip, timeout, secrets })
    }

    /// Trusts the certificates of this file in PEM instead of the system's.
    pub fn with_ca(mut self, file: &Path) -> Result<Self, String> {
        self.roots = Roots::of_file(file)?;
        Ok(self)
    }

    /// Compresses what is sent there.
    #[must_use]
    pub fn with_gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// How long an attempt may take.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Whether it takes this signal.
    pub fn takes(&self, signal: Signal) -> bool {
        self.urls[signal.index()].is_some()
    }

    /// Takes over the signals of another one that is the same otherwise; false if it is not.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let is_same = self.protocol == other.protocol
            && (&self.host, self.port, self.tls, self.gzip) == (&other.host, other.port, other.tls, other.gzip)
            && (&self.headers, self.timeout) == (&other.headers, other.timeout)
            && self.roots.is_same(&other.roots);
        if !is_same || Signal::ALL.iter().any(|signal| self.takes(*signal) && other.takes(*signal)) {
            return false;
        }
        for (mine, its) in self.urls.iter_mut().zip(&other.urls) {
            *mine = mine.take().or_else(|| its.clone());
        }
        self.secrets.join(&other.secrets);
        true
    }

    /// Somebody else's words as one short line, without what must not be shown.
    pub fn quote(&self, words: &str) -> String {
        const LENGTH: usize = 200;
        one_line(&self.secrets.hide(words), LENGTH)
    }

    /// What the queue's directory is called: the same for the same target, and without anything that is secret.
    pub(super) fn name(&self) -> String {
        let words = self.shown.replace("://", "_");
        let safe = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        words.chars().map(safe).take(100).collect()
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
            ("http://a.example:4318", "http://a.example:4318", ""),
            ("http://a.example", "http://a.example", ""),
            ("http://a.example/", "http://a.example", ""),
            ("https://a.example/otlp/", "https://a.example/otlp", ""),
            ("http://a.example/otlp/v1/traces", "http://a.example/otlp", ""),
            ("http://a.example/otlp/v1/logs/", "http://a.example/otlp", ""),
            ("http://a.example/v1/traces/?key=1", "http://a.example", "?key=1"),
            ("http://[::1]:4318?key=1", "http://[::1]:4318", "?key=1"),
        ];
        for (url, base, query) in cases {
            let target = target(url);
            for signal in Signal::ALL {
                let expected = format!("{base}{}{query}", signal.path());
                assert_eq!(target.urls[signal.index()].as_ref().unwrap().to_string(), expected, "{url}");
            }
            assert_eq!(target.shown, format!("{base}/v1/traces"));
        }
        let parts = |url: &str| {
            let target = target(url);
            (target.host, target.port, target.tls, target.protocol)
        };
        assert_eq!(parts("http://[::1]"), ("::1".into(), 80, false, Protocol::Http));
        assert_eq!(parts("https://a.example"), ("a.example".into(), 443, true, Protocol::Http));
        assert_eq!(parts("grpc://a.example"), ("a.example".into(), 4317, false, Protocol::Grpc));
        assert_eq!(parts("grpcs://a.example:9"), ("a.example".into(), 9, true, Protocol::Grpc));
    }

    #[test]
    fn grpc_has_its_own_paths() {
        let target = target("grpc://a.example/x?y=1");
        let method = "http://a.example:4317/opentelemetry.proto.collector.logs.v1.LogsService/Export";
        assert_eq!(target.urls[Signal::Logs.index()].as_ref().unwrap().to_string(), method);
        assert_eq!(target.shown, "grpc://a.example:4317");
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
        let credentials = Target::new("http://me:secret@a.example", &[]).unwrap_err();
        assert!(credentials.contains("--forward-header") && !credentials.contains("secret"), "{credentials}");
        for url in [
            "ftp://a/?key=secret",
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
    fn keys_in_headers_path_and_query_are_read_and_never_shown() {
        let headers = ["X-Key=a=b".to_owned(), "authorization = Bearer secret".to_owned()];
        let target = Target::new("http://a.example/api/SESAME-7/?key=secret", &headers).unwrap();
        assert_eq!(target.headers["x-key"], "a=b");
        assert_eq!(target.headers["authorization"], "Bearer secret");
        assert_eq!(target.headers["host"], "a.example");
        assert_eq!(target.shown, "http://a.example/api/…/v1/traces");
        assert!(!format!("{target:?} {:?} {}", target.headers, target.name()).contains("secret"));
        assert!(!target.name().contains("SESAME"));
        assert_eq!(target.quote(" no such\nkey:\u{1b}[0m secret "), "no such key: [0m …");
        assert_eq!(target.quote("nothing at /api/sesame-7/v1/traces"), "nothing at /api/…/v1/traces");
        assert_eq!(target.quote(&"x".repeat(1000)).len(), 200);
    }
}
