//! The report: tables for the terminal, docs/benchmarks-collector.md, and what of docs/scale.md follows from it.

use std::fs;
use std::path::Path;

use super::questions::Kind;
use super::subjects::Subject;
use super::{Figures, Outcome, bodies, scale};
use crate::markdown::{markdown, number};
use crate::stats::Spread;
use crate::{machine, stats};

/// What the figures mean and how they are taken.
const METHOD: &str = include_str!("method.md");

pub fn tables(outcome: &Outcome) -> String {
    let mut rows = vec![head("median of the rounds", outcome)];
    let spans = outcome.spans as f64;
    for (number, by) in ["JSON", "protobuf", "gRPC"].into_iter().enumerate() {
        rows.push(row(&format!("spans/s, {by}"), outcome, |figures| median(&figures.spans_per_second[number])));
    }
    rows.push(row("memory, MB", outcome, |figures| Some(median(&figures.memory)? / 1e6)));
    rows.push(row("memory, bytes/span", outcome, |figures| median(&figures.memory_of_spans)));
    rows.push(row("disk, bytes/span", outcome, |figures| Some(median(&figures.disk)? / spans)));
    rows.push(row("a request of one span, ms", outcome, |figures| median(&figures.small)));
    rows.push(row("start with all of them, s", outcome, |figures| median(&figures.start)));
    let mut searches = vec![head("search: median, and 99 in 100, ms", outcome)];
    for kind in Kind::ALL {
        let cell = |(_, figures): &(Subject, Figures)| {
            let times = figures.searches.iter().find(|(other, _)| *other == kind).map(|(_, times)| times.as_slice());
            let times = times.unwrap_or_default();
            let slowest = stats::percentile(times, 0.99);
            median(times)
                .zip(slowest)
                .map_or("-".to_owned(), |(half, most)| format!("{}, {}", number(half), number(most)))
        };
        let cells = outcome.figures.iter().map(cell);
        searches.push(std::iter::once(kind.name().to_owned()).chain(cells).collect());
    }
    format!("{}\n{}\n{}", markdown(&rows), markdown(&searches), markdown(&once(outcome)))
}

fn once(outcome: &Outcome) -> Vec<Vec<String>> {
    let head = ["the collector, once", "spans", "spans/s", "memory, bytes/span", "disk, bytes/span", "start, s"];
    let mut rows = vec![head.into_iter().chain(["search, 99 in 100, ms"]).map(str::to_owned).collect::<Vec<_>>()];
    for one in &outcome.once {
        let figures = [one.spans as f64, one.spans_per_second, one.memory, one.disk, one.start, one.search];
        rows.push(std::iter::once(one.what.clone()).chain(figures.map(number)).collect());
    }
    rows
}

fn head(first: &str, outcome: &Outcome) -> Vec<String> {
    let names = outcome.figures.iter().map(|(subject, _)| subject.name().to_owned());
    std::iter::once(first.to_owned()).chain(names).collect()
}

fn row(name: &str, outcome: &Outcome, figure: impl Fn(&Figures) -> Option<f64>) -> Vec<String> {
    let cells = outcome.figures.iter().map(|(_, figures)| figure(figures).map_or("-".to_owned(), number));
    std::iter::once(name.to_owned()).chain(cells).collect()
}

fn median(figures: &[f64]) -> Option<f64> {
    Spread::of(figures).map(|spread| spread.median)
}

/// Writes benchmarks-collector.md.
pub fn write(outcome: &Outcome, docs: &Path) -> Result<(), String> {
    let text = METHOD
        .replace("{machine}", &machine::description())
        .replace("{spans}", &outcome.spans.to_string())
        .replace("{batch}", &bodies::BATCH.to_string())
        .replace("{rounds}", &outcome.rounds.to_string())
        .replace("{ours}", &outcome.asked[0].to_string())
        .replace("{jaeger}", &outcome.asked[1].to_string())
        .replace("{tables}", &tables(outcome));
    write_to(&docs.join("benchmarks-collector.md"), &text)?;
    let path = docs.join("scale.md");
    let scale = fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let ours = outcome.figures.iter().find(|(subject, _)| *subject == Subject::Ours).map(|(_, figures)| figures);
    let taken = ours.and_then(|figures| median(&figures.spans_per_second[0]));
    let disk = ours.and_then(|figures| Some(median(&figures.disk)? / outcome.spans as f64));
    match taken.zip(disk) {
        // As the tables have them.
        Some((taken, disk)) => write_to(&path, &scale::updated(&scale, taken.round(), disk.round())?),
        None => Err("the collector has no figures".into()),
    }
}

fn write_to(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    println!("Written to {}.", path.display());
    Ok(())
}
