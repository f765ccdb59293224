//! Our collector and Jaeger, side by side: how fast they take spans, how fast they find them, and what that takes.

mod bodies;
mod load;
mod questions;
mod report;
mod subjects;

use std::path::PathBuf;
use std::time::Instant;

use reqwest::Client;
use serde_json::Value;

use questions::Kind;
pub use subjects::Programs;
use subjects::{Running, Subject};

/// What is measured, and where it is written down.
#[derive(Debug)]
pub struct Options {
    pub programs: Programs,
    /// Less, for less than a minute.
    pub quick: bool,
    /// The folder that the report is written to.
    pub docs: Option<PathBuf>,
}

struct Plan {
    spans: usize,
    rounds: usize,
    /// How often ours and Jaeger are asked each question. Jaeger takes seconds.
    asked: [usize; 2],
}

/// How many requests of one span are sent, one after the other.
const SMALL: usize = 50;

const FULL: Plan = Plan { spans: 1_000_000, rounds: 3, asked: [200, 5] };
const QUICK: Plan = Plan { spans: 100_000, rounds: 1, asked: [50, 3] };

/// What one subject did, a figure per round, or per answer for searches (ms).
#[derive(Debug, Default)]
struct Figures {
    spans_per_second: Vec<f64>,
    memory: Vec<f64>,
    disk: Vec<f64>,
    /// How long a request of one span takes with nothing else to do, in ms.
    small: Vec<f64>,
    searches: Vec<(Kind, Vec<f64>)>,
}

struct Outcome {
    spans: usize,
    rounds: usize,
    asked: [usize; 2],
    figures: Vec<(Subject, Figures)>,
}

/// Measures and prints, and writes the report.
pub async fn measure(options: &Options) -> Result<(), String> {
    let plan = if options.quick { QUICK } else { FULL };
    let client = Client::builder().build().map_err(|error| format!("no HTTP client: {error}"))?;
    // They are sent over and over, and live as long as the program.
    let requests: &'static [String] = bodies::requests(plan.spans).leak();
    let spans = requests.len() * bodies::BATCH;
    let mut figures: Vec<_> = Subject::ALL.into_iter().map(|subject| (subject, Figures::default())).collect();
    for round in 0..plan.rounds {
        let mut answers = Vec::new();
        // Another one first each time.
        for turn in 0..figures.len() {
            let turn = (round + turn) % figures.len();
            let (subject, figures) = &mut figures[turn];
            eprintln!("==> {}: {spans} spans, round {} of {}", subject.name(), round + 1, plan.rounds);
            let running = Running::start(*subject, &options.programs, &client).await?;
            take(&running, requests, spans, figures, &client).await?;
            if round + 1 == plan.rounds {
                let asked = plan.asked[usize::from(*subject == Subject::Jaeger)];
                answers.push(ask(&running, spans / 4, asked, figures, &client).await?);
            }
            running.end().await;
        }
        same(&answers)?;
    }
    let outcome = Outcome { spans, rounds: plan.rounds, asked: plan.asked, figures };
    println!("\n{}", report::tables(&outcome));
    match &options.docs {
        Some(docs) => report::write(&outcome, docs),
        None => Ok(()),
    }
}

/// Sends everything, and looks at what that has cost.
async fn take(
    running: &Running,
    requests: &'static [String],
    spans: usize,
    figures: &mut Figures,
    client: &Client,
) -> Result<(), String> {
    let begun = Instant::now();
    let again = load::send(client, &running.otlp, requests).await?;
    running.has_stored(spans, client).await?;
    figures.spans_per_second.push(spans as f64 / begun.elapsed().as_secs_f64());
    if again > 0 {
        eprintln!("    {again} requests were sent again");
    }
    figures.memory.extend(running.memory().map(|bytes| bytes as f64));
    figures.disk.extend(running.disk().map(|bytes| bytes as f64));
    let small: &'static [String] = bodies::small(SMALL).leak();
    for body in small {
        let begun = Instant::now();
        load::post(client, &running.otlp, body).await?;
        figures.small.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(())
}

/// Asks every kind of question so often; gives how many traces each of the first few found.
async fn ask(
    running: &Running,
    traces: usize,
    asked: usize,
    figures: &mut Figures,
    client: &Client,
) -> Result<Vec<(Kind, Vec<usize>)>, String> {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        eprintln!("    {} times: {}", asked, kind.name());
        let (mut times, mut counts) = (Vec::new(), Vec::new());
        for number in 0..asked {
            let url = running.query.clone() + &kind.path(number, traces);
            let begun = Instant::now();
            let answer = client.get(&url).send().await.map_err(|error| format!("{url}: {error}"))?;
            let answer = answer.bytes().await.map_err(|error| format!("{url}: {error}"))?;
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
            let answer: Value = serde_json::from_slice(&answer).map_err(|error| format!("{url}: {error}"))?;
            counts.push(answer["data"].as_array().map_or(0, Vec::len));
        }
        figures.searches.push((kind, times));
        found.push((kind, counts));
    }
    Ok(found)
}

/// Who finds something else is not compared.
fn same(answers: &[Vec<(Kind, Vec<usize>)>]) -> Result<(), String> {
    let Some((first, others)) = answers.split_first() else { return Ok(()) };
    for (kind, counts) in others.iter().flatten() {
        let expected = first.iter().find(|(other, _)| other == kind).map(|(_, counts)| counts.as_slice());
        let common = expected.map_or(0, |expected| expected.len().min(counts.len()));
        if expected.map(|expected| &expected[..common]) != Some(&counts[..common]) {
            return Err(format!("{}: the answers differ, {expected:?} and {counts:?}: no figure", kind.name()));
        }
    }
    Ok(())
}
