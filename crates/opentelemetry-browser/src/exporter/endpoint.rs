//! What a user configures about the receiver: its URL and headers, checked before the first span.

use std::fmt;

use crate::platform;

/// Header names that [Fetch forbids](https://fetch.spec.whatwg.org/#forbidden-request-header) to set: a browser drops them
/// without a word.
const FORBIDDEN: [&str; 20] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A configuration that cannot work, and what would.
///
/// ```
/// use opentelemetry_browser::SpanExporter;
///
/// let error = SpanExporter::builder().with_endpoint("localhost:4318").build().unwrap_err();
/// assert!(error.to_string().contains("http://localhost:4318"), "{error}");
///
/// let error = SpanExporter::builder().with_header("cookie", "a=1").build().unwrap_err();
/// assert!(error.is_header() && error.to_string().contains("cookie"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    message: String,
    is_header: bool,
}

impl ConfigError {
    fn endpoint(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_header: false }
    }

    fn header(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_header: true }
    }

    /// Whether it is the endpoint, or the path below it.
    pub fn is_endpoint(&self) -> bool {
        !self.is_header
    }

    /// Whether it is a header.
    pub fn is_header(&self) -> bool {
        self.is_header
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// The URL of an endpoint with a path appended, as `OTEL_EXPORTER_OTLP_ENDPOINT` is used: one slash between them. The path may
/// end in a query.
pub(crate) fn with_path(endpoint: &str, path: &str) -> Result<String, ConfigError> {
    let base = checked(endpoint)?;
    if base.contains('?') {
        return Err(ConfigError::endpoint(format!(
            "endpoint \"{endpoint}\" has a query, to which no path can be appended: give the endpoint without it, such as \
             \"http://localhost:4318\", and let the path end in it, such as \"/v1/traces?key=value\""
        )));
    }
    if path.contains('#') || path.chars().any(char::is_control) {
        return Err(ConfigError::endpoint(format!(
            "path \"{path}\" must be a URL path such as \"/v1/traces\", without a fragment or control characters"
        )));
    }
    checked(&format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/')))
}

/// A URL that requests can be sent to, in its normal form, with its query if it has one.
pub(crate) fn checked(endpoint: &str) -> Result<String, ConfigError> {
    if platform::IS_NO_OP {
        // Nothing is sent, so every text will do.
        return Ok(endpoint.to_owned());
    }
    let wrong = |what: &str| {
        let accepted = "accepted is an absolute http or https URL such as \"http://localhost:4318\"";
        Err(ConfigError::endpoint(format!("endpoint \"{endpoint}\" {what}; {accepted}")))
    };
    let Some(url) = platform::url::normal(endpoint) else {
        return wrong("is no absolute URL");
    };
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return wrong("is not an http or https URL");
    };
    if rest.bytes().take_while(|byte| *byte != b'/').any(|byte| byte == b'@') {
        return wrong("has a user name or password in it, which fetch refuses: send them in a header");
    }
    if url.contains('#') {
        return wrong("has a fragment (the part from # on), which is never sent");
    }
    Ok(url)
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Checks a header that is to be sent with every request.
pub(crate) fn header(name: &str, value: &str) -> Result<(), ConfigError> {
    let lower = name.to_ascii_lowercase();
    if !is_token(name) {
        return Err(ConfigError::header(format!(
            "header name \"{name}\" is not valid; accepted are letters, digits and !#$%&'*+-.^_`|~"
        )));
    }
    if lower == "content-type" || lower == "content-encoding" {
        return Err(ConfigError::header(format!("header \"{name}\" is set by the exporter and cannot be configured")));
    }
    if FORBIDDEN.contains(&lower.as_str()) || lower == "via" || lower.starts_with("proxy-") || lower.starts_with("sec-")
    {
        return Err(ConfigError::header(format!(
            "header \"{name}\" is one that browsers do not let a page set; use another, such as \"authorization\""
        )));
    }
    // Fetch takes byte strings: what is above U+00FF cannot be sent.
    let sendable =
        |character: char| character == '\t' || (' '..='\u{ff}').contains(&character) && character != '\u{7f}';
    if value.trim_ascii() != value || !value.chars().all(sendable) {
        return Err(ConfigError::header(format!(
            "the value of header \"{name}\" is not valid; accepted are the characters U+0020 to U+00FF except DEL, with no \
             space at either end"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_appended_with_one_slash() {
        for endpoint in ["http://localhost:4318", "http://localhost:4318/", "HTTP://LOCALHOST:4318"] {
            for path in ["/v1/traces", "v1/traces"] {
                assert_eq!(with_path(endpoint, path).as_deref(), Ok("http://localhost:4318/v1/traces"));
            }
        }
        assert_eq!(
            with_path("https://a.example/otlp/", "/v1/traces").as_deref(),
            Ok("https://a.example/otlp/v1/traces")
        );
        assert_eq!(with_path("http://[::1]:4318", "").as_deref(), Ok("http://[::1]:4318/"));
    }

    #[test]
    fn a_query_is_sent_as_it_is() {
        for (url, expected) in [
            ("https://h/ingest?format=otlp", "https://h/ingest?format=otlp"),
            ("https://h?a=1&b=%20/", "https://h/?a=1&b=%20/"),
            ("https://h/v1/traces?", "https://h/v1/traces?"),
        ] {
            assert_eq!(checked(url).as_deref(), Ok(expected), "the whole URL");
        }
        assert_eq!(
            with_path("https://h/otlp", "/v1/traces?key=a/b").as_deref(),
            Ok("https://h/otlp/v1/traces?key=a/b")
        );
        for endpoint in ["http://a?b", "http://a/?", "http://a/x?y=/"] {
            let error = with_path(endpoint, "/v1/traces").expect_err(endpoint).to_string();
            assert!(error.contains("let the path end in it"), "{error}");
        }
    }

    #[test]
    fn what_is_no_http_url_is_refused_with_words() {
        for endpoint in [
            "",
            "localhost",
            "localhost:4318",
            "/v1/traces",
            "ftp://a",
            "http://",
            "http://a b",
            "http://u:p@a",
            "http://a?b",
            "http://a#b",
        ] {
            let error = with_path(endpoint, "/v1/traces").expect_err(endpoint).to_string();
            assert!(error.contains("http://localhost:4318"), "{error}");
        }
        for fragment in ["http://a#b", "http://a#", "http://a/?b#c"] {
            assert!(checked(fragment).is_err(), "{fragment}");
        }
        assert!(with_path("http://a", "/v1#x").is_err());
        assert!(with_path("http://a", "/v1\n").is_err());
    }

    #[test]
    fn headers_that_cannot_be_sent_are_refused() {
        for (name, value) in [("authorization", "Bearer x"), ("X-Key", "ä"), ("a", "")] {
            assert_eq!(header(name, value), Ok(()), "{name}");
        }
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("ä", "x"),
            ("Cookie", "x"),
            ("Sec-Fetch-Mode", "x"),
            ("Content-Type", "x"),
            ("a", "x\r\nb: y"),
            ("a", "☃"),
            ("a", " x"),
        ] {
            assert!(header(name, value).is_err(), "{name}: {value}");
        }
    }
}
