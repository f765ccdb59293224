//! Tests of the documents: links lead somewhere, and what is computed from measured figures follows from those that stand there now.

use crate::workspace::Workspace;
use std::fs;
use std::path::{Path, PathBuf};

fn documents(root: &Path) -> Vec<PathBuf> {
    let folders = ["", "docs", "deploy", "bench/peers", "crates/opentelemetry-browser"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    files.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The targets of a text's links, without those to other places and to paragraphs.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#') && !target.contains("::"));
    local.filter_map(|target| target.split('#').next()).filter(|target| target.contains(['/', '.']))
}

#[test]
fn every_link_leads_to_a_file() {
    let root = Workspace::find().unwrap().root;
    let mut seen = 0;
    for document in documents(&root) {
        let text = fs::read_to_string(&document).unwrap();
        for link in links(&text) {
            let target = document.parent().unwrap().join(link);
            assert!(target.exists(), "{} links to {link}, which is not there", document.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} links were found");
}

/// `folder/file.rs::name_of_a_test`
fn named_tests(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('`').skip(1).step_by(2).filter(|code| code.contains(".rs::")).filter_map(|code| code.split_once("::"))
}

#[test]
fn every_guard_has_the_test_that_is_named() {
    let root = Workspace::find().unwrap().root;
    let text = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut seen = 0;
    for (file, name) in named_tests(&text) {
        let source = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let function = format!("fn {name}(");
        assert!(source.contains(&function), "{file} has no {function}…)");
        seen += 1;
    }
    assert!(seen > 25, "only {seen} tests were found");
}

/// The cells of the first table row whose first cell begins so.
fn row(text: &str, name: &str) -> Vec<String> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let mut cells = rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let found = cells.find(|cells| cells[0].starts_with(name)).unwrap_or_else(|| panic!("there is a row {name}"));
    found[1..].iter().map(|cell| cell.replace(',', "")).collect()
}

fn number(cell: &str) -> f64 {
    let digits = cell.trim_end_matches(['%', ' ', '×']);
    digits.parse().unwrap_or_else(|_| panic!("{cell} is a number"))
}

#[test]
fn what_scale_says_follows_from_the_figures_that_were_measured() {
    let root = Workspace::find().unwrap().root.join("docs");
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let (scale, browser, collector) = (read("scale.md"), read("benchmarks.md"), read("benchmarks-collector.md"));
    let first = |text: &str, name: &str| number(&row(text, name)[0]);
    let (sent, disk) = (first(&browser, "sent, bytes/span"), first(&collector, "disk, bytes/span"));
    let taken = first(&collector, "spans/s");
    assert_eq!(first(&scale, "sent, bytes/span"), sent);
    assert_eq!(first(&scale, "on the collector's disk, bytes/span"), disk);
    assert_eq!(first(&scale, "taken in, spans/s"), taken);
    let (spans, requests, peak) =
        (first(&scale, "spans of a page view"), first(&scale, "requests of a page view"), first(&scale, "peak"));
    for (column, (views, sampled)) in [(1e3, 1.0), (1e6, 1.0), (1e9, 1000.0)].into_iter().enumerate() {
        let per_second = peak * views / 86_400.0;
        let stored = views * spans * disk / 1e9;
        for (name, expected) in [
            ("page views/s", per_second),
            ("requests/s", per_second * requests),
            ("spans/s", per_second * spans),
            ("sent by all pages", views * spans * sent / 1e9),
            ("stored if everything is kept", stored),
            ("stored then", 7.0 * stored / sampled),
            ("share of one such", 100.0 * per_second * spans / taken),
        ] {
            let said = number(&row(&scale, name)[column]);
            assert!(
                (said / expected - 1.0).abs() < 0.15,
                "{name}, column {column}: {said} is said, {expected} follows"
            );
        }
    }
}
