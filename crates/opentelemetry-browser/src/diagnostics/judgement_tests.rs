//! What is concluded from what a probe has seen.

use super::*;
use crate::platform::Refusal;

const ENDPOINT: &str = "http://localhost:4318/v1/traces";
const PAGE: &str = "http://localhost:8080";

fn seen(anything: Reached, readable: Reached, permitted: Reached) -> Findings {
    Findings { origin: Some(PAGE.to_owned()), anything, readable, permitted, ..Findings::default() }
}

fn headers(names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect()
}

fn advice(diagnosis: &Diagnosis) -> &str {
    diagnosis.advice.as_deref().unwrap_or_default()
}

/// The lines of an advice that are to be copied.
fn copied(diagnosis: &Diagnosis) -> Vec<&str> {
    advice(diagnosis).lines().filter_map(|line| line.strip_prefix("    ")).collect()
}

#[test]
fn an_origin_that_cors_refuses_gets_the_settings_that_allow_it() {
    let headers = headers(&["Content-Type", "X-Api-Key", "Accept-Language"]);
    let found = judge(ENDPOINT, &headers, &seen(Reached::Yes, Reached::No, Reached::Untried));
    assert_eq!(found.cause, Cause::Cors);
    assert!(advice(&found).contains("http://localhost:4318 answers, but does not allow"), "{}", advice(&found));
    assert_eq!(
        copied(&found),
        [
            "COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS=http://localhost:8080",
            "COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS=content-type,x-api-key",
            "--collector.otlp.http.cors.allowed-origins=http://localhost:8080",
            "--collector.otlp.http.cors.allowed-headers=content-type,x-api-key",
            "'--set=receivers.otlp.protocols.http.cors.allowed_origins=[http://localhost:8080]'",
            "'--set=receivers.otlp.protocols.http.cors.allowed_headers=[content-type,x-api-key]'",
        ]
    );
}

#[test]
fn headers_that_cors_refuses_are_named() {
    let headers = headers(&["content-type", "content-encoding"]);
    let found = judge(ENDPOINT, &headers, &seen(Reached::Yes, Reached::Yes, Reached::No));
    assert_eq!(found.cause, Cause::Cors);
    assert!(advice(&found).contains("not with these headers: content-type, content-encoding"), "{}", advice(&found));
    assert!(copied(&found).contains(&"COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS=content-type,content-encoding"));
}

#[test]
fn what_does_not_answer_is_unreachable() {
    let found = judge(ENDPOINT, &[], &seen(Reached::No, Reached::Untried, Reached::Untried));
    assert_eq!(found.cause, Cause::Unreachable);
    assert!(advice(&found).contains("http://localhost:4318"), "{}", advice(&found));
    for (endpoint, page, hint) in [
        ("http://localhost:4317/v1/traces", PAGE, "gRPC"),
        ("https://otlp.example/v1/traces", "https://shop.example", "certificate"),
        ("http://127.0.0.1:4318/v1/traces", "https://shop.example", "visitor's own machine"),
    ] {
        let found = judge(
            endpoint,
            &[],
            &Findings { origin: Some(page.to_owned()), anything: Reached::No, ..Findings::default() },
        );
        assert_eq!(found.cause, Cause::Unreachable, "{endpoint}");
        assert!(advice(&found).contains(hint), "{}", advice(&found));
    }
}

#[test]
fn a_policy_of_the_page_is_named_with_the_directive_that_would_do() {
    let findings = Findings { is_forbidden: true, ..seen(Reached::No, Reached::Untried, Reached::Untried) };
    let found = judge(ENDPOINT, &[], &findings);
    assert_eq!(found.cause, Cause::Csp);
    assert_eq!(copied(&found), ["connect-src 'self' http://localhost:4318"]);
}

#[test]
fn mixed_content_and_no_network_are_told_apart_from_no_receiver() {
    let findings = |page: &str, is_offline| Findings {
        origin: Some(page.to_owned()),
        is_offline,
        anything: Reached::No,
        ..Findings::default()
    };
    let to_another_host = "http://otlp.example:4318/v1/traces";
    let cause = |url: &str, findings: &Findings| judge(url, &[], findings).cause;
    assert_eq!(cause(to_another_host, &findings("https://shop.example", false)), Cause::MixedContent);
    assert_eq!(cause(ENDPOINT, &findings("https://shop.example", false)), Cause::Unreachable);
    assert_eq!(cause(to_another_host, &findings(PAGE, true)), Cause::Offline);
    assert_eq!(
        cause(ENDPOINT, &findings(PAGE, true)),
        Cause::Unreachable,
        "this machine is there without a network, too"
    );
}

#[test]
fn where_an_answer_that_is_kept_back_looks_like_none_there_is_advice_for_both() {
    let findings = seen(Reached::Unclear, Reached::Untried, Reached::Untried);
    let found = judge(ENDPOINT, &headers(&["content-type"]), &findings);
    assert_eq!(found.cause, Cause::Unknown);
    assert!(advice(&found).contains("Either nothing answers at http://localhost:4318, or"), "{}", advice(&found));
    assert_eq!(copied(&found).len(), 6);
    // What browsers ask their users is a third possibility.
    let findings = Findings { origin: Some("https://shop.example".to_owned()), ..findings };
    let found = judge(ENDPOINT, &headers(&["content-type"]), &findings);
    assert!(advice(&found).contains("visitor's own machine"), "{}", advice(&found));
    let found = judge("http://otlp.example/v1/traces", &[], &findings);
    assert_eq!(found.cause, Cause::MixedContent);
}

#[test]
fn a_receivers_own_words_are_the_advice() {
    let says = |message: &str| Findings {
        refusal: Some(Refusal { status: 403, message: message.to_owned() }),
        ..seen(Reached::Yes, Reached::Yes, Reached::No)
    };
    // This project's collector.
    let found = judge(
        ENDPOINT,
        &[],
        &says("not from there; to allow it, start the collector with --allow-origin 'http://[::1]:80'"),
    );
    assert_eq!(found.cause, Cause::Cors);
    assert_eq!(copied(&found), ["--allow-origin 'http://[::1]:80'"]);
    assert!(
        advice(&found).starts_with("http://localhost:4318 answers with HTTP status 403: not from there"),
        "{}",
        advice(&found)
    );
    assert!(!advice(&found).contains("COLLECTOR_OTLP"), "Jaeger's settings are of no use there: {}", advice(&found));
    let found = judge(
        "http://localhost:9999/v1/traces",
        &[],
        &says("this is the viewer; spans go to http://localhost:4318/v1/traces"),
    );
    assert!(
        advice(&found).ends_with("this is the viewer; spans go to http://localhost:4318/v1/traces"),
        "{}",
        advice(&found)
    );
    assert_eq!(copied(&found), [""; 0]);
    // A receiver that lets this page in says nothing of the kind.
    let open = Findings { permitted: Reached::Yes, ..says("GET is not allowed") };
    assert_eq!(judge(ENDPOINT, &[], &open).cause, Cause::Unknown);
}

#[test]
fn ports_of_something_else_are_told() {
    for (endpoint, what) in [
        ("http://localhost:16686/v1/traces", "this is the viewer; spans go to 4318"),
        ("http://localhost:4317/v1/traces", "this is OTLP over gRPC, which browsers cannot speak; spans go to 4318"),
    ] {
        for anything in [Reached::No, Reached::Unclear, Reached::Yes] {
            let found = judge(endpoint, &headers(&["content-type"]), &seen(anything, Reached::No, Reached::Untried));
            assert!(advice(&found).contains(what), "{}", advice(&found));
            assert_eq!(copied(&found), ["http://localhost:4318"], "no settings of a receiver that is not there");
        }
    }
    // 4318 with more digits is no other port.
    let found = judge("http://localhost:14317/v1/traces", &[], &seen(Reached::No, Reached::Untried, Reached::Untried));
    assert!(!advice(&found).contains("gRPC"), "{}", advice(&found));
}

#[test]
fn what_cannot_be_told_is_not_told() {
    for found in [
        seen(Reached::TooLate, Reached::Untried, Reached::Untried),
        seen(Reached::Yes, Reached::TooLate, Reached::Untried),
        seen(Reached::Yes, Reached::Yes, Reached::TooLate),
    ] {
        let found = judge(ENDPOINT, &[], &found);
        assert_eq!(found.cause, Cause::Unknown);
        assert!(advice(&found).contains("could not be found out"), "{}", advice(&found));
    }
    let passed = judge(ENDPOINT, &[], &seen(Reached::Yes, Reached::Yes, Reached::Yes));
    assert_eq!(passed.cause, Cause::Unknown);
    assert!(advice(&passed).contains("got through"), "{}", advice(&passed));
    // The same origin, and a runtime without origins, have no CORS in the way.
    for origin in [Some("http://localhost:4318".to_owned()), None] {
        let findings = Findings { origin, anything: Reached::Yes, ..Findings::default() };
        assert!(advice(&judge(ENDPOINT, &[], &findings)).contains("got through"));
    }
    assert_eq!(judge(ENDPOINT, &[], &Findings::default()), Diagnosis::default());
}
