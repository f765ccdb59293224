//! The project's own commands. `cargo xtask run` shows the page and its traces, `cargo xtask test` runs every test,
//! `cargo xtask size` and `cargo xtask bench` measure, `cargo xtask dist` makes what a release has.
//!
//! Comes in: the command line, the workspace, and what is installed on this machine. Goes out: pkg/, whatever was built
//! under cargo's target directory, a running collector, or the tests' closing line. Nothing is installed elsewhere,
//! except browsers, zsh and web servers for the tests, and a compiler for `dist`, by the system's package manager, where that is allowed.

mod apt;
mod bench;
mod browser;
mod browsers;
mod cargo;
mod cargo_test;
mod cli;
mod dist;
#[cfg(test)]
mod documents;
mod engines;
mod examples;
mod fuzz;
mod jaeger;
mod javascript_api;
mod libtest;
#[cfg(test)]
mod manifests;
mod npm;
mod npm_package;
mod oracle;
mod page_scripts;
mod peers;
mod progress;
mod publish;
mod run;
mod runner;
#[path = "../../tests/e2e/src/screen.rs"]
mod screen;
mod shells;
mod size;
mod summary;
mod test;
mod tools;
mod users;
mod wasm;
mod workspace;

use cli::Command;
use std::process::ExitCode;
use workspace::Workspace;

/// What went wrong and what to do about it, in words for the person at the terminal.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let outcome = cli::parse(std::env::args().skip(1)).and_then(|command| match command {
        Command::Help => {
            println!("{}", cli::USAGE);
            Ok(ExitCode::SUCCESS)
        }
        Command::Build => {
            let pkg = wasm::build_pkg(&Workspace::find()?)?;
            println!("{}", pkg.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Dist => dist::dist(&Workspace::find()?),
        Command::Run { collector_args } => run::run(&Workspace::find()?, &collector_args),
        Command::Example { name, collector_args } => run::example(&Workspace::find()?, &name, &collector_args),
        Command::Test(selection) => test::test(&Workspace::find()?, &selection),
        Command::Browsers => browsers::write(&Workspace::find()?),
        Command::Fuzz(options) => fuzz::fuzz(&Workspace::find()?, &options),
        Command::Size(options) => size::size(&Workspace::find()?, &options),
        Command::Kits { accept } => size::kits(&Workspace::find()?, accept),
        Command::Bench(options) => bench::bench(&Workspace::find()?, &options),
    });
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
