//! Runs `cargo test`, passes on what it prints, and counts.

use crate::Result;
use crate::cli::Selection;
use crate::libtest::Counter;
use crate::progress::step;
use crate::runner::{self, Line};
use crate::summary::Summary;
use std::io::IsTerminal;
use std::process::{Command, Stdio};

/// Runs one `cargo test`, shows what it prints, and counts. A busy machine can delay any step beyond any limit, and its clock can be set: a few
/// that failed are tried once more, each by itself. The closing lines name them also where they passed then.
pub fn counted(what: &str, command: Command, selection: &Selection, libtest_args: &[&str]) -> Result<Summary> {
    let again = || copy(&command);
    let (counter, success) = run(what, again(), &with_names(libtest_args, &selection.name))?;
    let names = counter.failed_alone();
    if names.is_empty() || names.len() as u64 > Summary::FEW {
        return Ok(counter.finish(success));
    }
    let by_itself =
        |name: &String| run(&format!("{what}: {name} by itself"), again(), &[name, "--exact", "--include-ignored"]);
    let tries = names.iter().map(by_itself).collect::<Result<Vec<_>>>()?;
    Ok(counter.after_second_tries(&tries))
}

/// The names of the tests that will run: what none of them needs is not installed.
pub fn test_names(mut command: Command, selection: &Selection) -> Result<Vec<String>> {
    command.args(["--", "--list"]).args(&selection.name).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| format!("cargo could not be started: {error}"))?;
    if !output.status.success() {
        return Err("the tests do not compile".to_owned());
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(lines.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

fn with_names<'a>(libtest_args: &[&'a str], name: &'a Option<String>) -> Vec<&'a str> {
    libtest_args.iter().copied().chain(name.as_deref()).collect()
}

fn run(what: &str, mut command: Command, libtest_args: &[&str]) -> Result<(Counter, bool)> {
    command.args(["--no-fail-fast", "--"]).args(libtest_args);
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    step(what, || {
        let mut counter = Counter::default();
        let success = runner::run(command, |line| match line {
            Line::Stdout(line) => counter.read_stdout(line),
            Line::Stderr(line) => counter.read_stderr(line),
        })?;
        Ok((counter, success))
    })
}

/// The same program with the same arguments, variables and folder.
fn copy(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        copy.current_dir(dir);
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_try_is_of_the_same_command() {
        let mut command = Command::new("cargo");
        command.args(["test", "--package=a"]).env("SET", "1").env_remove("REMOVED").current_dir("/");
        assert_eq!(format!("{:?}", copy(&command)), format!("{command:?}"));
    }
}
