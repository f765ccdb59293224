//! Cargo's tools for the tests, each of one version, under target/tools: wasm-bindgen's test runner, wasm-pack, geckodriver.
//! Nothing goes to the user's home but cargo's own download cache.

use crate::{Result, progress::step, workspace::Workspace};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate whose programs the tests run.
pub struct Tool {
    package: &'static str,
    version: String,
    /// The program by which its presence is known.
    program: &'static str,
    extra_args: &'static [&'static str],
}

impl Tool {
    /// wasm-bindgen's programs, of the version that Cargo.lock has: the runner refuses modules of any other. Its
    /// browser driver is on loopback, so TLS is left out.
    pub fn wasm_bindgen(workspace: &Workspace) -> Result<Self> {
        Ok(Self {
            package: "wasm-bindgen-cli",
            version: workspace.wasm_bindgen_version()?,
            program: "wasm-bindgen-test-runner",
            extra_args: &["--no-default-features"],
        })
    }

    pub fn wasm_pack() -> Self {
        Self { package: "wasm-pack", version: "0.15.1".to_owned(), program: "wasm-pack", extra_args: &[] }
    }

    /// Firefox's driver. Packages of others have the program, or fetch it, from where firewalls forbid it.
    pub fn geckodriver() -> Self {
        Self { package: "geckodriver", version: "0.37.1".to_owned(), program: "geckodriver", extra_args: &[] }
    }

    /// Builds and runs the fuzzers.
    pub fn cargo_fuzz() -> Self {
        Self { package: "cargo-fuzz", version: "0.13.2".to_owned(), program: "cargo-fuzz", extra_args: &[] }
    }

    /// Installs what is not there yet, and gives the program's path.
    pub fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        let root = workspace.tools_dir();
        let program = root.join("bin").join(format!("{}{}", self.program, std::env::consts::EXE_SUFFIX));
        if has_version(&program, &self.version) {
            return Ok(program);
        }
        let Self { package, version, .. } = self;
        step(&format!("Compiling {package} {version} for the tests (a minute or two, once)"), || {
            // The versions that its author tested, or, where a registry does not have one of them, the newest.
            if self.install(workspace, &root, &["--locked"]) {
                return Ok(());
            }
            eprintln!(
                "    {package}'s own Cargo.lock can't be had from this registry: taking current versions instead"
            );
            if self.install(workspace, &root, &[]) { Ok(()) } else { Err(self.failure()) }
        })?;
        // 0.8 GB of intermediate files that only the next version would use.
        let _ = std::fs::remove_dir_all(root.join("build"));
        if has_version(&program, version) { Ok(program) } else { Err(self.failure()) }
    }

    fn failure(&self) -> String {
        let Self { package, version, .. } = self;
        format!("`cargo install {package}@{version}` failed, for the reason above; it needs crates.io, once")
    }

    /// Without optimisation and debug information: that compiles in a quarter of the time, and the tests run as fast.
    fn install(&self, workspace: &Workspace, root: &Path, how: &[&str]) -> bool {
        let mut command = workspace.cargo();
        command.args(["install", self.package, "--version", &self.version, "--debug"]);
        command.args(self.extra_args).args(how);
        command.arg("--root").arg(root).arg("--target-dir").arg(root.join("build"));
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.status().is_ok_and(|status| status.success())
    }
}

fn has_version(program: &Path, version: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == version))
}
