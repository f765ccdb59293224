//! Writes the addresses of this run into the page: the `content` of its `<meta name=...>` elements.

use std::net::Ipv4Addr;

use axum::http::uri::Authority;

use crate::ports::{Reach, address_of};

/// What the page is told, whoever it is shown to.
#[derive(Debug, Clone)]
pub struct Places {
    pub otlp: Reach,
    /// Whether that is this program, which takes logs as well; another one, such as a Jaeger, may not.
    pub takes_logs: bool,
    pub viewer: Reach,
    pub viewer_name: &'static str,
    /// As it was given, but for who is not on this machine; the page has its own default.
    pub users_url: Option<String>,
}

/// A URL on `localhost`, for whoever called this machine `host`. One with an address is meant as it is.
fn from_there(url: &str, host: &Authority) -> String {
    let is_here = address_of(host.host()).is_some_and(|address| address.is_loopback());
    let port = url.strip_prefix("http://localhost:").and_then(|port| port.trim_end_matches('/').parse().ok());
    let anywhere = vec![Ipv4Addr::UNSPECIFIED.into()];
    let reach = |port| Reach { host: "localhost".into(), port, addresses: anywhere, tls: false };
    port.filter(|_| !is_here).map_or_else(|| url.to_owned(), |port| reach(port).from(host))
}

impl Places {
    /// For whoever called this machine `host`.
    pub fn from(&self, host: &Authority) -> Meta {
        let Self { otlp, takes_logs, viewer, viewer_name, users_url } = self;
        let otlp_endpoint = otlp.from(host);
        let otlp_logs = if *takes_logs { otlp_endpoint.clone() } else { String::new() };
        let users_url = users_url.as_deref().map(|url| from_there(url, host));
        Meta { otlp_endpoint, otlp_logs, viewer_url: viewer.from(host), viewer_name, users_url }
    }
}

/// What a page is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Meta {
    /// Where it sends spans; `/v1/traces` is appended by the page.
    pub otlp_endpoint: String,
    /// Which endpoint takes logs; `/v1/logs` is appended by the page.
    pub otlp_logs: String,
    /// Where recorded traces are looked at; `/trace/{id}` is appended by the page.
    pub viewer_url: String,
    pub viewer_name: &'static str,
    /// Where users are asked for over HTTP; `/api/users/{id}` is appended by the page.
    pub users_url: Option<String>,
}

impl Meta {
    fn value(&self, name: &str) -> Option<&str> {
        match name {
            "otlp-endpoint" => Some(&self.otlp_endpoint),
            "otlp-logs" => Some(&self.otlp_logs),
            "viewer-url" => Some(&self.viewer_url),
            "viewer-name" => Some(self.viewer_name),
            "users-url" => self.users_url.as_deref(),
            _ => None,
        }
    }
}

/// The page with its values. Whatever is no such element stays byte for byte.
pub fn fill(html: &str, meta: &Meta) -> String {
    const TAG: &str = "<meta";
    let mut filled = String::with_capacity(html.len() + 128);
    let mut rest = html;
    while let Some(start) = rest.find(TAG) {
        let (before, element) = rest.split_at(start);
        filled.push_str(before);
        let end = end_of_tag(element);
        filled.push_str(&fill_element(&element[..end], meta));
        rest = &element[end..];
    }
    filled.push_str(rest);
    filled
}

/// Where the tag ends: after the first `>` that is in no quoted value.
fn end_of_tag(element: &str) -> usize {
    let mut quote = None;
    for (index, character) in element.char_indices() {
        match (quote, character) {
            (None, '>') => return index + 1,
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    element.len()
}

fn fill_element(element: &str, meta: &Meta) -> String {
    let value = attribute(element, "name").and_then(|name| meta.value(name));
    match (value, attribute(element, "content")) {
        (Some(value), Some(old)) => {
            // The offset of the old value: both are slices of the same text.
            let start = old.as_ptr() as usize - element.as_ptr() as usize;
            let value = crate::html::text(value);
            format!("{}{value}{}", &element[..start], &element[start + old.len()..])
        }
        _ => element.to_owned(),
    }
}

/// The quoted value of an attribute.
fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = element;
    while let Some(equals) = rest.find('=') {
        let is_it = rest[..equals].trim_end().rsplit(|c: char| c.is_ascii_whitespace()).next() == Some(name);
        let value = rest[equals + 1..].trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = value[1..].split_once(quote)?;
        if is_it {
            return Some(value);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta() -> Meta {
        Meta {
            otlp_endpoint: "http://localhost:1".into(),
            otlp_logs: String::new(),
            viewer_url: "http://localhost:2/?a=\"><script>&".into(),
            viewer_name: "Collector",
            users_url: Some("http://localhost:3".into()),
        }
    }

    #[test]
    fn the_values_are_replaced_and_nothing_else() {
        let html = "<meta charset=utf-8><META name='x'>\n<meta name=\"otlp-endpoint\" content=\"http://localhost:4318\">\
                    <meta name='otlp-logs' content='x'><meta content = 'old' name='viewer-name' />\
                    <meta name=\"viewer-url\"\n content=\"a>b\"><meta name=users-url content=''>\
                    <meta name='users-url' content=''><p>content=\"x\"</p>";
        let expected = "<meta charset=utf-8><META name='x'>\n<meta name=\"otlp-endpoint\" content=\"http://localhost:1\">\
                    <meta name='otlp-logs' content=''><meta content = 'Collector' name='viewer-name' />\
                    <meta name=\"viewer-url\"\n content=\"http://localhost:2/?a=&quot;&gt;&lt;script&gt;&amp;\">\
                    <meta name=users-url content=''><meta name='users-url' content='http://localhost:3'><p>content=\"x\"</p>";
        assert_eq!(fill(html, &meta()), expected);
        let unknown = Meta { users_url: None, ..meta() };
        let own = "<meta name='users-url' content='http://localhost:8081'>";
        assert_eq!(fill(own, &unknown), own);
    }

    #[test]
    fn whoever_is_elsewhere_is_told_where_users_are_from_there() {
        for (url, host, told) in [
            ("http://localhost:8081", "localhost:8080", "http://localhost:8081"),
            ("http://localhost:8081", "127.0.0.1:8080", "http://localhost:8081"),
            ("http://localhost:8081", "machine:8080", "http://machine:8081"),
            ("http://localhost:8081/", "10.0.0.2:8080", "http://10.0.0.2:8081"),
            ("http://localhost:8081", "[fd00::1]:8080", "http://[fd00::1]:8081"),
            ("http://127.0.0.1:8081", "machine:8080", "http://127.0.0.1:8081"),
            ("https://users.example", "machine:8080", "https://users.example"),
        ] {
            assert_eq!(from_there(url, &host.parse().unwrap()), told, "{url} from {host}");
        }
    }

    #[test]
    fn broken_html_stays_as_it_is() {
        for html in [
            "",
            "<meta",
            "<meta name=\"viewer-url\"",
            "<meta name=viewer-url content=x>",
            "é<meta name='viewer-name'>ü",
        ] {
            assert_eq!(fill(html, &meta()), html);
        }
    }
}
