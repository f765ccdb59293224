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

/// Whether the browser would block the request for its scheme alone.
pub(crate) fn is_mixed_content(endpoint: &ParsedUrl, page: Option<&str>) -> bool {
    let is_secure = page.is_some_and(|page| page.starts_with("https://"));
    is_secure && endpoint.scheme == "http" && !endpoint.is_loopback()
}

/// The likely cause why a request with these headers to this URL got no answer.
pub(crate) fn judge(to: &str, headers: &[(String, String)], findings: &Findings) -> Diagnosis {
    let Some(endpoint) = url::parse(to) else { return Diagnosis::default() };
    let page = findings.origin.as_deref();
    if findings.is_forbidden {
        return Diagnosis::new(Cause::Csp).with_advice(advice::allow_in_policy(&endpoint));
    }
    match (findings.anything, page) {
        (Reached::Untried, _) => Diagnosis::default(),
        (Reached::No, _) if is_mixed_content(&endpoint, page) => {
            Diagnosis::new(Cause::MixedContent).with_advice(advice::use_https(&endpoint))
        }
        (Reached::No, _) if findings.is_offline && !endpoint.is_loopback() => Diagnosis::new(Cause::Offline),
        (Reached::No, Some(page)) if findings.is_isolated && page != endpoint.origin => {
            let headers = to_allow(headers);
            let parties = Parties { endpoint: &endpoint, page, headers: &headers };
            Diagnosis::default().with_advice(parties.start_or_allow())
        }
        (Reached::No, _) => Diagnosis::new(Cause::Unreachable).with_advice(advice::start_receiver(&endpoint, page)),
        (Reached::TooLate, _) => Diagnosis::default().with_advice(advice::undecided(&endpoint)),
        // What answers and is of the same origin, or outside of a browser, has no CORS in its way.
        (Reached::Yes, Some(page)) if page != endpoint.origin => {
            let headers = to_allow(headers);
            let parties = Parties { endpoint: &endpoint, page, headers: &headers };
            match (findings.readable, findings.permitted) {
                (Reached::No, _) => Diagnosis::new(Cause::Cors).with_advice(parties.allow_origin()),
                (Reached::Yes, Reached::No) => Diagnosis::new(Cause::Cors).with_advice(parties.allow_headers()),
                (Reached::Yes, Reached::Yes) => Diagnosis::default().with_advice(advice::passed(&endpoint)),
                _ => Diagnosis::default().with_advice(advice::undecided(&endpoint)),
            }
        }
        (Reached::Yes, _) => Diagnosis::default().with_advice(advice::passed(&endpoint)),
    }
}

#[cfg(test)]
#[path = "judgement_tests.rs"]
mod tests;
