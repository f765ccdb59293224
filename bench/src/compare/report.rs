//! The report: tables for the terminal, and docs/benchmarks.md with its charts.

use std::fs;
use std::path::Path;

use super::figures::{Figure, Figures};
use super::peers::Peer;
use super::{Outcome, chart, table};
use crate::{document, machine, markdown};

/// What the figures mean and how they are taken: it stands above them.
const METHOD: &str = include_str!("method.md");

/// The figures whose growth is shown.
const GROWING: [Figure; 3] = [Figure::Record, Figure::Send, Figure::Memory];

pub fn tables(outcome: &Outcome) -> String {
    let Outcome { peers, burst, .. } = outcome;
    let mut out = table::medians(burst, peers) + "\n" + &table::ratios(burst, peers);
    for figure in GROWING {
        if !outcome.growth.is_empty() {
            out += &format!("\n{}", growth(figure, peers, &outcome.growth));
        }
    }
    out
}

/// One figure by the number of spans.
fn growth(figure: Figure, peers: &[Peer], by_spans: &[(usize, Figures)]) -> String {
    let head = by_spans.iter().map(|(spans, _)| format!("{spans} spans"));
    let mut rows = vec![std::iter::once(figure.name().to_owned()).chain(head).collect::<Vec<_>>()];
    for peer in peers {
        let cell =
            |figures: &Figures| figures.spread(*peer, figure).map_or("-".to_owned(), |s| markdown::number(s.median));
        let cells = by_spans.iter().map(|(_, figures)| cell(figures));
        rows.push(std::iter::once(peer.name.to_owned()).chain(cells).collect());
    }
    markdown::markdown(&rows)
}

/// Writes benchmarks.md and its charts.
pub fn write(outcome: &Outcome, docs: &Path) -> Result<(), String> {
    let save = |name: &str, text: String| {
        let path = docs.join(name);
        fs::write(&path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    let ratios = |figure: Figure| -> Vec<(Peer, f64)> {
        let median = |peer: &Peer| {
            let ratio = outcome.burst.ratio(*peer, outcome.peers[0], figure)?;
            Some((*peer, ratio.median))
        };
        outcome.peers.iter().filter_map(median).collect()
    };
    let panels: Vec<_> = Figure::ALL.iter().map(|figure| (figure.name(), ratios(*figure))).collect();
    save("images/benchmarks.svg", chart::ratios(&panels))?;
    let lines = GROWING.map(|figure| (figure.name(), chart::lines(&outcome.growth, figure)));
    save("images/benchmarks-growth.svg", chart::growth(&lines))?;
    let text = METHOD
        .replace("{machine}", &machine::description())
        .replace("{browser}", &outcome.browser)
        .replace("{spans}", &outcome.plan.spans.to_string())
        .replace("{rounds}", &outcome.plan.rounds.to_string())
        .replace("{tables}", &tables(outcome));
    let earlier = fs::read_to_string(docs.join("benchmarks.md")).unwrap_or_default();
    let keep = |text: String, name: &&str| match document::section(&earlier, name) {
        Ok(content) => document::with_section(&text, name, content),
        Err(_) => Ok(text),
    };
    save("benchmarks.md", document::KEPT.iter().try_fold(text, keep)?)?;
    println!("Written to {}.", docs.join("benchmarks.md").display());
    Ok(())
}
