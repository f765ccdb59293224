use std::time::SystemTime;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::*;
use crate::platform::test;

fn span() -> SpanData {
    SpanData {
        span_context: SpanContext::NONE,
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Client,
        name: "GET".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}

fn attribute(key: &'static str, value: &'static str) -> String {
    let mut span = span();
    span.attributes.push(KeyValue::new(key, value));
    redact_urls().keep_query_keys(["page"]).redact(&mut span);
    span.attributes[0].value.to_string()
}

#[test]
fn attributes_that_are_urls() {
    for (key, value, expected) in [
        ("url.full", "https://example.com/a/b", "https://example.com/a/b"),
        ("url.full", "https://example.com/a?x=1&page=2&y=3", "https://example.com/a?x=REDACTED&page=2&y=REDACTED"),
        ("url.full", "https://ann:pw@example.com:8443/", "https://REDACTED:REDACTED@example.com:8443/"),
        ("url.full", "https://ann@example.com", "https://REDACTED@example.com"),
        ("url.full", "https://a:p@ss@example.com/", "https://REDACTED:REDACTED@example.com/"),
        ("url.full", "https://a:p/w@example.com/x", "https://REDACTED:REDACTED@example.com/x"),
        ("url.full", "https://medium.com/@ann?x=1", "https://medium.com/@ann?x=REDACTED"),
        ("url.full", "https://h:8080/@ann", "https://h:8080/@ann"),
        ("url.full", "http://[::1]:8080/p?x=1", "http://[::1]:8080/p?x=REDACTED"),
        ("url.full", "https://h/?x=a b c&page=1", "https://h/?x=REDACTED&page=1"),
        ("url.full", "//ann:pw@h/p?x=1", "//REDACTED:REDACTED@h/p?x=REDACTED"),
        ("url.full", "https://", "https://"),
        ("url.full", "https://?x=1", "https://?x=REDACTED"),
        ("url.full", "https://ä:ö@ü/é?ß=ü#é", "https://REDACTED:REDACTED@ü/é?ß=REDACTED#é"),
        ("url.full", "https://h/?bearer-token", "https://h/?REDACTED"),
        ("url.full", "https://h/#section", "https://h/#section"),
        ("url.full", "https://h/#access_token=t&state=s", "https://h/#access_token=REDACTED&state=REDACTED"),
        ("url.full", "https://h/#/route?id=7", "https://h/#/route?id=REDACTED"),
        ("url.full", "https://h/?page=1;t=2", "https://h/?page=1;t=REDACTED"),
        ("url.full", "https://h/?page=https://u:p@i/?t=2", "https://h/?page=https://REDACTED:REDACTED@i/?t=REDACTED"),
        ("url.full", "https://h/?p%61ge=1", "https://h/?p%61ge=REDACTED"),
        ("browser.document.url.full", "https://h/?x=1", "https://h/?x=REDACTED"),
        ("http.url", "https://h/?x=1", "https://h/?x=REDACTED"),
        ("http.target", "/search?q=secret words&page=3", "/search?q=REDACTED&page=3"),
        ("url.original", "search?q=1", "search?q=REDACTED"),
        ("url.query", "q=1&page=2&&flag", "q=REDACTED&page=2&&REDACTED"),
        ("url.query", "?q=1", "?q=REDACTED"),
        ("url.fragment", "top", "top"),
        ("url.fragment", "id_token=1", "id_token=REDACTED"),
        ("url.path", "/a/b", "/a/b"),
    ] {
        assert_eq!(attribute(key, value), expected, "{key} = {value}");
    }
}

#[test]
fn texts_with_urls_in_them() {
    for (text, expected) in [
        ("", ""),
        ("no url", "no url"),
        ("a/b and c?d=e", "a/b and c?d=e"),
        ("GET /users?id=7", "GET /users?id=REDACTED"),
        ("GET https://u:p@h/?a=1 failed", "GET https://REDACTED:REDACTED@h/?a=REDACTED failed"),
        ("\"https://h/?a=1\" \"https://h/?b=2\"", "\"https://h/?a=REDACTED\" \"https://h/?b=REDACTED\""),
        ("see https://h/a?b=1,\nthen https://u@h", "see https://h/a?b=REDACTED\nthen https://REDACTED@h"),
        ("https://a@b,https://c:d@e", "https://REDACTED@b,https://REDACTED:REDACTED@e"),
        ("https://b,https://c:d@e", "https://b,https://REDACTED:REDACTED@e"),
        ("https://a/https://u:p@b/", "https://a/https://REDACTED:REDACTED@b/"),
        ("postgres://u:p@db/app", "postgres://REDACTED:REDACTED@db/app"),
        ("ß://ü:ö@ä?ñ=é", "ß://REDACTED:REDACTED@ä?ñ=REDACTED"),
        ("://", "://"),
        ("//", "//"),
        ("x://?", "x://?"),
    ] {
        assert_eq!(redact_urls().redact_text(text), expected, "{text}");
    }
}

#[test]
fn every_part_of_a_span_is_looked_at() {
    const URL: &str = "https://u:p@h/?t=1";
    const CLEAN: &str = "https://REDACTED:REDACTED@h/?t=REDACTED";
    let mut span = span();
    let list = |url: &'static str| {
        vec![
            KeyValue::new("any.key", url),
            KeyValue::new("list", Value::Array(Array::String(vec![url.into(), "x".into()]))),
            KeyValue::new("number", 7),
        ]
    };
    let text = |url| format!("failed: {url}");
    span.name = text(URL).into();
    span.status = Status::error(text(URL));
    span.attributes = list(URL);
    span.events.events.push(Event::new(text(URL), SystemTime::UNIX_EPOCH, list(URL), 0));
    span.links.links.push(Link::new(SpanContext::NONE, list(URL), 0));
    redact_urls().redact(&mut span);
    assert_eq!(span.name, text(CLEAN));
    assert_eq!(span.status, Status::error(text(CLEAN)));
    assert_eq!(span.attributes, list(CLEAN));
    assert_eq!(span.events[0].name, text(CLEAN));
    assert_eq!(span.events[0].attributes, list(CLEAN));
    assert_eq!(span.links[0].attributes, list(CLEAN));
}

#[test]
fn a_url_that_is_the_query_or_the_fragment_of_another() {
    for (url, expected) in [
        ("https://p/?https://ann:pw@h/a=b", "https://p/?https://REDACTED:REDACTED@h/a=REDACTED"),
        ("https://p/?https://ann:pw@h/a&page=1", "https://p/?REDACTED&page=1"),
        ("https://p/?page=https://ann:pw@h/a", "https://p/?page=https://REDACTED:REDACTED@h/a"),
        ("https://p/#https://ann:pw@h/a", "https://p/#https://REDACTED:REDACTED@h/a"),
        ("https://p/#/route/a=b", "https://p/#/route/a=REDACTED"),
    ] {
        assert_eq!(attribute("url.full", url), expected);
    }
    let only = redact_urls().only_query_keys(["sig"]);
    assert_eq!(only.redact_text("https://p/?https://ann:pw@h/a"), "https://p/?https://REDACTED:REDACTED@h/a");
}

#[test]
fn the_seven_keys_of_the_semantic_conventions() {
    let urls = redact_urls().only_query_keys(SENSITIVE_QUERY_KEYS);
    // A signed URL of each service that the conventions name.
    for (url, expected) in [
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=A&X-Amz-Credential=1&X-Amz-Security-Token=2&X-Amz-Signature=3",
            "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=A&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED\
             &X-Amz-Signature=REDACTED",
        ),
        (
            "https://b.s3.amazonaws.com/k?AWSAccessKeyId=1&Expires=1175139620&Signature=2%3D",
            "https://b.s3.amazonaws.com/k?AWSAccessKeyId=REDACTED&Expires=1175139620&Signature=REDACTED",
        ),
        (
            "https://h.blob.core.windows.net/c?sv=2022-11-02&sig=1",
            "https://h.blob.core.windows.net/c?sv=2022-11-02&sig=REDACTED",
        ),
        (
            "https://storage.googleapis.com/b/o?X-Goog-Signature=1",
            "https://storage.googleapis.com/b/o?X-Goog-Signature=REDACTED",
        ),
    ] {
        assert_eq!(urls.redact_text(url), expected);
    }
    for key in SENSITIVE_QUERY_KEYS {
        let other_case = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        let other_case: String = key.chars().map(other_case).collect();
        let of_both = |sensitive: &str| format!("https://h/?{other_case}=1&{key}={sensitive}");
        assert_eq!(urls.redact_text(&of_both("1")), of_both("REDACTED"), "the case of a key matters");
    }
    let distinct: std::collections::BTreeSet<_> = SENSITIVE_QUERY_KEYS.into_iter().collect();
    assert_eq!(distinct.len(), 7);
}

#[test]
fn only_some_keys() {
    let urls = redact_urls().only_query_keys(SENSITIVE_QUERY_KEYS);
    for (url, expected) in [
        ("https://u:p@h/?a=1&sig=2", "https://REDACTED:REDACTED@h/?a=1&sig=REDACTED"),
        ("https://h/?X-Amz-Signature=1&x-amz-signature=1", "https://h/?X-Amz-Signature=REDACTED&x-amz-signature=1"),
        ("https://h/?%73i%67=2&sig%zz=1", "https://h/?%73i%67=REDACTED&sig%zz=1"),
        ("https://h/?flag", "https://h/?flag"),
    ] {
        assert_eq!(urls.redact_text(url), expected);
    }
}
