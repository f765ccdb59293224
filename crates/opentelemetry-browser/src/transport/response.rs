//! What a receiver's answer means for the records of a request.

use super::retry::{is_retryable, retry_after};
use super::sender::Sender;
use super::{Response, TransportError};
use crate::diagnostics::LastError;
use crate::micros::Micros;
use crate::platform::json::response_fields;

/// How much of a receiver's own words is repeated in an error.
const MAX_QUOTED: usize = 500;

/// Content Too Large (RFC 9110, section 15.5.14): a part of the request may do.
pub(crate) const TOO_LONG: u16 = 413;

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken in, but for `rejected` records.
    Delivered {
        /// `partialSuccess.rejectedSpans`, or what it is called for other signals.
        rejected: usize,
        /// `partialSuccess.errorMessage`, a warning if no record was rejected.
        message: Option<String>,
    },
    /// Not now; the same request may succeed later.
    Unavailable {
        /// What happened.
        error: LastError,
        /// When the receiver wants to be asked again.
        retry_after: Option<Micros>,
    },
    /// The page was left while it was under way: it may have arrived, or not.
    InDoubt {
        /// What happened.
        error: LastError,
    },
    /// Never.
    Refused {
        /// What the receiver said.
        error: LastError,
    },
}

impl Outcome {
    /// Judges an answer, or the lack of one, to a request of so many records.
    pub(crate) fn of(result: Result<Response, TransportError>, sender: &Sender, records: usize) -> Self {
        Self::judge(result, &sender.url, sender.signal.rejected, records)
    }

    pub(crate) fn judge(result: Result<Response, TransportError>, url: &str, rejected: &str, records: usize) -> Self {
        match result {
            Ok(response) if (200..300).contains(&response.status) => accepted(&response.body, rejected, records),
            Ok(response) => {
                let error = LastError::status(describe(&response, url), response.status);
                if is_retryable(response.status) {
                    let retry_after = response.retry_after.as_deref().and_then(retry_after);
                    Self::Unavailable { error, retry_after }
                } else {
                    Self::Refused { error }
                }
            }
            Err(error) if error.is_in_doubt() => Self::InDoubt { error: error.at(url) },
            Err(error) => Self::Unavailable { error: error.at(url), retry_after: None },
        }
    }
}

fn accepted(body: &str, rejected: &str, records: usize) -> Outcome {
    // A receiver that answers 200 with something else than JSON has taken the records all the same.
    let fields = response_fields(body, rejected).unwrap_or_default();
    let rejected = fields.rejected.map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX).min(records));
    let message = fields.error_message.filter(|message| !message.is_empty()).map(|message| quote(&message).to_owned());
    Outcome::Delivered { rejected, message }
}

fn describe(response: &Response, url: &str) -> String {
    let fields = response_fields(&response.body, "").unwrap_or_default();
    let said = fields.status_message.filter(|message| !message.is_empty());
    let said = said.as_deref().unwrap_or(response.body.trim_ascii());
    let status = response.status;
    if status == 0 {
        format!("{url} answered with a redirect, which is not followed")
    } else if said.is_empty() {
        format!("{url} answered with HTTP status {status}")
    } else {
        format!("{url} answered with HTTP status {status}: {}", quote(said))
    }
}

fn quote(text: &str) -> &str {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::test;

    const URL: &str = "http://localhost:4318/v1/traces";

    fn answer(status: u16, body: &str) -> Outcome {
        Outcome::judge(Ok(Response { status, retry_after: None, body: body.to_owned() }), URL, "rejectedSpans", 10)
    }

    #[test]
    fn success_may_be_partial() {
        let full = Outcome::Delivered { rejected: 0, message: None };
        for body in ["", "{}", r#"{"partialSuccess":{}}"#, r#"{"partialSuccess":null}"#, "<html>", "[]", "null"] {
            assert_eq!(answer(200, body), full, "{body}");
        }
        let body = r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#;
        assert_eq!(answer(200, body), Outcome::Delivered { rejected: 3, message: Some("too old".into()) });
        let body = r#"{"partialSuccess":{"rejectedSpans":99}}"#;
        assert_eq!(answer(202, body), Outcome::Delivered { rejected: 10, message: None });
        let body = r#"{"partialSuccess":{"errorMessage":"deprecated"}}"#;
        assert_eq!(answer(200, body), Outcome::Delivered { rejected: 0, message: Some("deprecated".into()) });
    }

    #[test]
    fn fields_that_are_not_as_the_protocol_has_them_are_none() {
        for (body, fields) in [
            (r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"m"}}"#, Some((Some(3), Some("m"), None))),
            (r#"{"partialSuccess":{"rejectedSpans":3}}"#, Some((Some(3), None, None))),
            (r#"{"partialSuccess":{"rejectedSpans":-1}}"#, Some((Some(0), None, None))),
            (r#"{"partialSuccess":{"rejectedSpans":"many","errorMessage":7}}"#, Some((None, None, None))),
            (r#"{"partialSuccess":7,"message":"status"}"#, Some((None, None, Some("status")))),
            (r#"{"code":3,"message":"bad \u00e9","details":[]}"#, Some((None, None, Some("bad é")))),
            (r#"{"unknown":{"message":"no"}}"#, Some((None, None, None))),
            (r#"{"message":null,"partialSuccess":null}"#, Some((None, None, None))),
            (r#"{"message":"cut o"#, None),
            ("", None),
        ] {
            let read = response_fields(body, "rejectedSpans");
            let read = read
                .as_ref()
                .map(|read| (read.rejected, read.error_message.as_deref(), read.status_message.as_deref()));
            assert_eq!(read, fields, "{body}");
        }
    }

    #[test]
    fn a_receiver_may_say_when_it_wants_to_be_asked_again() {
        let asked = |header: &str| {
            let retry_after = Some(header.to_owned());
            match Outcome::judge(
                Ok(Response { status: 503, retry_after, ..Response::default() }),
                URL,
                "rejectedSpans",
                1,
            ) {
                Outcome::Unavailable { retry_after, .. } => retry_after,
                other => panic!("{other:?}"),
            }
        };
        let seconds = |seconds| Some(Micros::from(std::time::Duration::from_secs(seconds)));
        assert_eq!((asked("120"), asked(" 0 "), asked("007")), (seconds(120), None, seconds(7)));
        assert_eq!(asked("99999999999999999999999"), seconds(u64::MAX));
        for nothing in ["", " ", "soon", "later, please", "٣"] {
            assert_eq!(asked(nothing), None, "{nothing:?}");
        }
        for past in ["Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"] {
            assert_eq!(asked(past), None, "{past}");
        }
        // The year 2096: the date's distance from now.
        let distance = asked("Fri, 06 Jan 2096 08:49:37 GMT").expect("a date");
        let distance = std::time::Duration::from(distance).as_millis() as f64;
        let expected = 3_976_678_177_000.0 - crate::platform::clock::date_now();
        assert!((distance - expected).abs() < 60_000.0, "{distance} {expected}");
    }

    #[test]
    fn statuses_are_told_apart() {
        for status in [429, 502, 503, 504] {
            assert!(matches!(answer(status, ""), Outcome::Unavailable { .. }), "{status}");
        }
        for status in [0, 301, 400, 401, 403, 404, 413, 415, 500, 501] {
            assert!(matches!(answer(status, ""), Outcome::Refused { .. }), "{status}");
        }
    }

    #[test]
    fn a_redirect_is_no_success_of_whatever_it_leads_to() {
        for status in [0, 302, 307] {
            let Outcome::Refused { error } = answer(status, "") else { panic!("{status}") };
            assert_eq!(error.cause, crate::Cause::Redirect, "{status}");
            assert!(error.message.contains(if status == 0 { "redirect" } else { "HTTP status" }), "{}", error.message);
            assert!(error.advice.is_some_and(|advice| advice.contains("endpoint")), "{status}");
        }
    }

    #[test]
    fn the_receivers_words_are_repeated_but_not_at_length() {
        let Outcome::Refused { error } = answer(400, r#"{"code":3,"message":"bad trace id"}"#) else { panic!() };
        assert_eq!(error.message, format!("{URL} answered with HTTP status 400: bad trace id"));
        assert_eq!(error.cause, crate::Cause::Status(400));
        let Outcome::Refused { error } = answer(400, &"é".repeat(10_000)) else { panic!() };
        assert!(error.message.chars().count() < MAX_QUOTED + 100);
    }
}
