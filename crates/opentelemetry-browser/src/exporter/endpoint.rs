//! What a user configures about the receiver: its URL, checked before the first span.

use std::fmt;

use crate::platform;

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

    pub(super) fn header(message: impl Into<String>) -> Self {
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
}
