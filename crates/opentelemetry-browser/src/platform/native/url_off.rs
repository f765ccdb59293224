//! In the place of `url` without the feature `native-testing`: nothing is sent, so every text will do.

use super::super::ParsedUrl;

pub(crate) fn normal(url: &str) -> Option<String> {
    Some(url.to_owned())
}

pub(crate) fn parse(url: &str) -> Option<ParsedUrl> {
    Some(ParsedUrl { href: url.to_owned(), scheme: "http".to_owned(), origin: String::new(), hostname: String::new() })
}
