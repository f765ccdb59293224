//! The package for JavaScript (crates/opentelemetry-browser-js): built, and its tests in tests/js, written in TypeScript, run by Node.js
//! beside OpenTelemetry JS from npm.

use crate::cli::Selection;
use crate::summary::Summary;
use crate::wasm::{self, Names};
use crate::{Result, npm, page_scripts, progress::step, workspace::Workspace};
use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Builds the package where its tests import it from, and gives the folder.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    let pkg = workspace.root.join("tests/js/pkg");
    step("Building the package for JavaScript", || {
        wasm::build(workspace, "opentelemetry-browser-js", &[], Names::Stripped, &pkg)
    })?;
    Ok(pkg)
}

pub fn test(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let dir = workspace.root.join("tests/js");
    let node = match page_scripts::node()
        .and_then(|node| npm::install(&dir, "TypeScript and OpenTelemetry JS").map(|()| node))
    {
        Ok(node) => node,
        Err(lack) if env::var("CI").is_ok_and(|ci| ci == "true") => {
            return Err(format!("{lack}; with CI=true the tests of the package for JavaScript must run"));
        }
        Err(lack) => {
            eprintln!("Skipping the tests of the package for JavaScript: {lack}.");
            return Ok(Summary::ONE_SKIPPED);
        }
    };
    build(workspace)?;
    let tsc = dir.join("node_modules/typescript/bin/tsc");
    let is_sound = step("Checking the package's types (tsc --strict)", || {
        let status = Command::new(&node).current_dir(&dir).arg(tsc).args(["-p", "."]).status();
        status.map(|status| status.success()).map_err(|error| format!("tsc could not be started: {error}"))
    })?;
    let types =
        if is_sound { Summary::ONE_PASSED } else { Summary::one_failed("the types of the package for JavaScript") };
    let files = page_scripts::test_files(&dir, ".test.js")?;
    let mut sums = page_scripts::run("Tests of the package for JavaScript", &node, &dir, &files, selection)?;
    // They say nothing about a test that was asked for by its name.
    if selection.name.is_none() || !is_sound {
        sums += types;
    }
    Ok(sums)
}
