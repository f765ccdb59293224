//! The page's address on what happens in it: spans that start and log records that are emitted come in, and have it when they go out.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::{KeyValue, StringValue};

use crate::platform::document;
use crate::redaction::{SENSITIVE_QUERY_KEYS, UrlRedaction, redact_urls};
use crate::trace::processors::Processor;

/// The most bytes of an address: a page can make its own as long as it likes.
const MAX_BYTES: usize = 4096;

/// Sets `browser.document.url.full`.
pub(crate) struct DocumentUrl {
    urls: UrlRedaction,
    /// The address as it was last, and as it may leave the page.
    last: Mutex<Option<(String, Arc<str>)>>,
}

impl DocumentUrl {
    pub(crate) fn processor() -> Box<dyn Processor> {
        Box::new(Self { urls: redact_urls().only_query_keys(SENSITIVE_QUERY_KEYS), last: Mutex::default() })
    }

    fn url(&self) -> Option<Arc<str>> {
        let mut url = document::url()?;
        let most = (0..=MAX_BYTES.min(url.len())).rev().find(|at| url.is_char_boundary(*at));
        url.truncate(most.unwrap_or_default());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, redacted)) = last.as_ref().filter(|(known, _)| *known == url) {
            return Some(redacted.clone());
        }
        let redacted: Arc<str> = self.urls.redact_text(&url).into();
        *last = Some((url, redacted.clone()));
        Some(redacted)
    }
}

impl Processor for DocumentUrl {
    fn takes_ended(&self) -> bool {
        false
    }

    fn at_start(&self, set: &mut dyn FnMut(KeyValue)) {
        if let Some(url) = self.url() {
            set(KeyValue::new("browser.document.url.full", StringValue::from(url)));
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn seen(processor: &dyn Processor) -> Option<String> {
        let mut found = None;
        processor.at_start(&mut |pair| {
            assert_eq!(pair.key.as_str(), "browser.document.url.full");
            found = Some(pair.value.to_string());
        });
        found
    }

    #[test]
    fn it_follows_the_page_and_keeps_its_secrets() {
        let processor = DocumentUrl::processor();
        assert_eq!(seen(&*processor), None, "a worker has no document");
        for (url, expected) in [
            (
                "https://shop.example/cart?color=blue&sig=abc#part",
                "https://shop.example/cart?color=blue&sig=REDACTED#part",
            ),
            ("https://ann:pw@shop.example/", "https://REDACTED:REDACTED@shop.example/"),
            ("https://ann:pw@shop.example/", "https://REDACTED:REDACTED@shop.example/"),
            ("about:blank", "about:blank"),
        ] {
            document::set_url(Some(url));
            assert_eq!(seen(&*processor).as_deref(), Some(expected));
        }
        document::set_url(Some(&format!("https://shop.example/{}", "ü".repeat(10_000))));
        assert!(seen(&*processor).unwrap().len() <= MAX_BYTES);
        document::set_url(None);
    }
}
