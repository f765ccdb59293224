//! Cold starts, ours and others in turn, each in a fresh browser: folders that `cargo xtask bench` built go in, a table comes out.

mod subjects;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use e2e::browser::Browser;
use e2e::servers::StaticServer;
use serde_json::{Value, json};

use crate::compare::receiver::Receiver;
use crate::size::precompress;
use crate::stats::Spread;
use crate::{document, machine, markdown};
use subjects::{Subject, subjects};

/// Cross-origin isolated: the clock is 5 us fine then.
const HEADERS: &[(&str, &str)] =
    &[("cross-origin-opener-policy", "same-origin"), ("cross-origin-embedder-policy", "require-corp")];

const ROUNDS: usize = 15;

/// Spans that each page makes.
const SPANS: usize = 100;

/// What a page starts under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Condition {
    Desktop,
    /// A sixth of the CPU's speed.
    SlowCpu,
    /// As Lighthouse has it: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up.
    Slow4G,
}

impl Condition {
    const ALL: [Self; 3] = [Self::Desktop, Self::SlowCpu, Self::Slow4G];

    fn name(self) -> &'static str {
        match self {
            Self::Desktop => "as it is",
            Self::SlowCpu => "CPU 6 times slower",
            Self::Slow4G => "slow 4G",
        }
    }

    async fn emulate(self, browser: &Browser) {
        match self {
            Self::Desktop => {}
            Self::SlowCpu => drop(browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": 6 })).await),
            Self::Slow4G => {
                let [down, up] = [1_638_400, 750_000].map(|bits| bits / 8);
                let network =
                    json!({ "offline": false, "latency": 150, "downloadThroughput": down, "uploadThroughput": up });
                browser.devtools("Network.enable", json!({})).await;
                browser.devtools("Network.emulateNetworkConditions", network).await;
            }
        }
    }
}

/// A row of the table, and what is read from the page for it.
const FIGURES: [(&str, &str); 4] = [
    ("first", "first span, ms"),
    ("cpu", "main thread's CPU until 100 spans, ms"),
    ("install", "install, ms"),
    ("span", "the first 100 spans, ns each"),
];

type Samples = HashMap<(Condition, &'static str, &'static str), Vec<f64>>;

/// Measures and prints, and writes the section of the report.
pub async fn measure(modules: &Path, quick: bool, docs: Option<PathBuf>) -> Result<(), String> {
    for (subject, page) in subjects() {
        let path = modules.join(format!("{}.html", subject.id));
        fs::write(&path, page).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    precompress(modules)?;
    let (server, receiver) = (StaticServer::with_headers(modules, HEADERS).await, Receiver::start().await);
    let rounds = if quick { 1 } else { ROUNDS };
    let (mut samples, mut user_agent) = (Samples::new(), Value::Null);
    for round in 0..rounds {
        for condition in Condition::ALL {
            eprintln!("==> round {} of {rounds}, {}", round + 1, condition.name());
            let mut turns = subjects();
            // Another one first each time.
            let others = round % turns.len();
            turns.rotate_left(others);
            for (subject, _) in turns {
                let measured = start(subject, condition, &server, &receiver).await?;
                for (key, _) in FIGURES {
                    if let Some(figure) = measured[key].as_f64() {
                        samples.entry((condition, subject.id, key)).or_default().push(figure);
                    }
                }
                user_agent = measured["userAgent"].clone();
            }
        }
    }
    let about = format!(
        "{rounds} rounds on {}; {}, headless. The median, the least and the greatest.\n\n",
        machine::description(),
        user_agent.as_str().unwrap_or_default()
    );
    document::publish(docs.as_deref(), "cold", &(about + &table(&samples)))
}

/// One start in a browser of its own.
async fn start(
    subject: Subject,
    condition: Condition,
    server: &StaticServer,
    receiver: &Receiver,
) -> Result<Value, String> {
    let browser = Browser::start().await;
    browser.devtools("Performance.enable", json!({ "timeDomain": "threadTicks" })).await;
    condition.emulate(&browser).await;
    browser.goto(&format!("{}/{}.html?endpoint={}", server.url, subject.id, receiver.endpoint(subject.id))).await;
    const MEASURED: &str = "if (!window.cold) await new Promise((done) => addEventListener('measured', done));
        return { ...window.cold, userAgent: navigator.userAgent.match(/\\S*Chrome\\S*/)[0] };";
    let mut measured = browser.run(MEASURED, vec![]).await;
    let metrics = browser.devtools("Performance.getMetrics", json!({})).await;
    let metrics = metrics["metrics"].as_array().map_or(&[][..], Vec::as_slice);
    let tasks = metrics.iter().find(|metric| metric["name"] == "TaskDuration");
    measured["cpu"] = json!(tasks.and_then(|metric| metric["value"].as_f64()).map(|seconds| seconds * 1000.0));
    if subject.id == "empty" {
        measured["install"] = Value::Null;
        measured["span"] = Value::Null;
        return Ok(measured);
    }
    browser.run("await window.flush()", vec![]).await;
    match receiver.take(subject.id)?.spans {
        SPANS => Ok(measured),
        arrived => Err(format!("{} of {SPANS} spans of {} arrived ({})", arrived, subject.id, condition.name())),
    }
}

fn table(samples: &Samples) -> String {
    let names = subjects().map(|(subject, _)| subject.name.to_owned());
    let mut rows = vec![std::iter::once("cold start".to_owned()).chain(names).collect::<Vec<_>>()];
    for (key, name) in FIGURES {
        for condition in Condition::ALL {
            let cell = |(subject, _): (Subject, String)| {
                markdown::spread(samples.get(&(condition, subject.id, key)).and_then(|samples| Spread::of(samples)))
            };
            let head = format!("{name}; {}", condition.name());
            rows.push(std::iter::once(head).chain(subjects().map(cell)).collect());
        }
    }
    markdown::markdown(&rows)
}
