//! The tests of the scripts of the page (tests/page) and of the viewer (tests/viewer), by Node.js and its own test runner:
//! nothing is installed for them.

use crate::cli::Selection;
use crate::runner::{self, Line};
use crate::summary::{Summary, TapCounter};
use crate::{Result, progress::step, test::say_lack_of_shells, workspace::Workspace, workspace::on_path};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The first that takes a .js file with `import` in it for the module that it is, as browsers do.
const OLDEST: (u32, u32) = (20, 19);

pub fn test(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let node = match node() {
        Ok(node) => node,
        Err(lack) => {
            eprintln!("Skipping the tests of the page's and the viewer's scripts: {lack}.");
            return Ok(Summary::ONE_SKIPPED);
        }
    };
    say_lack_of_shells();
    let mut files = test_files(&workspace.root.join("tests/page"), ".test.mjs")?;
    files.extend(test_files(&workspace.root.join("tests/viewer"), ".test.mjs")?);
    run("Tests of the page's and the viewer's scripts", &node, &workspace.root, &files, selection)
}

/// A Node.js that is new enough, or what is wrong with the one there is.
pub fn node() -> std::result::Result<PathBuf, String> {
    let (major, minor) = OLDEST;
    let needed = |lack| format!("{lack}; they need {major}.{minor} or later");
    on_path(&["node"]).ok_or("no Node.js".to_owned()).and_then(new_enough).map_err(needed)
}

/// Runs test files by Node.js's test runner.
pub fn run(what: &str, node: &Path, dir: &Path, files: &[PathBuf], selection: &Selection) -> Result<Summary> {
    run_with(what, node, dir, files, selection, |_| {})
}

/// The same, with more in the environment.
pub fn run_with(
    what: &str,
    node: &Path,
    dir: &Path,
    files: &[PathBuf],
    selection: &Selection,
    prepare: impl Fn(&mut Command),
) -> Result<Summary> {
    let once = |what: &str, patterns: &[String]| {
        let mut command = Command::new(node);
        prepare(&mut command);
        command.current_dir(dir).args(["--test", "--test-reporter=tap"]);
        command.args(patterns.iter().map(|pattern| format!("--test-name-pattern={pattern}"))).args(files);
        step(what, || {
            let mut counter = TapCounter::default();
            let success = runner::run(command, |line| {
                if let Line::Stdout(line) = line {
                    counter.read(line);
                }
            })?;
            Ok(counter.finish(success))
        })
    };
    let selected: Vec<_> = selection.name.iter().map(|name| literally(name)).collect();
    let mut sums = once(what, &selected)?;
    if !selected.is_empty() {
        // Those that were not selected: some versions of Node.js count them.
        sums.skipped = 0;
    }
    let failed: Vec<_> = sums.failures.iter().map(|name| format!("^{}$", literally(name))).collect();
    if failed.is_empty() || !sums.are_few_and_named() {
        return Ok(sums);
    }
    let again = once(&format!("{what}: those that failed, by themselves"), &failed)?;
    Ok(sums.after_second_try(&again))
}

fn new_enough(node: PathBuf) -> std::result::Result<PathBuf, String> {
    let output =
        Command::new(&node).arg("--version").output().map_err(|error| format!("{}: {error}", node.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match version(&text) {
        Some(found) if found >= OLDEST => Ok(node),
        _ => Err(format!("Node.js is {text}")),
    }
}

/// `v20.19.4`
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// The files in a folder whose names end so.
pub fn test_files(dir: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir).map_err(|error| format!("{} cannot be read: {error}", dir.display()))?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.to_string_lossy().ends_with(ending));
    files.sort();
    if files.is_empty() { Err(format!("{} has no *{ending}", dir.display())) } else { Ok(files) }
}

/// Node.js takes a regular expression.
fn literally(name: &str) -> String {
    let escaped = name.chars().flat_map(|c| (!c.is_alphanumeric() && c != ' ').then_some('\\').into_iter().chain([c]));
    escaped.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("v20.19.4"), Some((20, 19)));
        assert!(version("v22.0.0") > Some(OLDEST) && version("v20.9.0") < Some(OLDEST));
        assert_eq!(version("20"), None);
    }

    #[test]
    fn a_name_is_no_pattern() {
        assert_eq!(literally("a (b) c."), "a \\(b\\) c\\.");
    }
}
