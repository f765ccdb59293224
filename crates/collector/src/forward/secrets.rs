//! What must not be shown of a target: the values of its headers, and its URL's path and query, in whole and in parts.
//!
//! The other side may say them again, in a refusal or a warning, perhaps decoded.

use base64::{Engine, prelude::BASE64_STANDARD};
use form_urlencoded::parse as parse_query;
use percent_encoding::percent_decode_str;

use crate::signal::Signal;

/// Shorter ones may be part of any word: they are hidden where they stand alone.
const SHORT: usize = 3;
/// No key is shorter than this; most words of a path, as in /api/v1, are.
const LEAST_OF_KEY: usize = 5;

#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// A header's value: "Bearer KEY" may come back as KEY alone, and what is in base64 as what it stands for.
    pub fn add_value(&mut self, value: &str) {
        self.add(value);
        for part in value.split([' ', '\t', ',', ';', '=', ':', '"']) {
            self.add(part);
        }
        for part in value.split_whitespace() {
            let decoded = BASE64_STANDARD.decode(part).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            for part in decoded.iter().flat_map(|text| text.split(':').chain([text.as_str()])) {
                self.add(part);
            }
        }
    }

    pub fn add_query(&mut self, query: &str) {
        self.add(query);
        for pair in query.split('&') {
            self.add(pair.split_once('=').map_or(pair, |(_, value)| value));
        }
        for (_, value) in parse_query(query.as_bytes()) {
            self.add(&value);
        }
    }

    /// The parts of a path that are long enough for a key, and the path as it may be shown.
    pub fn add_path(&mut self, path: &str) -> String {
        let mut shown = Vec::new();
        for part in path.split('/') {
            let is_plain = part.len() < LEAST_OF_KEY || Signal::ALL.iter().any(|signal| signal.name() == part);
            if !is_plain {
                self.add(part);
                self.add(&percent_decode_str(part).decode_utf8_lossy());
            }
            shown.push(if is_plain { part } else { "…" });
        }
        shown.join("/")
    }

    pub fn join(&mut self, other: &Self) {
        other.0.iter().for_each(|secret| self.add(secret));
    }

    fn add(&mut self, secret: &str) {
        if !secret.is_empty() && !self.0.iter().any(|known| known == secret) {
            self.0.push(secret.to_owned());
            // The whole before its parts.
            self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// The words with an ellipsis for each secret, whatever its case.
    pub fn hide(&self, words: &str) -> String {
        self.0.iter().fold(words.to_owned(), |words, secret| hide(&words, secret))
    }
}

fn hide(words: &str, secret: &str) -> String {
    let mut shown = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(first) = rest.chars().next() {
        let here = rest.get(..secret.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(secret));
        let is_in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let alone = || !is_in_word(shown.chars().next_back()) && !is_in_word(rest[secret.len()..].chars().next());
        if here && (secret.len() > SHORT || alone()) {
            shown.push('…');
            rest = &rest[secret.len()..];
        } else {
            shown.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_queries_are_hidden_in_whole_and_in_parts() {
        let mut secrets = Secrets::default();
        for value in ["Bearer sesame", "Basic bWU6b3Blbg==", "ab", "é=größe"] {
            secrets.add_value(value);
        }
        secrets.add_query("key=p%20q%2Fr&token=xyzzy&7");
        for (words, shown) in [
            ("no such key: sesame", "no such key: …"),
            ("no such key: SESAME!", "no such key: …!"),
            ("not Bearer sesame", "not …"),
            ("xsesamex", "x…x"),
            ("user me, password open", "user …, password …"),
            ("me:open", "…"),
            ("tenant ab is not able, (ab)", "tenant … is not able, (…)"),
            ("größe", "…"),
            ("POST /v1/traces?key=p%20q%2Fr&token=xyzzy&7", "POST /v1/traces?…"),
            ("p%20q%2Fr or p q/r or xyzzy or 7 of 17", "… or … or … or … of 17"),
            ("it is too large", "it is too large"),
        ] {
            assert_eq!(secrets.hide(words), shown, "{words}");
        }
        assert_eq!(secrets.add_path("/otlp/open%2Dup/v2"), "/otlp/…/v2");
        assert_eq!(secrets.hide("nothing at /otlp/open%2Dup/v1/traces (open-up)"), "nothing at /otlp/…/v1/traces (…)");
        assert_eq!(Secrets::default().hide("é\u{0}x"), "é\u{0}x");
    }
}
