//! Whatever a span looks like: no secret of a URL in it is left once it was redacted.

#![cfg(not(target_arch = "wasm32"))]

use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_browser::redaction::{Redaction, SENSITIVE_QUERY_KEYS, redact_urls};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use proptest::prelude::*;

/// Found nowhere else in a span, so that one look at all of it is enough.
const SECRET: &str = "s3cret";

/// A secret as it may stand in a URL, with characters around it that are awkward to a parser.
fn secret() -> BoxedStrategy<String> {
    ("[a-z0-9.~%+:@!$'()*,=-]{0,4}", "[a-z0-9.~%+:@!$'()*,=-]{0,4}")
        .prop_map(|(before, after)| format!("{before}{SECRET}{after}"))
        .boxed()
}

fn userinfo() -> BoxedStrategy<String> {
    prop_oneof![
        3 => Just(String::new()),
        1 => secret().prop_map(|user| format!("{user}@")),
        2 => secret().prop_map(|password| format!("ann:{password}@")),
    ]
    .boxed()
}

fn parameters(mark: &'static str) -> BoxedStrategy<String> {
    let parameter = (
        prop_oneof![Just("a"), Just("page"), Just("sig"), Just("X-Amz-Signature"), Just("s%69g"), Just("ключ")],
        prop_oneof![Just(true), Just(false)],
        secret(),
    );
    prop::collection::vec((parameter, prop_oneof![Just("&"), Just(";"), Just("&&")]), 0..4)
        .prop_map(move |list| {
            let mut text = String::new();
            for ((key, is_kept, secret), separator) in list {
                let mark = if text.is_empty() { mark } else { separator };
                let (key, value) =
                    if is_kept { ("page", "2") } else { (if key == "page" { "a" } else { key }, secret.as_str()) };
                text.push_str(&format!("{mark}{key}={value}"));
            }
            text
        })
        .boxed()
}

/// A URL, some of them relative, with secrets where a URL may have them.
fn url() -> BoxedStrategy<String> {
    let host =
        prop_oneof![Just("example.com"), Just("h:8080"), Just("[::1]"), Just("[::1]:80"), Just("bücher.example")];
    let scheme = prop_oneof![Just("https://"), Just("http://"), Just("wss://"), Just("//")];
    let origin = prop_oneof![
        4 => (scheme, userinfo(), host).prop_map(|(scheme, user, host)| format!("{scheme}{user}{host}")),
        1 => Just(String::new()),
    ];
    let path = prop_oneof![Just("/"), Just("/a/b"), Just("/@ann"), Just("/ä")];
    (origin, path, parameters("?"), parameters("#"))
        .prop_map(|(origin, path, query, fragment)| format!("{origin}{path}{query}{fragment}"))
        .boxed()
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        url(),
        url().prop_map(|url| format!("GET {url} failed: \"{url}\"")),
        (url(), url()).prop_map(|(a, b)| format!("{a}\n{b}"))
    ]
    .boxed()
}

fn attributes() -> BoxedStrategy<Vec<KeyValue>> {
    let value = prop_oneof![
        text().prop_map(|text| Value::String(text.into())),
        prop::collection::vec(text(), 0..3)
            .prop_map(|texts| Value::Array(Array::String(texts.into_iter().map(Into::into).collect()))),
        any::<i64>().prop_map(Value::I64),
    ];
    let any_key = prop_oneof![Just("message"), Just("http.request.header.referer"), Just("exception.stacktrace")];
    let url_key = prop_oneof![Just("url.full"), Just("http.url"), Just("http.target"), Just("url.original")];
    let attribute = prop_oneof![
        (any_key, value).prop_map(|(key, value)| KeyValue::new(key, value)),
        (url_key, url()).prop_map(|(key, url)| KeyValue::new(key, url)),
        parameters("").prop_map(|query| KeyValue::new("url.query", query)),
        parameters("?").prop_map(|query| KeyValue::new("url.query", query)),
        parameters("").prop_map(|fragment| KeyValue::new("url.fragment", fragment)),
    ];
    prop::collection::vec(attribute, 0..4).boxed()
}

fn span() -> BoxedStrategy<SpanData> {
    let events = prop::collection::vec((text(), attributes()), 0..3);
    let links = prop::collection::vec(attributes(), 0..3);
    (text(), text(), attributes(), events, links)
        .prop_map(|(name, status, attributes, event_list, link_list)| {
            let mut events = SpanEvents::default();
            let now = SystemTime::UNIX_EPOCH;
            events.events = event_list.into_iter().map(|(name, list)| Event::new(name, now, list, 0)).collect();
            let mut links = SpanLinks::default();
            links.links = link_list.into_iter().map(|list| Link::new(SpanContext::NONE, list, 0)).collect();
            SpanData {
                span_context: SpanContext::NONE,
                parent_span_id: SpanId::INVALID,
                parent_span_is_remote: false,
                span_kind: SpanKind::Client,
                name: name.into(),
                start_time: now,
                end_time: now,
                attributes,
                dropped_attributes_count: 0,
                events,
                links,
                status: Status::error(status),
                instrumentation_scope: InstrumentationScope::default(),
            }
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_survives(mut span in span()) {
        redact_urls().keep_query_keys(["page"]).redact(&mut span);
        let left = format!("{span:?}");
        prop_assert!(!left.contains(SECRET), "{}", left);
    }

    #[test]
    fn what_is_kept_is_kept_and_redacting_twice_changes_nothing(mut span in span()) {
        let before = format!("{span:?}").matches("page=2").count();
        let urls = redact_urls().keep_query_keys(["page"]);
        urls.redact(&mut span);
        let once = format!("{span:?}");
        prop_assert_eq!(once.matches("page=2").count(), before);
        urls.redact(&mut span);
        prop_assert_eq!(format!("{span:?}"), once);
    }

    #[test]
    fn sensitive_keys_are_found_behind_escapes(value in "[a-z]{1,8}", key in 0..SENSITIVE_QUERY_KEYS.len(), at in 0..3_usize) {
        let key = SENSITIVE_QUERY_KEYS[key];
        let escaped = format!("{}%{:02x}{}", &key[..at], key.as_bytes()[at], &key[at + 1..]);
        let redacted = redact_urls().only_query_keys(SENSITIVE_QUERY_KEYS).redact_text(&format!("https://h/?{escaped}=0{value}0")).into_owned();
        prop_assert_eq!(redacted, format!("https://h/?{escaped}=REDACTED"));
    }

    #[test]
    fn any_text_goes_through(text in any::<String>()) {
        redact_urls().redact_text(&text);
        redact_urls().only_query_keys(SENSITIVE_QUERY_KEYS).redact_text(&format!("://{text}"));
    }
}
