//! `cargo xtask size`: builds the page and the apps whose difference is the library's share, and has them weighed.

use crate::cli::SizeOptions;
use crate::wasm::{self, Names};
use crate::{Result, cargo, progress::step, workspace::Workspace};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Prints the sizes; a failure if they are over the budget.
pub fn size(workspace: &Workspace, options: &SizeOptions) -> Result<ExitCode> {
    let mut command = weighing(workspace)?;
    if options.accept {
        command.arg("--accept");
    }
    let named = workspace.target_dir.join("size/library-named");
    step("Building the app with the library once more, with its functions' names", || {
        wasm::build(workspace, "bench-library", Names::Kept, &named)
    })?;
    command.arg("--functions").arg(named);
    Ok(if within_budget(command)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the sizes are within the budget.
pub fn check(workspace: &Workspace) -> Result<bool> {
    within_budget(weighing(workspace)?)
}

fn within_budget(mut command: Command) -> Result<bool> {
    let status = command.status().map_err(|error| format!("the scales could not be started: {error}"))?;
    Ok(status.success())
}

/// The command that weighs what this builds.
fn weighing(workspace: &Workspace) -> Result<Command> {
    let page = wasm::build_pkg(workspace)?;
    let dir = workspace.target_dir.join("size");
    let mut apps = vec![];
    step("Building an app with the library and one without it", || {
        for package in ["bench-empty", "bench-library"] {
            let out_dir = dir.join(package);
            wasm::build(workspace, package, Names::Stripped, &out_dir)?;
            apps.push(out_dir);
        }
        Ok(())
    })?;
    let mut command = Command::new(build_program(workspace)?);
    command.arg("size").arg(workspace.root.join("bench/size-budget.json")).arg(page).args(apps);
    Ok(command)
}

/// The program that measures. Its receiver reads every span: it is built to be fast.
pub fn build_program(workspace: &Workspace) -> Result<PathBuf> {
    step("Compiling the program that measures", || {
        cargo::build(workspace, &["--package=bench", "--bin=bench", "--profile=collector"], cargo::executable("bench"))
    })
}
