//! Every fault of a receiver or of the way to it, for spans and log records, in a real browser: what has ended arrives once, or is counted
//! by the rule of its fault. docs/reliability.md has the table; with `RELIABILITY_TABLE` set to that file's path this asks OpenTelemetry JS the
//! same, of which no more may arrive, and writes the table.

mod faults;

use e2e::browser::Browser;
use e2e::faults::{Door, FaultyReceiver, Posted, Verdict};
use e2e::programs;
use e2e::servers::StaticServer;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

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
    /// Whether the browser has no network for the first eight seconds.
    is_offline: bool,
    rule: Rule,
}

const STREAM: u64 = 3200;
const BATCH: u64 = 100;

/// Makes a frame for each fault, a page with a pipeline of its own. `runs` has what records in each until nothing waits any more, and gives
/// the counts; OpenTelemetry JS has none.
const OPEN: &str = "
    const load = async (isOurs, settings) => {
        if (!isOurs) return (await import('/oracle/faults.js')).start(settings);
        const api = await import('/pkg/opentelemetry_browser_js.js');
        await api.default();
        api.start({ ...settings, spool: false, consoleWarnings: false });
        return {
            record(number) {
                api.startSpan(`span ${number}`).end();
                api.log('info', number, null, { eventName: `log ${number}` });
            },
            flush: () => api.flush().catch(() => {}),
            stats: api.stats,
        };
    };
    const run = async (sender, burst, most, waits) => {
        const pause = (millis) => new Promise((done) => setTimeout(done, millis));
        let made = 0;
        const record = (count) => { for (const end = made + count; made < end; made++) sender.record(made); };
        record(burst);
        for (; made < most; await pause(100)) record(16);
        const until = performance.now() + 90_000;
        for (;;) {
            await sender.flush();
            const stats = sender.stats?.();
            if (stats) {
                const isDone = stats.queued <= waits && stats.logs.queued <= waits;
                if (isDone || performance.now() > until) return stats;
                await pause(100);
            } else {
                // A batch that its timer has sent before is not waited for: it may take all the time that a request may.
                await pause(12_000);
                return null;
            }
        }
    };
    const [isOurs, all] = arguments;
    globalThis.runs = await Promise.all(all.map(async ([endpoint, burst, most, waits, options]) => {
        const frame = document.createElement('iframe');
        frame.src = location.href;
        await new Promise((loaded) => { frame.onload = loaded; document.documentElement.append(frame); });
        // A machine that is busy with all of this answers late: that is a fault of its own.
        const settings = `{ endpoint: '${endpoint}', batchSize: 100, delayMillis: 500, exportTimeoutMillis: 30000, ...${options} }`;
        const sender = await frame.contentWindow.eval(`(${load})(${isOurs}, ${settings})`);
        const inFrame = frame.contentWindow.eval(`(${run})`);
        return () => inFrame(sender, burst, most, waits);
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

/// What arrived under each fault, all of them at once, with the counts of the library. The browser has a network or, for the first eight
/// seconds, none.
async fn under(faults: &[Fault], is_offline: bool, is_ours: bool, url: &str) -> Vec<(FaultyReceiver, Value)> {
    let browser = Browser::start().await;
    browser.goto(url).await;
    let receivers: Vec<_> = faults.iter().map(|fault| FaultyReceiver::start(fault.door, fault.judge)).collect();
    let frames = receivers.iter().zip(faults).map(|(receiver, fault)| {
        let waits = u64::from(matches!(fault.rule, Rule::OneApart));
        let most = if fault.burst == 0 { STREAM } else { 0 };
        json!([receiver.url, fault.burst, most, waits, fault.options])
    });
    browser.run(OPEN, vec![json!(is_ours), frames.collect()]).await;
    if is_offline {
        set_offline(&browser, true).await;
    }
    // The driver waits for what takes as long as the faults by itself.
    browser.run("globalThis.ended = runs.map((run) => run())", vec![]).await;
    if is_offline {
        tokio::time::sleep(Duration::from_secs(8)).await;
        set_offline(&browser, false).await;
    }
    let counts = browser.run("return Promise.all(ended)", vec![]).await;
    receivers.into_iter().zip(counts.as_array().expect("a list").clone()).collect()
}

async fn set_offline(browser: &Browser, is_offline: bool) {
    let conditions = json!({ "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser.devtools("Network.enable", json!({})).await;
    browser.devtools("Network.emulateNetworkConditions", conditions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_arrives_or_is_counted_whatever_the_fault() {
    let file = std::env::var_os("RELIABILITY_TABLE");
    let (offline, online): (Vec<_>, Vec<_>) = faults::faults().into_iter().partition(|fault| fault.is_offline);
    let mut folders = vec![("/pkg", programs::js_pkg())];
    if file.is_some() {
        folders.push(("/oracle", programs::oracle_pages()));
    }
    let server = StaticServer::of_folders(&programs::page_dir(), &folders).await;
    let url = format!("{}/www/style.css", server.url);
    let (mut table, mut wrong) = (String::new(), String::new());
    for (faults, is_offline) in [(online, false), (offline, true)] {
        let ours = under(&faults, is_offline, true, &url).await;
        // One after the other: a machine that is busy with both would be one more fault.
        let theirs = if file.is_some() { under(&faults, is_offline, false, &url).await } else { vec![] };
        for (number, (fault, (receiver, counts))) in faults.iter().zip(&ours).enumerate() {
            write!(table, "| {}", fault.name).expect("a string takes it");
            for (path, counts) in [("/v1/traces", counts), ("/v1/logs", &counts["logs"])] {
                let outcome = Outcome::of(counts, receiver.taken(path));
                write!(table, " | {outcome}").expect("a string takes it");
                let ended = if fault.burst == 0 { STREAM } else { fault.burst };
                if outcome.ended != ended || !outcome.is_by(fault.rule) {
                    writeln!(wrong, "{} ({path}): {outcome}; {counts:#}", fault.name).expect("a string takes it");
                }
                if let Some((receiver, _)) = theirs.get(number) {
                    let (arrived, again) = receiver.taken(path);
                    write!(table, " | {arrived} | {again}").expect("a string takes it");
                    if arrived as u64 > outcome.arrived {
                        writeln!(wrong, "{} ({path}): {outcome}; {arrived} of OpenTelemetry JS", fault.name)
                            .expect("a string takes it");
                    }
                }
            }
            table.push_str(" |\n");
        }
    }
    println!("{table}");
    assert_eq!(wrong, "");
    if let Some(path) = file {
        let text = std::fs::read_to_string(&path).expect("docs/reliability.md can be read");
        let (before, after) = (text.split("<!-- faults -->").next(), text.split("<!-- /faults -->").nth(1));
        let of_signal = "arrived | twice | lost, and counted | OpenTelemetry JS: arrived | twice |";
        let head = format!(
            "| Fault | Spans | {of_signal} Log records | {of_signal}\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        );
        let (before, after) = (before.expect("a beginning"), after.expect("the marks of the table"));
        std::fs::write(&path, format!("{before}<!-- faults -->\n{head}{table}<!-- /faults -->{after}"))
            .expect("docs/reliability.md can be written");
    }
}
