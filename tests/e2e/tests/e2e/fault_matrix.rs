//! Every fault of a receiver or of the way to it, for spans and log records, in a real browser: what has ended arrives once, or is counted
//! by the rule of its fault. docs/reliability.md has the table; with `RELIABILITY_TABLE` set to that file's path this writes it.

use e2e::browser::Browser;
use e2e::faults::{Door, FaultyReceiver, Posted, Verdict};
use e2e::programs;
use e2e::servers::StaticServer;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// What becomes of so many records of each signal.
#[derive(Clone, Copy)]
enum Rule {
    /// Each arrives once.
    Once,
    /// Each arrives; those of one request more than once, since its receiver had it and did not say so.
    Again,
    /// Those of one request are refused, and counted as that.
    Refused,
    /// So many are rejected one by one, and counted as that.
    Rejected(u64),
    /// One of each never arrives, and holds up no other: it waits, or is counted as undeliverable.
    OneApart,
}

struct Fault {
    name: &'static str,
    door: Door,
    judge: fn(&Posted<'_>) -> Verdict,
    /// Options of `start`, in JavaScript.
    options: &'static str,
    /// How many are recorded at once; a stream of 160 a second if there are none.
    burst: u64,
    rule: Rule,
}

const STREAM: u64 = 3200;
const BATCH: u64 = 100;

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

fn faults() -> Vec<Fault> {
    let of = |name, judge: fn(&Posted<'_>) -> Verdict, rule| Fault {
        name,
        door: Door::Open,
        judge,
        options: "{}",
        burst: 400,
        rule,
    };
    vec![
        Fault { burst: 2048, ..of("none, a burst of 2,048", take, Rule::Once) },
        of("503 for 8 s", |posted| refuse_for(posted, 8, 503, vec![]), Rule::Once),
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
    ]
}

/// Records in a frame of its own for each fault, a page with a pipeline, until nothing waits any more. `ended` gives the counts.
const RUN: &str = "
    const inFrame = async (endpoint, burst, most, waits, options) => {
        const pause = (millis) => new Promise((done) => setTimeout(done, millis));
        const api = await import('/pkg/opentelemetry_browser_js.js');
        await api.default();
        api.start({ endpoint, spool: false, batchSize: 100, delayMillis: 500, consoleWarnings: false, ...options });
        let made = 0;
        const record = (count) => {
            for (const end = made + count; made < end; made++) {
                api.startSpan(`span ${made}`).end();
                api.log('info', made, null, { eventName: `log ${made}` });
            }
        };
        record(burst);
        for (; made < most; await pause(100)) record(16);
        const until = performance.now() + 90_000;
        for (;;) {
            await api.flush().catch(() => {});
            const stats = api.stats();
            const isDone = stats.queued <= waits && stats.logs.queued <= waits;
            if (isDone || performance.now() > until) return stats;
            await pause(100);
        }
    };
    // The driver waits for what takes as long as the faults by itself.
    globalThis.ended = await Promise.all(arguments[0].map(async ([endpoint, burst, most, waits, options]) => {
        const frame = document.createElement('iframe');
        frame.src = location.href;
        await new Promise((loaded) => { frame.onload = loaded; document.documentElement.append(frame); });
        const counts = frame.contentWindow.eval(`(${inFrame})('${endpoint}', ${burst}, ${most}, ${waits}, (${options}))`);
        return () => counts;
    }));";

/// What one signal came to.
struct Outcome {
    ended: u64,
    arrived: u64,
    again: u64,
    refused: u64,
    rejected: u64,
    undeliverable: u64,
    queued: u64,
}

impl Outcome {
    fn of(counts: &Value, (arrived, again): (usize, usize)) -> Self {
        let count = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("a count in {counts:#}"));
        let by = &counts["droppedBy"];
        Self {
            ended: count(&counts["recorded"]),
            arrived: arrived as u64,
            again: again as u64,
            refused: count(&by["refused"]),
            rejected: count(&by["rejected"]),
            undeliverable: count(&by["undeliverable"]),
            queued: count(&counts["queued"]),
        }
    }

    fn lost(&self) -> u64 {
        self.refused + self.rejected + self.undeliverable
    }

    /// Whether it is what the rule says.
    fn is_by(&self, rule: Rule) -> bool {
        let Self { ended, arrived, again, refused, rejected, undeliverable, queued } = *self;
        match rule {
            Rule::Once => (arrived, again, self.lost(), queued) == (ended, 0, 0, 0),
            Rule::Again => (arrived, self.lost(), queued) == (ended, 0, 0) && again >= BATCH,
            Rule::Refused => {
                (arrived, again, queued) == (ended - BATCH, 0, 0) && (refused, self.lost()) == (BATCH, BATCH)
            }
            // A receiver does not say which: they are among those that it was sent.
            Rule::Rejected(count) => (arrived, again, rejected, self.lost()) == (ended, 0, count, count) && queued == 0,
            Rule::OneApart => (arrived, again) == (ended - 1, 0) && undeliverable + queued == 1 && self.lost() <= 1,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} | {} | {} | {}", self.ended, self.arrived, self.again, self.lost())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_arrives_or_is_counted_whatever_the_fault() {
    let faults = faults();
    let server = StaticServer::start(&programs::page_dir(), &programs::js_pkg()).await;
    let browser = Browser::start().await;
    browser.goto(&format!("{}/www/style.css", server.url)).await;
    let receivers: Vec<_> = faults.iter().map(|fault| FaultyReceiver::start(fault.door, fault.judge)).collect();
    let frames = receivers.iter().zip(&faults).map(|(receiver, fault)| {
        let waits = u64::from(matches!(fault.rule, Rule::OneApart));
        let most = if fault.burst == 0 { STREAM } else { 0 };
        json!([receiver.url, fault.burst, most, waits, fault.options])
    });
    browser.run(RUN, vec![frames.collect()]).await;
    let counts = browser.run("return Promise.all(ended.map((counts) => counts()))", vec![]).await;

    let (mut table, mut wrong) = (String::new(), String::new());
    for ((fault, receiver), counts) in faults.iter().zip(&receivers).zip(counts.as_array().expect("a list")) {
        let spans = Outcome::of(counts, receiver.taken("/v1/traces"));
        let logs = Outcome::of(&counts["logs"], receiver.taken("/v1/logs"));
        writeln!(table, "| {} | {spans} | {logs} |", fault.name).expect("a string takes it");
        let ended = if fault.burst == 0 { STREAM } else { fault.burst };
        for (signal, outcome) in [("spans", &spans), ("log records", &logs)] {
            if outcome.ended != ended || !outcome.is_by(fault.rule) {
                writeln!(wrong, "{} ({signal}): {outcome}; {counts:#}", fault.name).expect("a string takes it");
            }
        }
    }
    println!("{table}");
    assert_eq!(wrong, "");
    if let Some(path) = std::env::var_os("RELIABILITY_TABLE") {
        let text = std::fs::read_to_string(&path).expect("docs/reliability.md can be read");
        let (before, after) = (text.split("<!-- faults -->").next(), text.split("<!-- /faults -->").nth(1));
        let head = "| Fault | Spans | arrived | twice | lost, and counted | Log records | arrived | twice | lost, and counted |\n\
                    |---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
        let (before, after) = (before.expect("a beginning"), after.expect("the marks of the table"));
        std::fs::write(&path, format!("{before}<!-- faults -->\n{head}{table}<!-- /faults -->{after}"))
            .expect("docs/reliability.md can be written");
    }
}
