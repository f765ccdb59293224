//! What is concluded from what a probe has seen.

use super::*;

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
            "--set=receivers.otlp.protocols.http.cors.allowed_origins=[http://localhost:8080]",
            "--set=receivers.otlp.protocols.http.cors.allowed_headers=[content-type,x-api-key]",
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
fn an_isolated_page_that_is_not_told_of_answers_gets_advice_for_both() {
    let findings = Findings { is_isolated: true, ..seen(Reached::No, Reached::Untried, Reached::Untried) };
    let found = judge(ENDPOINT, &headers(&["content-type"]), &findings);
    assert_eq!(found.cause, Cause::Unknown);
    assert!(advice(&found).contains("look alike"), "{}", advice(&found));
    assert_eq!(copied(&found).len(), 6);
    // Answers of its own origin are not kept from it.
    let own = Findings { origin: Some("http://localhost:4318".to_owned()), ..findings };
    assert_eq!(judge(ENDPOINT, &[], &own).cause, Cause::Unreachable);
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
