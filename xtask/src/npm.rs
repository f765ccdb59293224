//! npm, where JavaScript of others is compared or worked with.

use crate::{Result, progress::step, runner, workspace::on_path};
use std::path::Path;
use std::process::Command;

/// Whether there is one.
pub fn is_there() -> bool {
    on_path(&["node"]).is_some() && on_path(&["npm"]).is_some()
}

/// Installs a package's dependencies, of the versions in its lock file, unless they are there.
pub fn install(package: &Path, what: &str) -> Result<()> {
    let modified = |file: &str| package.join(file).metadata().and_then(|metadata| metadata.modified()).ok();
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") {
        return Ok(());
    }
    step(&format!("Installing {what} (npm)"), || run(package, &["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

/// Runs npm in a package's folder.
pub fn run(package: &Path, args: &[&str]) -> Result<()> {
    let npm = on_path(&["npm"]).ok_or("there is no npm on PATH: install Node.js (https://nodejs.org)")?;
    let mut command = Command::new(npm);
    command.current_dir(package).args(args);
    succeeds(command, &format!("npm {}", args[0]))
}

/// Runs a command that needs what npm installs.
pub fn succeeds(command: Command, what: &str) -> Result<()> {
    runner::succeeds(command, what).map_err(|error| format!("{error}; it needs the npm registry"))
}
