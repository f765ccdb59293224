//! `cargo xtask size`: builds the page and the apps whose difference is the library's share, or the examples of frameworks, and has them
//! weighed.

use crate::cli::SizeOptions;
use crate::wasm::{self, Names};
use crate::{Result, cargo, examples, progress::step, workspace::Workspace};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The app whose features are those of the library, each used as an app would.
const APP: &str = "bench-library";

/// The rows of the whole page, and of the app that the others are compared with.
const PAGE: &str = "page";
const EMPTY: &str = "empty";

/// Prints the sizes; a failure if they are over the budget.
pub fn size(workspace: &Workspace, options: &SizeOptions) -> Result<ExitCode> {
    let mut rows = rows(workspace)?;
    if let Some(unknown) = options.rows.iter().find(|name| rows.iter().all(|row| row.name != **name)) {
        let known: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
        return Err(format!("there is no row `{unknown}`; there are: {}", known.join(", ")));
    }
    if !options.rows.is_empty() {
        rows.retain(|row| row.name == EMPTY || options.rows.contains(&row.name));
    }
    let mut command = weighing(workspace, &rows)?;
    if options.accept {
        command.arg("--accept").arg(workspace.root.join("docs"));
    }
    let is_chosen = |row: &&Row| options.rows.contains(&row.name) || (options.rows.is_empty() && row.name == "default");
    if let Some(row) = rows.iter().rfind(|row| is_chosen(row) && row.name != PAGE) {
        let named = workspace.target_dir.join("size/library-named");
        step(&format!("Building an app once more, with its functions' names: {}", row.name), || {
            wasm::build(workspace, row.package, &row.flags(), Names::Kept, &named)
        })?;
        command.arg("--functions").arg(named);
    }
    Ok(if succeeds(command)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what the examples of frameworks weigh with the library and without. No test does: it is minutes of compiling.
pub fn kits(workspace: &Workspace, accept: bool) -> Result<ExitCode> {
    wasm::ensure_target()?;
    let mut command = Command::new(build_program(workspace)?);
    command.arg("kits");
    if accept {
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
    succeeds(weighing(workspace, &rows(workspace)?)?)
}

fn succeeds(mut command: Command) -> Result<bool> {
    let status = command.status().map_err(|error| format!("the scales could not be started: {error}"))?;
    Ok(status.success())
}

/// What is weighed, and how it is built.
struct Row {
    name: String,
    package: &'static str,
    flags: Vec<String>,
}

impl Row {
    fn new(name: impl Into<String>, package: &'static str, flags: &[&str]) -> Self {
        Self { name: name.into(), package, flags: flags.iter().map(|flag| (*flag).to_owned()).collect() }
    }

    fn flags(&self) -> Vec<&str> {
        self.flags.iter().map(String::as_str).collect()
    }
}

fn rows(workspace: &Workspace) -> Result<Vec<Row>> {
    let mut rows = vec![
        Row::new(PAGE, "", &[]),
        Row::new(EMPTY, "bench-empty", &[]),
        Row::new("core", APP, &["--no-default-features"]),
    ];
    let features = workspace.features(APP)?;
    rows.extend(
        features.iter().map(|feature| {
            Row::new(format!("core + {feature}"), APP, &["--no-default-features", "--features", feature])
        }),
    );
    rows.extend([
        Row::new("default", APP, &[]),
        Row::new("all", APP, &["--all-features"]),
        Row::new("javascript", "opentelemetry-browser-js", &[]),
    ]);
    Ok(rows)
}

/// The command that weighs what this builds.
fn weighing(workspace: &Workspace, rows: &[Row]) -> Result<Command> {
    let mut builds = Vec::new();
    for row in rows {
        if row.name == PAGE {
            builds.push((&row.name, wasm::build_pkg(workspace)?));
            continue;
        }
        let folder = workspace.target_dir.join("size").join(row.name.replace(' ', ""));
        step(&format!("Building an app to be weighed: {}", row.name), || {
            wasm::build(workspace, row.package, &row.flags(), Names::Stripped, &folder)
        })?;
        builds.push((&row.name, folder));
    }
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
