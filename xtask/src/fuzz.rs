//! `cargo xtask fuzz`: the fuzzers of fuzz/, each for a while, by cargo-fuzz and a nightly compiler. What they find lies in fuzz/artifacts; put
//! into fuzz/seeds it is a test.

use crate::tools::Tool;
use crate::workspace::{Workspace, on_path};
use crate::{Result, progress::step};
use std::process::{Command, ExitCode, Stdio};

/// How `fuzz` is run.
#[derive(Debug, PartialEq)]
pub struct FuzzOptions {
    /// All of them if none is named.
    pub target: Option<String>,
    /// How long each.
    pub seconds: u32,
}

impl Default for FuzzOptions {
    fn default() -> Self {
        Self { target: None, seconds: 600 }
    }
}

pub fn fuzz(workspace: &Workspace, options: &FuzzOptions) -> Result<ExitCode> {
    let names = targets(workspace)?;
    if let Some(target) = options.target.as_ref().filter(|target| !names.contains(target)) {
        return Err(format!("there is no fuzzer `{target}`: there are {}", names.join(", ")));
    }
    let rustup = on_path(&["rustup"]).filter(|rustup| has_nightly(rustup));
    let rustup = rustup.ok_or("cargo-fuzz needs a nightly compiler: rustup toolchain install nightly")?;
    let cargo_fuzz = Tool::cargo_fuzz().ensure(workspace)?;
    let wanted = |name: &&String| options.target.as_ref().is_none_or(|target| target == *name);
    let mut found = vec![];
    for name in names.iter().filter(wanted) {
        let corpus = workspace.root.join("fuzz/corpus").join(name);
        std::fs::create_dir_all(&corpus).map_err(|error| format!("{} cannot be made: {error}", corpus.display()))?;
        let mut command = Command::new(&rustup);
        // Without a sanitizer: there is next to no unsafe code to look into, and it is twice as fast.
        command.args(["run", "nightly"]).arg(&cargo_fuzz).args(["run", "--sanitizer=none", name]);
        command.arg(&corpus).arg(workspace.root.join("fuzz/seeds").join(name)).current_dir(&workspace.root);
        command.args(["--", &format!("-max_total_time={}", options.seconds), "-timeout=20", "-rss_limit_mb=4096"]);
        let ran = step(&format!("Fuzzing {name}"), || {
            let status = command.status().map_err(|error| format!("rustup could not be started: {error}"))?;
            if status.success() { Ok(()) } else { Err(format!("{name} found something, or does not compile")) }
        });
        found.extend(ran.err());
    }
    for what in &found {
        eprintln!("error: {what}");
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The names of the fuzzers: those of their files.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.root.join("fuzz/fuzz_targets");
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let stem = |entry: std::fs::DirEntry| Some(entry.path().file_stem()?.to_string_lossy().into_owned());
    let mut names: Vec<_> = entries.flatten().filter_map(stem).collect();
    names.sort();
    Ok(names)
}

fn has_nightly(rustup: &std::path::Path) -> bool {
    let asked = Command::new(rustup).args(["run", "nightly", "rustc", "--version"]).stderr(Stdio::null()).output();
    asked.is_ok_and(|output| output.status.success())
}
