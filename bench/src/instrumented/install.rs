//! What each instrumentation takes of the main thread when it is installed, in a fresh page, beside the Browser SIG's.

use std::collections::HashMap;

use serde_json::json;

use crate::compare::page::Page;
use crate::compare::peers::Peer;
use crate::compare::receiver::Receiver;
use crate::markdown;
use crate::stats::Spread;

const OURS: Peer = Peer::new("instrumented-ours", "opentelemetry-browser");
const THEIRS: Peer = Peer::new("instrumented-sig", "Browser SIG, OpenTelemetry JS");

/// Ours by the names of their features, and whether there is one of the others.
const NAMES: [(&str, bool); 12] = [
    (NONE, true),
    ("errors", true),
    ("fetch", true),
    ("long-frames", false),
    ("navigation", true),
    ("navigation-timing", true),
    ("panic", false),
    ("resource-timing", true),
    ("user-action", true),
    ("web-vitals", true),
    ("xhr", true),
    (ALL, true),
];

/// A list without any.
const NONE: &str = "none";

/// All that each has.
const ALL: &str = "all";

/// Each by itself, in a page that has a pipeline already; gives the table.
pub async fn measure(page: &mut Page, receiver: &Receiver, rounds: usize) -> String {
    let mut samples: HashMap<(&str, &str), Vec<f64>> = HashMap::new();
    for round in 0..rounds {
        eprintln!("==> installs, round {} of {rounds}", round + 1);
        let mut turns = NAMES;
        // Another one first each time.
        turns.rotate_left(round % NAMES.len());
        for (name, has_peer) in turns {
            for peer in [OURS, THEIRS].into_iter().filter(|peer| has_peer || peer.id == OURS.id) {
                page.open(&[peer]).await;
                let names = if name == ALL { vec![] } else { vec![name] };
                let options = json!({ "endpoint": receiver.endpoint(peer.id), "names": names });
                let millis = page.run(peer, "install", options).await;
                samples.entry((peer.id, name)).or_default().push(millis * 1e3);
            }
        }
    }
    let head = ["install alone, us", OURS.name, THEIRS.name].map(str::to_owned).to_vec();
    let row = |(name, _): (&str, bool)| {
        let cell = |peer: Peer| markdown::spread(samples.get(&(peer.id, name)).and_then(|samples| Spread::of(samples)));
        vec![name.to_owned(), cell(OURS), cell(THEIRS)]
    };
    markdown::markdown(&std::iter::once(head).chain(NAMES.map(row)).collect::<Vec<_>>())
}
