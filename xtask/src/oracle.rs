//! What others record of a page (tests/oracle): the packages of the OpenTelemetry Browser SIG, OpenTelemetry JS and web-vitals, from npm.

use crate::cli::Selection;
use crate::summary::Summary;
use crate::test::is_ci;
use crate::wasm::{self, Names};
use crate::{Result, browser, npm, page_scripts, progress::step, workspace::Workspace};
use std::path::PathBuf;
use std::process::Command;

const WHAT: &str = "the packages to compare instrumentations with";

/// What is missing for these tests; an error where they must run all the same.
fn lack(workspace: &Workspace) -> Result<Option<String>> {
    let dir = workspace.root.join("tests/oracle");
    match page_scripts::node().and_then(|_| npm::install(&dir, WHAT)) {
        Ok(()) => Ok(None),
        Err(lack) if is_ci() => Err(format!("{lack}; with CI=true the instrumentations must be compared with others")),
        Err(lack) => Ok(Some(lack)),
    }
}

/// Bundles the pages on which instrumentations meet others, for the end-to-end tests; `None`, with a word to the user, where npm is missing.
pub fn pages(workspace: &Workspace) -> Result<Option<PathBuf>> {
    if let Some(lack) = lack(workspace)? {
        eprintln!(
            "Skipping the instrumentations beside Google's web-vitals, Sentry, Zone.js and OpenTelemetry JS: {lack}."
        );
        return Ok(None);
    }
    let out = workspace.target_dir.join("oracle");
    std::fs::create_dir_all(&out).map_err(|error| format!("{} cannot be made: {error}", out.display()))?;
    let mut command = Command::new(page_scripts::node()?);
    command.current_dir(workspace.root.join("tests/oracle")).arg("build.mjs").arg(&out);
    step("Bundling the pages with others", || npm::succeeds(command, "node build.mjs"))?;
    step("Building the instrumentations to be tested beside others", || {
        // A second module has scripts of its own as well: another app in the same page.
        ["ours", "other"]
            .iter()
            .try_for_each(|copy| wasm::build(workspace, "bench-instrumented", &[], Names::Stripped, &out.join(copy)))
    })?;
    Ok(Some(out))
}

/// Whether the names and attributes that our tests compare with are those that the packages record.
pub fn test(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    if let Some(lack) = lack(workspace)? {
        eprintln!("Skipping the comparison with the Browser SIG's packages: {lack}.");
        return Ok(Summary::ONE_SKIPPED);
    }
    let browser = browser::ensure()?;
    let dir = workspace.root.join("tests/oracle");
    let files = page_scripts::test_files(&dir, ".test.mjs")?;
    let node = page_scripts::node()?;
    page_scripts::run_with("What the Browser SIG's packages record", &node, &dir, &files, selection, |command| {
        browser.name_in(command);
    })
}
