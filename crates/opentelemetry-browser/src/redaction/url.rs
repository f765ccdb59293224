//! Secrets in URLs: user names and passwords, and the values of query strings.
//!
//! What the semantic conventions say about [`url.full` and `url.query`](https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/)
//! is applied to every text of a span: the URL keeps its form, and what is secret becomes `REDACTED`.

use std::borrow::Cow;

use opentelemetry_sdk::trace::SpanData;

use super::{Redaction, each_text};

const REDACTED: &str = "REDACTED";

/// The query keys whose values the [semantic conventions](https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/)
/// want redacted by default: signatures and credentials of signed URLs. They are compared case-sensitively, as the conventions
/// have it.
pub const SENSITIVE_QUERY_KEYS: [&str; 7] = [
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
];

#[derive(Clone, Debug)]
enum Keys {
    AllBut(Vec<Cow<'static, str>>),
    Only(Vec<Cow<'static, str>>),
}

/// A [`Redaction`] of the URLs in a span's name, status, attributes, events and links. Made by [`redact_urls`].
///
/// ```
/// use opentelemetry_browser::redaction::{UrlRedaction, redact_urls};
///
/// let urls: UrlRedaction = redact_urls();
/// assert_eq!(urls.redact_text("https://h/p?token=abc"), "https://h/p?token=REDACTED");
/// ```
#[derive(Clone, Debug)]
pub struct UrlRedaction {
    keys: Keys,
}

/// Redacts every URL of a span:
///
/// - user name and password: `https://ann:pw@example.com/` becomes `https://REDACTED:REDACTED@example.com/`;
/// - the values of its query string, except those of [kept keys](UrlRedaction::keep_query_keys); the keys stay. A query
///   without any `=`, which may be a token as a whole, becomes `REDACTED`;
/// - the same in its fragment, where some sign-ins pass tokens; a plain `#anchor` stays.
///
/// URLs are found in `url.full`, `url.query`, `url.fragment`, `http.url`, `http.target` and their like, whatever their form,
/// and in every other text as words with `://` in them or that begin with `/`. Paths are not changed.
///
/// ```
/// use opentelemetry_browser::redaction::redact_urls;
/// use opentelemetry_browser::Telemetry;
///
/// let builder = Telemetry::builder().with_redaction(redact_urls().keep_query_keys(["page", "lang"]));
///
/// let urls = redact_urls().keep_query_keys(["page"]);
/// assert_eq!(
///     urls.redact_text("GET https://ann:pw@example.com/cart?page=2&token=abc"),
///     "GET https://REDACTED:REDACTED@example.com/cart?page=2&token=REDACTED",
/// );
/// ```
pub fn redact_urls() -> UrlRedaction {
    UrlRedaction { keys: Keys::AllBut(Vec::new()) }
}

impl UrlRedaction {
    /// Keeps the values of these query keys, which are compared case-sensitively and as they are written in the URL.
    #[must_use]
    pub fn keep_query_keys<K: Into<Cow<'static, str>>>(self, keys: impl IntoIterator<Item = K>) -> Self {
        Self { keys: Keys::AllBut(keys.into_iter().map(Into::into).collect()) }
    }

    /// Redacts only the values of these query keys, such as [`SENSITIVE_QUERY_KEYS`], and keeps all others.
    ///
    /// ```
    /// use opentelemetry_browser::redaction::{SENSITIVE_QUERY_KEYS, redact_urls};
    ///
    /// let urls = redact_urls().only_query_keys(SENSITIVE_QUERY_KEYS);
    /// assert_eq!(urls.redact_text("https://h/p?color=blue&sig=abc"), "https://h/p?color=blue&sig=REDACTED");
    /// ```
    #[must_use]
    pub fn only_query_keys<K: Into<Cow<'static, str>>>(self, keys: impl IntoIterator<Item = K>) -> Self {
        Self { keys: Keys::Only(keys.into_iter().map(Into::into).collect()) }
    }

    /// Redacts the URLs in a text, for hooks that treat some attributes in their own way.
    pub fn redact_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.text(text).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    fn attribute(&self, key: Option<&str>, value: &str) -> Option<String> {
        let changed = match key {
            Some("url.query") => {
                let mut out = String::with_capacity(value.len());
                self.parameters(&mut out, value, false);
                out
            }
            Some("url.fragment") => {
                let mut out = String::with_capacity(value.len());
                self.parameters(&mut out, value, true);
                out
            }
            Some("http.url" | "http.target" | "url.original") => self.url(value),
            Some(key) if key.ends_with("url.full") => self.url(value),
            _ => return self.text(value),
        };
        (changed != value).then_some(changed)
    }

    /// Free text: each word of it may be a URL. The delimiters are characters that browsers escape in a URL.
    fn text(&self, text: &str) -> Option<String> {
        if !text.contains('/') {
            return None;
        }
        let is_delimiter = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`');
        let mut out = String::with_capacity(text.len());
        for piece in text.split_inclusive(is_delimiter) {
            let word = piece.trim_end_matches(is_delimiter);
            if word.starts_with('/') || scheme_end(word).is_some() {
                out.push_str(&self.url(word));
            } else {
                out.push_str(word);
            }
            out.push_str(cut(piece, word.len()).1);
        }
        (out != text).then_some(out)
    }

    /// One URL, absolute or relative, or several in a row without a delimiter.
    fn url(&self, url: &str) -> String {
        let mut out = String::with_capacity(url.len());
        let mut rest = url;
        if let Some(relative) = rest.strip_prefix("//") {
            out.push_str("//");
            rest = authority(&mut out, relative);
        }
        let hierarchy_end = |rest: &str| rest.find(['?', '#']).unwrap_or(rest.len());
        while let Some(end) = scheme_end(rest).filter(|end| *end <= hierarchy_end(rest)) {
            let (scheme, after) = cut(rest, end);
            out.push_str(scheme);
            rest = authority(&mut out, after);
        }
        let (path, tail) = cut(rest, hierarchy_end(rest));
        out.push_str(path);
        let mut tail = tail.chars();
        if let Some(mark) = tail.next() {
            out.push(mark);
            self.parameters(&mut out, tail.as_str(), mark == '#');
        }
        out
    }

    /// What comes after a `?` or a `#`: parameters, separated by any of `&;?#`.
    fn parameters(&self, out: &mut String, parameters: &str, mut in_fragment: bool) {
        for piece in parameters.split_inclusive(['&', ';', '?', '#']) {
            let parameter = piece.trim_end_matches(['&', ';', '?', '#']);
            // A proxy takes a whole URL for its query: who signs in there may stand in a key.
            let shown = |text| self.redact_text(text);
            match parameter.split_once('=') {
                Some((key, value)) if value.is_empty() || self.keeps(key) => {
                    out.push_str(&shown(key));
                    out.push('=');
                    out.push_str(&shown(value));
                }
                Some((key, _)) => {
                    out.push_str(&shown(key));
                    out.push('=');
                    out.push_str(REDACTED);
                }
                None if parameter.is_empty() || in_fragment || self.keeps(parameter) => out.push_str(&shown(parameter)),
                None => out.push_str(REDACTED),
            }
            let separator = cut(piece, parameter.len()).1;
            in_fragment |= separator == "#";
            out.push_str(separator);
        }
    }

    fn keeps(&self, key: &str) -> bool {
        match &self.keys {
            // An escaped key is not recognised here, and its value redacted: the safe side.
            Keys::AllBut(kept) => kept.iter().any(|other| other == key),
            // Here the safe side is to look through the escapes, as the receiving server does.
            Keys::Only(redacted) => !redacted.iter().any(|other| *other == unescaped(key)),
        }
    }
}

impl Redaction for UrlRedaction {
    fn redact(&self, span: &mut SpanData) {
        each_text(span, &|key, text| self.attribute(key, text));
    }

    #[cfg(feature = "logs")]
    fn redact_log(&self, record: &mut crate::log::record::LogRecord) {
        super::each_text_of_log(record, &|key, text| self.attribute(key, text));
    }
}

/// A text in two. What is not cut at a character is not shown at all; slices would bring the code that tells of it.
fn cut(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or_default()
}

/// Where the first `://` of a text ends. A search for any text is more code.
fn scheme_end(text: &str) -> Option<usize> {
    text.as_bytes().windows(3).position(|bytes| bytes == b"://").map(|at| at + 3)
}

/// Writes the authority that `rest` begins with, without what may be secret in it, and returns what comes after it.
fn authority<'a>(out: &mut String, rest: &'a str) -> &'a str {
    let end_of = |text: &str| text.find(['/', '?', '#']).unwrap_or(text.len());
    let mut end = end_of(rest);
    let mut at = cut(rest, end).0.rfind('@');
    if at.is_none() && !has_valid_port(cut(rest, end).0) {
        // A password with an unescaped slash in it: no valid URL, but people write them.
        at = rest.rfind('@');
        end = at.map_or(end, |at| at + end_of(cut(rest, at).1));
    }
    // "https:" before "//" is the scheme of another URL.
    let (authority, after) = cut(rest, end);
    if after.starts_with("//") && authority.ends_with(':') {
        end -= 1;
    }
    let (authority, after) = cut(rest, end);
    let (secret, shown) = cut(authority, at.unwrap_or(0));
    if at.is_some() {
        out.push_str(if secret.contains(':') { "REDACTED:REDACTED" } else { REDACTED });
    }
    out.push_str(shown);
    after
}

fn has_valid_port(authority: &str) -> bool {
    match authority.rsplit_once(':') {
        Some((_, port)) => port.contains(']') || port.bytes().all(|byte| byte.is_ascii_digit()),
        None => true,
    }
}

/// A query key as a server reads it.
fn unescaped(key: &str) -> Cow<'_, str> {
    if !key.contains(['%', '+']) {
        return Cow::Borrowed(key);
    }
    let bytes = key.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|digit| char::from(*digit).to_digit(16)).map(|digit| digit as u8);
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high << 4 | low);
                at += 2;
            }
            (b'+', ..) => decoded.push(b' '),
            (byte, ..) => decoded.push(byte),
        }
        at += 1;
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
