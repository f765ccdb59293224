//! Ours and its peers, side by side: the modules that `cargo xtask bench` built go in, tables and a chart come out.

mod chart;
mod figures;
pub mod page;
pub mod peers;
pub mod receiver;
mod report;
mod rounds;
mod table;

use std::path::{Path, PathBuf};

use figures::Figures;
use page::Page;
use peers::{PEERS, Peer};
use receiver::Receiver;
use rounds::{Course, Plan};

/// What is always measured: a burst that a page may have at its start.
const BURST: Plan = Plan { spans: 10_000, rounds: 15, warm_ups: 4, memory_rounds: 3 };

const QUICK: Plan = Plan { spans: 2_000, rounds: 5, warm_ups: 2, memory_rounds: 1 };

/// How costs grow with the number of spans.
const GROWTH: [Plan; 3] = [
    Plan { spans: 1_000, rounds: 9, warm_ups: 4, memory_rounds: 3 },
    Plan { spans: 10_000, rounds: 5, warm_ups: 2, memory_rounds: 2 },
    Plan { spans: 100_000, rounds: 3, warm_ups: 1, memory_rounds: 1 },
];

/// What is measured, and where it is written down.
#[derive(Debug, Default)]
pub struct Options {
    /// Less, for less than a minute.
    pub quick: bool,
    /// Only these of the compared, by their ids; empty for all. Ours is always among them.
    pub only: Vec<String>,
    /// The folder that the report is written to.
    pub docs: Option<PathBuf>,
}

/// Everything that was measured in one run.
struct Outcome {
    browser: String,
    peers: Vec<Peer>,
    plan: Plan,
    burst: Figures,
    /// By the number of spans.
    growth: Vec<(usize, Figures)>,
}

/// Measures and prints, and writes the report.
pub async fn compare(modules: &Path, options: &Options) -> Result<(), String> {
    let is_wanted = |peer: &Peer| options.only.is_empty() || options.only.iter().any(|id| id == peer.id);
    let peers: Vec<Peer> =
        PEERS.into_iter().enumerate().filter(|(n, p)| *n == 0 || is_wanted(p)).map(|(_, p)| p).collect();
    let (mut page, receiver) = (Page::start(modules).await, Receiver::start().await);
    let browser = page.user_agent().await;
    let plan = if options.quick { QUICK } else { BURST };
    let burst = measure(&mut page, &receiver, &peers, plan).await?;
    let mut growth = Vec::new();
    if !options.quick {
        for plan in GROWTH {
            growth.push((plan.spans, measure(&mut page, &receiver, &peers, plan).await?));
        }
    }
    let outcome = Outcome { browser, peers, plan, burst, growth };
    println!("\n{}", report::tables(&outcome));
    match &options.docs {
        Some(docs) => report::write(&outcome, docs),
        None => Ok(()),
    }
}

async fn measure(page: &mut Page, receiver: &Receiver, peers: &[Peer], plan: Plan) -> Result<Figures, String> {
    eprintln!("==> {} spans, {} rounds", plan.spans, plan.rounds);
    Course { page, receiver, peers, plan }.run().await
}
