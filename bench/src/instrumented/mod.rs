//! Instrumentations, ours and OpenTelemetry JS's in turn: the main thread's time for a request and for a click, less that of a page
//! which nobody watches; and for their start.

mod install;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::compare::page::Page;
use crate::compare::peers::Peer;
use crate::compare::receiver::Receiver;
use crate::stats::Spread;
use crate::{document, machine, markdown};

/// Those that are compared, and what each switches on for what is measured. The first is the page that nobody watches.
const PEERS: [(Peer, [&str; 2]); 4] = [
    (Peer::new("instrumented-none", "nothing"), [FETCH, "user-action"]),
    (Peer::new("instrumented-ours", "opentelemetry-browser"), [FETCH, "user-action"]),
    (Peer::new("instrumented-ours", "the same with spans of clicks"), [FETCH, "user-action with spans"]),
    (Peer::new("instrumented-otel-js", "OpenTelemetry JS"), [FETCH, "user-action"]),
];

const FETCH: &str = "fetch";

/// The first row is measured by the page, the others by the browser.
const FIGURES: [(&str, &str); 3] = [
    ("start", "start, ms"),
    ("fetches", "a request by fetch, main thread, us"),
    ("clicks", "a click, main thread, us"),
];

/// How often each is done: fewer than fill a batch.
const TIMES: usize = 300;

const ROUNDS: usize = 9;

/// Pages for each instrumentation that is installed by itself.
const INSTALLS: usize = 21;

type Samples = HashMap<(&'static str, &'static str), Vec<f64>>;

/// Measures and prints, and writes the section of the report.
pub async fn measure(modules: &Path, quick: bool, docs: Option<PathBuf>) -> Result<(), String> {
    let (mut page, receiver) = (Page::start(modules).await, Receiver::start().await);
    let (rounds, times) = if quick { (2, 100) } else { (ROUNDS, TIMES) };
    let mut samples = Samples::new();
    for round in 0..rounds {
        eprintln!("==> round {} of {rounds}", round + 1);
        for what in ["fetches", "clicks"] {
            let mut turns = PEERS;
            turns.rotate_left(round % PEERS.len());
            let mut found = Vec::new();
            for (peer, names) in turns {
                let (start, cost) = turn(&mut page, &receiver, peer, names, what, times).await?;
                samples.entry((peer.name, "start")).or_default().push(start);
                found.push((peer.name, cost));
            }
            let nothing = found.iter().find(|(name, _)| *name == PEERS[0].0.name).map_or(0.0, |(_, cost)| *cost);
            for (name, cost) in found {
                samples.entry((name, what)).or_default().push(if name == PEERS[0].0.name {
                    cost
                } else {
                    cost - nothing
                });
            }
        }
    }
    let about = format!(
        "{rounds} rounds of {times} each on {}; {}, headless. The median, the least and the greatest; what the page that nobody watches \
         takes is left out of the others.\n\n",
        machine::description(),
        page.user_agent().await
    );
    let installs = if quick { 3 } else { INSTALLS };
    let by_itself = install::measure(&mut page, &receiver, installs).await;
    let about_installs = format!(
        "\nThe install alone, of each by itself, in {installs} fresh pages that have a pipeline for spans and records already. A page's first \
         call of WebAssembly compiles it: that is part of each. A dash stands where the others have none.\n\n"
    );
    let report = [about, table(&samples), about_installs, by_itself].concat();
    document::publish(docs.as_deref(), "instrumentations", &report)
}

/// One of them in a page of its own: the time of its start in milliseconds, and what one act costs in microseconds.
async fn turn(
    page: &mut Page,
    receiver: &Receiver,
    peer: Peer,
    names: [&str; 2],
    what: &str,
    times: usize,
) -> Result<(f64, f64), String> {
    page.open(&[peer]).await;
    let options = json!({ "endpoint": receiver.endpoint(peer.id), "names": names });
    let start = page.run(peer, "start", options).await;
    // Engines compile and optimise.
    page.run(peer, what, json!(times / 2)).await;
    page.run(peer, "flush", Value::Null).await;
    page.calibrate(peer).await;
    receiver.take(peer.id)?;
    let (cost, _) = page.cost(page.run(peer, what, json!(times))).await;
    page.run(peer, "flush", Value::Null).await;
    let arrived = receiver.take(peer.id)?.spans;
    let expected = match (peer.id, what, names[1]) {
        ("instrumented-none", ..) => 0,
        // An event for each, no span.
        ("instrumented-ours", "clicks", "user-action") => 0,
        // The last one lasts until the page is quiet, or not yet.
        (_, "clicks", _) => arrived.clamp(times - 1, times + 1),
        _ => times,
    };
    if arrived != expected {
        return Err(format!("{arrived} of {expected} spans of {} have arrived ({what})", peer.name));
    }
    page.run(peer, "stop", Value::Null).await;
    Ok((start, cost * 1e3 / times as f64))
}

fn table(samples: &Samples) -> String {
    let names = PEERS.iter().map(|(peer, _)| peer.name.to_owned());
    let mut rows = vec![std::iter::once("median".to_owned()).chain(names).collect::<Vec<_>>()];
    let get = |name, key| samples.get(&(name, key)).map_or(&[][..], Vec::as_slice);
    for (key, name) in FIGURES {
        let cells = PEERS.iter().map(|(peer, _)| markdown::spread(Spread::of(get(peer.name, key))));
        rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }
    let ours = PEERS[1].0.name;
    for (key, name) in FIGURES {
        let ratio = |(peer, _): &(Peer, [&str; 2])| match peer.id {
            "instrumented-none" => "-".to_owned(),
            _ => markdown::spread(Spread::of_ratios(get(peer.name, key), get(ours, key))),
        };
        let cells = PEERS.iter().map(ratio);
        rows.push(std::iter::once(format!("times as much as ours: {name}")).chain(cells).collect());
    }
    markdown::markdown(&rows)
}
