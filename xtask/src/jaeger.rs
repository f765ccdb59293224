//! A real Jaeger for the end-to-end tests: JAEGER_BIN, or one compiled by Go, kept under target/tools.

use crate::{Result, progress::step, workspace::Workspace, workspace::on_path, workspace::program_from_env};
use std::path::PathBuf;
use std::process::Command;

/// The last line of releases that plain `go install` can build: later ones replace modules.
const VERSION: &str = "1.48.0";

/// A Jaeger 2, which has to be named: its own packages are container images, and to compile it takes Go ten minutes.
pub fn find_2() -> Result<Option<PathBuf>> {
    program_from_env("JAEGER2_BIN")
}

/// Whether there is a Jaeger for the tests.
pub enum Jaeger {
    Ready(PathBuf),
    /// Says in one line why there is none.
    Missing(String),
}

pub fn ensure(workspace: &Workspace) -> Result<Jaeger> {
    if let Some(named) = program_from_env("JAEGER_BIN")? {
        return Ok(Jaeger::Ready(named));
    }
    let dir = workspace.tools_dir().join(format!("jaeger-{VERSION}"));
    let program = dir.join(format!("all-in-one{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(Jaeger::Ready(program));
    }
    let Some(go) = on_path(&["go"]) else {
        return Ok(Jaeger::Missing(format!(
            "no Jaeger: install Go (https://go.dev/dl) to have {VERSION} compiled, or set JAEGER_BIN to an all-in-one"
        )));
    };
    let installed = step(&format!("Compiling Jaeger {VERSION} with Go for the tests (some 3 minutes, once)"), || {
        let package = format!("github.com/jaegertracing/jaeger/cmd/all-in-one@v{VERSION}");
        let status = Command::new(go).args(["install", &package]).env("GOBIN", &dir).env("GOFLAGS", "").status();
        if status.is_ok_and(|status| status.success()) && program.is_file() {
            return Ok(());
        }
        Err(format!("no Jaeger: `go install {package}` failed, for the reason above; JAEGER_BIN names another"))
    });
    Ok(installed.map_or_else(Jaeger::Missing, |()| Jaeger::Ready(program)))
}
