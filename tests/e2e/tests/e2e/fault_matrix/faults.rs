//! The faults, one after the other.

use super::{Fault, Rule};
use e2e::faults::{Door, Posted, Verdict};
use std::time::{Duration, SystemTime};

fn take(_: &Posted<'_>) -> Verdict {
    Verdict::Take("{}".to_owned())
}

/// Refuses for some seconds.
fn refuse_for(posted: &Posted<'_>, seconds: u64, status: u16, headers: Vec<(&'static str, String)>) -> Verdict {
    if posted.age < Duration::from_secs(seconds) { Verdict::Refuse(status, headers) } else { take(posted) }
}

fn first(posted: &Posted<'_>, verdict: Verdict) -> Verdict {
    if posted.number == 0 { verdict } else { take(posted) }
}

pub fn faults() -> Vec<Fault> {
    let of = |name, judge: fn(&Posted<'_>) -> Verdict, rule| Fault {
        name,
        door: Door::Open,
        judge,
        options: "{}",
        burst: 400,
        is_offline: false,
        rule,
    };
    vec![
        Fault { burst: 2048, ..of("none, a burst of 2,048", take, Rule::Once) },
        of("503 for 8 s", |posted| refuse_for(posted, 8, 503, vec![]), Rule::Once),
        Fault {
            burst: 2048,
            ..of("503 for 8 s, a burst of 2,048", |posted| refuse_for(posted, 8, 503, vec![]), Rule::Once)
        },
        of(
            "503 with `Retry-After: 2` for 8 s",
            |posted| refuse_for(posted, 8, 503, vec![("retry-after", "2".to_owned())]),
            Rule::Once,
        ),
        of(
            "503 with a date in `Retry-After` for 8 s",
            |posted| {
                let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3));
                refuse_for(posted, 8, 503, vec![("retry-after", date)])
            },
            Rule::Once,
        ),
        of(
            "429 with `Retry-After: 1` for 4 s",
            |posted| refuse_for(posted, 4, 429, vec![("retry-after", "1".to_owned())]),
            Rule::Once,
        ),
        Fault { door: Door::Closed(Duration::from_secs(8)), ..of("nothing listens for 8 s", take, Rule::Once) },
        Fault {
            door: Door::Closed(Duration::from_secs(8)),
            burst: 2048,
            ..of("nothing listens for 8 s, a burst of 2,048", take, Rule::Once)
        },
        Fault { door: Door::Closed(Duration::from_secs(15)), ..of("nothing listens for 15 s", take, Rule::Once) },
        Fault { door: Door::Resets(Duration::from_secs(8)), ..of("connections are reset for 8 s", take, Rule::Once) },
        of("the answer to one request is lost", |posted| first(posted, Verdict::TakeAndHangUp), Rule::Again),
        Fault {
            options: "{ exportTimeoutMillis: 2000 }",
            ..of(
                "one answer comes after the timeout",
                |posted| first(posted, Verdict::TakeSlowly(Duration::from_secs(10))),
                Rule::Again,
            )
        },
        of("400 once", |posted| first(posted, Verdict::Refuse(400, vec![])), Rule::Refused),
        of("413 once", |posted| first(posted, Verdict::Refuse(413, vec![])), Rule::Once),
        of(
            "a redirect once",
            |posted| first(posted, Verdict::Refuse(302, vec![("location", "/login".to_owned())])),
            Rule::Refused,
        ),
        of(
            "a partial success: 3 rejected",
            |posted| {
                let words =
                    r#"{"partialSuccess":{"rejectedSpans":"3","rejectedLogRecords":"3","errorMessage":"too old"}}"#;
                first(posted, Verdict::Take(words.to_owned()))
            },
            Rule::Rejected(3),
        ),
        of("answers that are no JSON", |_| Verdict::Take("<!doctype html>".to_owned()), Rule::Once),
        of("answers of 5 MB", |_| Verdict::Take("x".repeat(5_000_000)), Rule::Once),
        of(
            "one record is never taken",
            |posted| match posted.names.iter().any(|name| name == "span 42" || name == "log 42") {
                true => Verdict::Refuse(503, vec![]),
                false => take(posted),
            },
            Rule::OneApart,
        ),
        of(
            "CORS is taken back for 6 s",
            |posted| match posted.number > 0 && posted.age < Duration::from_secs(6) {
                true => Verdict::RefuseOrigin,
                false => take(posted),
            },
            Rule::Once,
        ),
        Fault {
            options: "{ headers: ((key) => async () => ({ authorization: `Bearer ${key++ ? 2 : 1}` }))(0) }",
            ..of(
                "a key that has to be renewed: 401 once",
                |posted| match posted.headers.get("authorization").is_some_and(|key| key == "Bearer 2") {
                    true => take(posted),
                    false => Verdict::Refuse(401, vec![]),
                },
                Rule::Once,
            )
        },
        Fault {
            burst: 0,
            ..of(
                "a stream of 160/s for 20 s, with 503 for 8 s of it",
                |posted| match (Duration::from_secs(4)..Duration::from_secs(12)).contains(&posted.age) {
                    true => Verdict::Refuse(503, vec![]),
                    false => take(posted),
                },
                Rule::Once,
            )
        },
        Fault { is_offline: true, ..of("the browser is offline for 8 s, and back", take, Rule::Once) },
        Fault {
            is_offline: true,
            burst: 2048,
            ..of("the browser is offline for 8 s, and back, a burst of 2,048", take, Rule::Once)
        },
    ]
}
