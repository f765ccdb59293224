//! From what a probe has seen to the cause of a failure: no more than the facts allow is concluded.

use super::advice::{self, Parties};
use super::{Cause, Diagnosis};
use crate::platform::{Findings, Reached, url};

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
    let page = findings.origin.as_deref();
    if findings.is_forbidden {
        return Diagnosis::new(Cause::Csp).with_advice(advice::allow_in_policy(&endpoint));
    }
    let headers = to_allow(headers);
    // What is of the same origin, or outside of a browser, has no CORS in its way.
    let parties = page.filter(|page| *page != endpoint.origin);
    let parties = parties.map(|page| Parties { endpoint: &endpoint, page, headers: &headers });
    match (findings.anything, parties) {
        (Reached::Untried, _) => Diagnosis::default(),
        (Reached::No | Reached::Unclear, _) if endpoint.is_mixed_content(page) => {
            Diagnosis::new(Cause::MixedContent).with_advice(advice::use_https(&endpoint))
        }
        (Reached::No | Reached::Unclear, _) if findings.is_offline && !endpoint.is_loopback() => {
            Diagnosis::new(Cause::Offline)
        }
        (Reached::Unclear, Some(parties)) => Diagnosis::default().with_advice(parties.start_or_allow()),
        (Reached::No | Reached::Unclear, _) => {
            Diagnosis::new(Cause::Unreachable).with_advice(advice::start_receiver(&endpoint, page))
        }
        (Reached::TooLate, _) => Diagnosis::default().with_advice(advice::undecided(&endpoint)),
        (Reached::Yes, Some(parties)) => kept_out(&parties, findings),
        (Reached::Yes, None) => Diagnosis::default().with_advice(advice::passed(&endpoint)),
    }
}

/// What keeps this page out of a receiver that answers.
fn kept_out(parties: &Parties<'_>, findings: &Findings) -> Diagnosis {
    match (findings.readable, findings.permitted, &findings.refusal) {
        (Reached::No, ..) => Diagnosis::new(Cause::Cors).with_advice(parties.allow_origin()),
        (Reached::Yes, Reached::No, Some(refusal)) => {
            Diagnosis::new(Cause::Cors).with_advice(advice::refused(parties.endpoint, refusal))
        }
        (Reached::Yes, Reached::No, None) => Diagnosis::new(Cause::Cors).with_advice(parties.allow_headers()),
        (Reached::Yes, Reached::Yes, _) => Diagnosis::default().with_advice(advice::passed(parties.endpoint)),
        _ => Diagnosis::default().with_advice(advice::undecided(parties.endpoint)),
    }
}

#[cfg(test)]
#[path = "judgement_tests.rs"]
mod tests;
