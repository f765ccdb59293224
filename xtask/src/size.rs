//! `cargo xtask size`: builds the page and the apps whose difference is the library's share, or the examples of frameworks, and has them
//! weighed.

use crate::cli::SizeOptions;
use crate::wasm::{self, Names};
use crate::{Result, cargo, examples, progress::step, workspace::Workspace};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The app whose features are those of the library, each used as an app would.
const APP: &str = "bench-library";

/// Prints the sizes; a failure if they are over the budget.
pub fn size(workspace: &Workspace, options: &SizeOptions) -> Result<ExitCode> {
    if options.kits {
        return kits(workspace, options);
    }
    let mut command = weighing(workspace)?;
    if options.accept {
        command.arg("--accept").arg(workspace.root.join("docs"));
    }
    let named = workspace.target_dir.join("size/library-named");
    step("Building the app with the library once more, with its functions' names", || {
        wasm::build(workspace, APP, &[], Names::Kept, &named)
    })?;
    command.arg("--functions").arg(named);
    Ok(if succeeds(command)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what the examples of frameworks weigh with the library and without. No test does: it is minutes of compiling.
fn kits(workspace: &Workspace, options: &SizeOptions) -> Result<ExitCode> {
    wasm::ensure_target()?;
    let mut command = Command::new(build_program(workspace)?);
    command.arg("kits");
    if options.accept {
        command.arg("--write").arg(workspace.root.join("docs"));
    }
    for name in examples::kits(workspace)? {
        let folders = examples::build_kit(workspace, &name)?;
        command.arg(name).args(folders);
    }
    Ok(if succeeds(command)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the sizes are within the budget.
pub fn check(workspace: &Workspace) -> Result<bool> {
    succeeds(weighing(workspace)?)
}

fn succeeds(mut command: Command) -> Result<bool> {
    let status = command.status().map_err(|error| format!("the scales could not be started: {error}"))?;
    Ok(status.success())
}

/// The command that weighs what this builds.
fn weighing(workspace: &Workspace) -> Result<Command> {
    let mut builds = vec![("page".to_owned(), wasm::build_pkg(workspace)?)];
    let mut app = |name: String, package: &str, flags: &[&str]| {
        let folder = workspace.target_dir.join("size").join(name.replace(' ', ""));
        step(&format!("Building an app to be weighed: {name}"), || {
            wasm::build(workspace, package, flags, Names::Stripped, &folder)
        })?;
        builds.push((name, folder));
        Ok::<_, String>(())
    };
    app("empty".to_owned(), "bench-empty", &[])?;
    app("core".to_owned(), APP, &["--no-default-features"])?;
    for feature in workspace.features(APP)? {
        app(format!("core + {feature}"), APP, &["--no-default-features", "--features", &feature])?;
    }
    app("default".to_owned(), APP, &[])?;
    app("all".to_owned(), APP, &["--all-features"])?;
    app("javascript".to_owned(), "opentelemetry-browser-js", &[])?;
    let mut command = Command::new(build_program(workspace)?);
    command.arg("size").arg(workspace.root.join("bench/size-budget.json"));
    command.args(builds.iter().map(|(name, folder)| format!("{name}={}", folder.display())));
    Ok(command)
}

/// The program that measures. Its receiver reads every span: it is built to be fast.
pub fn build_program(workspace: &Workspace) -> Result<PathBuf> {
    step("Compiling the program that measures", || {
        cargo::build(workspace, &["--package=bench", "--bin=bench", "--profile=collector"], cargo::executable("bench"))
    })
}
