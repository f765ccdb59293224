//! The package for JavaScript (crates/opentelemetry-browser-js): built, and its tests in tests/js, written in TypeScript, run by Node.js
//! beside OpenTelemetry JS from npm. It and the page's package are also packed, installed from their tarballs, and bundled by Vite.

use crate::cli::Selection;
use crate::summary::Summary;
use crate::test::is_ci;
use crate::wasm::{self, Names};
use crate::{Result, npm, npm_package, page_scripts, progress::step, workspace::Workspace};
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

/// Installs what tests/js needs from npm, then both packages from their tarballs, and gives the folder.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let dir = workspace.root.join("tests/js");
    npm::install(&dir, "TypeScript, Vite and OpenTelemetry JS")?;
    let mut args: Vec<_> = ["install", "--no-save", "--no-package-lock", "--ignore-scripts", "--prefer-offline"].into();
    let pkgs = [wasm::build_pkg(workspace)?, build(workspace)?];
    let mut tarballs = vec![];
    for ((name, _), pkg) in npm_package::PACKAGES.iter().zip(&pkgs) {
        tarballs.push(npm_package::pack(workspace, name, pkg)?.to_string_lossy().into_owned());
        // npm takes another tarball of the same version for the one that it has.
        let _ = std::fs::remove_dir_all(dir.join("node_modules").join(name));
    }
    args.extend(tarballs.iter().map(String::as_str));
    step("Installing both packages from their tarballs (npm)", || npm::run(&dir, &args))?;
    Ok(dir)
}

/// Builds the app that has both packages, and gives the folder: the app is in app/dist, the packages are in node_modules.
pub fn build_app(workspace: &Workspace) -> Result<PathBuf> {
    let dir = install(workspace)?;
    step("Bundling an app with both packages (Vite)", || npm::run(&dir, &["run", "build"]))?;
    Ok(dir)
}

pub fn test(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let (node, dir) = match page_scripts::node().and_then(|node| Ok((node, install(workspace)?))) {
        Ok(both) => both,
        Err(lack) if is_ci() => {
            return Err(format!("{lack}; with CI=true the tests of the package for JavaScript must run"));
        }
        Err(lack) => {
            eprintln!("Skipping the tests of the package for JavaScript: {lack}.");
            return Ok(Summary::ONE_SKIPPED);
        }
    };
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
