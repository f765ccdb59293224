//! Our collector and Jaeger, side by side: how fast they take spans, how fast they find them, and what that takes.

mod bodies;
mod load;
mod questions;
mod report;
mod scale;
mod subjects;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use reqwest::Client;
use serde_json::Value;

use load::Protocol;
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
    /// Of those with a service or an operation of their own.
    distinct: usize,
    /// How many times the spans ours takes once.
    many: usize,
}

/// How many requests of one span are sent, one after the other.
const SMALL: usize = 50;

const FULL: Plan = Plan { spans: 1_000_000, rounds: 3, asked: [200, 5], distinct: 400_000, many: 10 };
const QUICK: Plan = Plan { spans: 100_000, rounds: 1, asked: [50, 3], distinct: 40_000, many: 2 };

/// What one subject did, a figure per round, or per answer for searches (ms).
#[derive(Debug, Default)]
struct Figures {
    /// By JSON, protobuf and gRPC.
    spans_per_second: [Vec<f64>; 3],
    memory: Vec<f64>,
    /// Beyond what was resident before anything came.
    memory_of_spans: Vec<f64>,
    disk: Vec<f64>,
    /// How long a request of one span takes with nothing else to do, in ms.
    small: Vec<f64>,
    /// How long it takes to start with all of them, in seconds.
    start: Vec<f64>,
    searches: Vec<(Kind, Vec<f64>)>,
}

/// What ours did once with other spans than those that all get.
#[derive(Debug)]
struct Once {
    what: String,
    spans: usize,
    spans_per_second: f64,
    /// Bytes of memory a span, beyond what was resident before anything came.
    memory: f64,
    disk: f64,
    start: f64,
    /// 99 in 100 searches for the newest traces of a service (ms).
    search: f64,
}

struct Outcome {
    spans: usize,
    rounds: usize,
    asked: [usize; 2],
    figures: Vec<(Subject, Figures)>,
    once: Vec<Once>,
}

/// Measures and prints, and writes the report.
pub async fn measure(options: &Options) -> Result<(), String> {
    let plan = if options.quick { QUICK } else { FULL };
    let client = load::client(Protocol::Json)?;
    let texts = bodies::requests(plan.spans);
    let [protobuf, grpc] = bodies::in_protobuf(&texts);
    let requests: [Vec<Bytes>; 3] = [texts.into_iter().map(Bytes::from).collect(), protobuf, grpc];
    let spans = requests[0].len() * bodies::BATCH;
    let is_there = |subject: &Subject| *subject != Subject::Before || options.programs.before.is_some();
    let subjects = Subject::ALL.into_iter().filter(is_there);
    let mut figures: Vec<_> = subjects.map(|subject| (subject, Figures::default())).collect();
    for round in 0..plan.rounds {
        let mut answers = Vec::new();
        // Another one first each time.
        for turn in 0..figures.len() {
            let turn = (round + turn) % figures.len();
            let (subject, figures) = &mut figures[turn];
            eprintln!("==> {}: {spans} spans, round {} of {}", subject.name(), round + 1, plan.rounds);
            for (by, requests) in [Protocol::Protobuf, Protocol::Grpc].into_iter().zip(&requests[1..]) {
                let running = Running::start(*subject, &options.programs, &client).await?;
                figures.spans_per_second[by as usize].push(take(&running, by, requests, spans, &client).await?);
                running.end().await;
            }
            let mut running = Running::start(*subject, &options.programs, &client).await?;
            let json = Protocol::Json;
            figures.spans_per_second[json as usize].push(take(&running, json, &requests[0], spans, &client).await?);
            weigh(&running, spans, figures, &client).await?;
            if round + 1 == plan.rounds {
                let asked = plan.asked[usize::from(*subject == Subject::Jaeger)];
                answers.push(ask(&running, spans / 4, asked, figures, &client).await?);
            }
            if [Subject::Ours, Subject::Before].contains(subject) {
                let (started, took) = running.again(&options.programs, &client).await?;
                figures.start.push(took.as_secs_f64());
                running = started;
            }
            running.end().await;
        }
        same(&answers)?;
    }
    let once = at_once(&plan, &options.programs, &client).await?;
    let outcome = Outcome { spans, rounds: plan.rounds, asked: plan.asked, figures, once };
    println!("\n{}", report::tables(&outcome));
    match &options.docs {
        Some(docs) => report::write(&outcome, docs),
        None => Ok(()),
    }
}

/// Sends everything; how many spans a second are stored.
async fn take(
    running: &Running,
    by: Protocol,
    requests: &[Bytes],
    spans: usize,
    client: &Client,
) -> Result<f64, String> {
    let begun = Instant::now();
    let again = load::send(&running.receiver, by, requests).await?;
    running.has_stored(spans, client).await?;
    if again > 0 {
        eprintln!("    {again} requests were sent again");
    }
    let rate = spans as f64 / begun.elapsed().as_secs_f64();
    eprintln!("    {rate:.0} spans/s, {by:?}");
    Ok(rate)
}

/// Looks at what so many spans have cost.
async fn weigh(running: &Running, spans: usize, figures: &mut Figures, client: &Client) -> Result<(), String> {
    let memory = running.memory().map(|bytes| bytes as f64);
    figures.memory.extend(memory);
    figures.memory_of_spans.extend(memory.zip(running.empty).map(|(all, empty)| (all - empty as f64) / spans as f64));
    figures.disk.extend(running.disk().map(|bytes| bytes as f64));
    for body in bodies::small(SMALL) {
        let body = Bytes::from(body);
        let begun = Instant::now();
        load::post(client, &running.receiver, Protocol::Json, &body).await?;
        figures.small.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(())
}

/// What only ours is asked for: many more spans, and those of which each has a service or an operation of its own.
async fn at_once(plan: &Plan, programs: &Programs, client: &Client) -> Result<Vec<Once>, String> {
    let shapes = [true, false].map(|services| {
        let what = if services { "as many services" } else { "as many operations" };
        (what, vec![bodies::distinct(plan.distinct, services)])
    });
    // A part at a time: all of them together are gigabytes.
    let requests = plan.spans / bodies::BATCH;
    let part = |part: usize| (part * requests..(part + 1) * requests).map(bodies::request).collect::<Vec<_>>();
    let mut once = Vec::new();
    for (what, parts) in shapes {
        once.push(one(what, parts.into_iter(), programs, client).await?);
    }
    once.push(one("of eight services", (0..plan.many).map(part), programs, client).await?);
    Ok(once)
}

async fn one(
    what: &str,
    parts: impl Iterator<Item = Vec<String>>,
    programs: &Programs,
    client: &Client,
) -> Result<Once, String> {
    let running = Running::start(Subject::Ours, programs, client).await?;
    let (mut spans, mut took) = (0, Duration::ZERO);
    for part in parts {
        let [requests, _] = bodies::in_protobuf(&part);
        drop(part);
        let begun = Instant::now();
        load::send(&running.receiver, Protocol::Protobuf, &requests).await?;
        took += begun.elapsed();
        spans += requests.len() * bodies::BATCH;
        eprintln!("    {spans} spans, {what}");
    }
    running.has_stored(spans, client).await?;
    let empty = running.empty.unwrap_or_default() as f64;
    let memory = (running.memory().unwrap_or_default() as f64 - empty) / spans as f64;
    let disk = running.disk().unwrap_or_default() as f64 / spans as f64;
    let mut times = Vec::new();
    for number in 0..50 {
        let url = running.query.clone() + &Kind::Service.path(number, spans / 4);
        let begun = Instant::now();
        client
            .get(&url)
            .send()
            .await
            .map_err(|error| format!("{url}: {error}"))?
            .bytes()
            .await
            .map_err(|error| format!("{url}: {error}"))?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    let search = crate::stats::percentile(&times, 0.99).unwrap_or_default();
    let (running, start) = running.again(programs, client).await?;
    running.end().await;
    let (spans_per_second, start) = (spans as f64 / took.as_secs_f64(), start.as_secs_f64());
    Ok(Once { what: what.to_owned(), spans, spans_per_second, memory, disk, start, search })
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
