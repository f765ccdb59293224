//! Tests of the documents: links lead somewhere, and what is computed from measured figures follows from those that stand there now.

use crate::workspace::Workspace;
use std::fs;
use std::path::{Path, PathBuf};

fn documents(root: &Path) -> Vec<PathBuf> {
    let folders = [
        "",
        "docs",
        "deploy",
        "bench/peers",
        "crates/opentelemetry-browser",
        "crates/opentelemetry-browser-instrumentation",
        "crates/opentelemetry-browser-js",
        "examples",
    ]
    .map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    files.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The targets of a text's links, without those to other places and to paragraphs.
pub fn links(text: &str) -> impl Iterator<Item = &str> {
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

/// What is given to `cargo xtask` in a text: up to the end of the code, of the line, or to the words about it.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let rest = text.split("cargo xtask ").skip(1);
    rest.filter_map(|rest| rest.split(['`', '\n', '#', ';', ')']).next()?.split("  ").next()).map(str::trim)
}

#[test]
fn every_command_of_this_tool_that_a_document_names_is_one() {
    let root = Workspace::find().unwrap().root;
    let mut seen = 0;
    for document in documents(&root) {
        let text = fs::read_to_string(&document).unwrap();
        for command in commands(&text) {
            let parsed = crate::cli::parse(command.split_whitespace().map(str::to_owned));
            assert!(parsed.is_ok(), "{}: cargo xtask {command}: {}", document.display(), parsed.unwrap_err());
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} commands were found");
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let root = Workspace::find().unwrap().root;
    let mut seen = 0;
    for document in documents(&root) {
        let text = fs::read_to_string(&document).unwrap();
        for (file, test) in text.split('`').filter_map(|word| word.split_once(".rs::")) {
            let file = root.join(format!("{file}.rs"));
            let code = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let is_test = code.lines().collect::<Vec<_>>().windows(2).any(|lines| {
                let function = lines[1].trim_start().trim_start_matches("async ");
                lines[0].trim_start().starts_with('#') && function.starts_with(&format!("fn {test}("))
            });
            assert!(is_test, "{} names {test}, which is no test in {}", document.display(), file.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} tests are named");
}

/// The cells of the first table row whose first cell begins so.
pub fn row(text: &str, name: &str) -> Vec<String> {
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

/// A document's shape, which a translation has, too: headings by their depth, code without the words beside it, links, images, rows, items.
fn shape(text: &str) -> Vec<String> {
    let mut shape = vec![];
    let (mut fenced, mut before) = (false, "");
    for line in text.lines() {
        let words = line.trim_start();
        if words.starts_with("```") {
            fenced = !fenced;
            shape.push(words.to_owned());
        } else if fenced {
            shape.push(format!("code {}", line.split(" // ").next().unwrap_or_default()));
        } else if line.starts_with("    ") && (before.is_empty() || before.starts_with("    ")) {
            // A second column, and a line that is no more than that, is words.
            let code = if line.starts_with(&" ".repeat(24)) { "" } else { words };
            shape.push(format!("code {}", code.split("  ").next().unwrap_or_default()));
        } else if line.starts_with('#') {
            shape.push(line.chars().take_while(|c| *c == '#').collect());
        } else if words.starts_with('|')
            || words.starts_with("- ")
            || words.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok())
        {
            shape.push(words.chars().next().map(|c| format!("item {c}")).unwrap_or_default());
        }
        before = line;
    }
    shape
}

#[test]
fn the_chinese_readme_keeps_step() {
    let root = Workspace::find().unwrap().root;
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let (english, chinese) = (read("README.md"), read("README.zh.md"));
    assert!(english.contains("(README.zh.md)") && chinese.contains("(README.md)"), "each links to the other");
    for (number, (english, chinese)) in shape(&english).iter().zip(shape(&chinese)).enumerate() {
        assert_eq!(*english, chinese, "README.zh.md differs from README.md at part {number}");
    }
    assert_eq!(shape(&english).len(), shape(&chinese).len(), "one README has more than the other");
    let sorted = |text: &str| {
        let own = |link: &&str| !link.starts_with('#') && !link.starts_with("README");
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let mut targets: Vec<_> = targets.filter(own).map(str::to_owned).collect();
        targets.sort();
        targets
    };
    assert_eq!(sorted(&english), sorted(&chinese), "the links of README.md and README.zh.md");
    // What stands between two backticks is a name, or a thing to type.
    let names = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("```"));
        let mut names: Vec<_> = lines.flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(names(&english), names(&chinese), "the names in README.md and README.zh.md");
}
