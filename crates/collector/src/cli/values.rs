//! Values of the command line that are no quantities: addresses and URLs.

use std::net::SocketAddr;

use axum::http::Uri;

/// An address to listen on.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "give an IP address and a port, like 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for the whole network".into()
    })
}

/// The base URL of a service that pages ask.
pub fn base_url(text: &str) -> Result<String, String> {
    let wrong = || "give its base URL, like http://localhost:8000".to_owned();
    let url: Uri = text.parse().map_err(|_| wrong())?;
    let is_http = matches!(url.scheme_str(), Some("http" | "https"));
    if !is_http || url.host().is_none_or(str::is_empty) || url.query().is_some() {
        return Err(wrong());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_port_and_urls_a_host() {
        assert_eq!(address("[::1]:80").unwrap().port(), 80);
        for wrong in ["8080", ":8080", "localhost:8080", "127.0.0.1", "127.0.0.1:99999", ""] {
            assert!(address(wrong).unwrap_err().contains("like 127.0.0.1:8080"), "{wrong}");
        }
        for url in ["http://localhost:8000", "https://users.example/v1/", "http://[::1]:3"] {
            assert_eq!(base_url(url), Ok(url.to_owned()));
        }
        for wrong in ["localhost:8000", "users", "ftp://users.example", "http://", "http://a?b", "http://a\"><b>", ""] {
            assert!(base_url(wrong).unwrap_err().contains("like http://localhost:8000"), "{wrong}");
        }
    }
}
