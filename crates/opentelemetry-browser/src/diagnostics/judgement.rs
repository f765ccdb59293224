//! From what a probe has seen to the cause of a failure: no more than the facts allow is concluded.

use super::advice::{self, Parties};
use super::{Cause, Diagnosis};
use crate::platform::{Findings, ParsedUrl, Reached, url};

/// Request headers that CORS lets through without asking
/// ([safelisted](https://fetch.spec.whatwg.org/#cors-safelisted-request-header)).
const SAFELISTED: [&str; 3] = ["accept", "accept-language", "content-language"];

/// The names of the headers that a receiver must allow.
fn to_allow(headers: &[(String, String)]) -> Vec<String> {
    let names = headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    names.filter(|name| !SAFELISTED.contains(&name.as_str())).collect()
}

/// The likely cause why a request with these headers to this URL got no answer.
pub(crate) fn judge(to: &str, headers: &[(String, String)], findings: &Findings) -> Diagnosis {
    let Some(endpoint) = url::parse(to) else { return Diagnosis::default() };
    let headers = to_allow(headers);
    let (cause, advice) = conclude(&endpoint, &headers, findings);
    Diagnosis { cause, advice }
}

fn conclude(endpoint: &ParsedUrl, headers: &[String], findings: &Findings) -> (Cause, Option<String>) {
    let page = findings.origin.as_deref();
    // What is of the same origin, or outside of a browser, has no CORS in its way.
    let parties = page.filter(|page| *page != endpoint.origin).map(|page| Parties { endpoint, page, headers });
    let (cause, advice) = match (findings.anything, parties) {
        _ if findings.is_forbidden => (Cause::Csp, advice::allow_in_policy(endpoint)),
        (Reached::Untried, _) => return (Cause::Unknown, None),
        (Reached::No | Reached::Unclear, _) if endpoint.is_mixed_content(page) => {
            (Cause::MixedContent, advice::use_https(endpoint))
        }
        (Reached::No | Reached::Unclear, _) if findings.is_offline && !endpoint.is_loopback() => {
            return (Cause::Offline, None);
        }
        (Reached::Unclear, Some(parties)) => (Cause::Unknown, parties.start_or_allow()),
        (Reached::No | Reached::Unclear, _) => (Cause::Unreachable, advice::start_receiver(endpoint, page)),
        (Reached::Yes, None) => (Cause::Unknown, advice::passed(endpoint)),
        (Reached::Yes, Some(parties)) => match (findings.readable, findings.permitted, &findings.refusal) {
            (Reached::No, ..) => (Cause::Cors, parties.allow_origin()),
            (Reached::Yes, Reached::No, Some(refusal)) => (Cause::Cors, advice::refused(endpoint, refusal)),
            (Reached::Yes, Reached::No, None) => (Cause::Cors, parties.allow_headers()),
            (Reached::Yes, Reached::Yes, _) => (Cause::Unknown, advice::passed(endpoint)),
            _ => (Cause::Unknown, advice::undecided(endpoint)),
        },
        (Reached::TooLate, _) => (Cause::Unknown, advice::undecided(endpoint)),
    };
    (cause, Some(advice))
}

#[cfg(test)]
#[path = "judgement_tests.rs"]
mod tests;
