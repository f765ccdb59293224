//! Builds by cargo: the arguments go in, the paths of what was built come out, read from cargo's JSON messages, so that
//! no profile, target directory or file name is guessed. Cargo's own progress stays visible.

use crate::{Result, progress::step, workspace::Workspace, workspace::on_path};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Builds, and gives the file that `wanted` picks out of cargo's messages.
pub fn build(workspace: &Workspace, args: &[&str], wanted: impl Fn(&Value) -> Option<PathBuf>) -> Result<PathBuf> {
    let command_line = format!("cargo build {}", args.join(" "));
    let mut child = workspace
        .cargo()
        .arg("build")
        .args(args)
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`{command_line}` could not be started: {error}"))?;
    let mut found = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(|line| line.ok()) {
            // A build script's own output is no JSON.
            if let Ok(message) = serde_json::from_str::<Value>(&line) {
                found = wanted(&message).or(found);
            }
        }
    }
    let status = child.wait().map_err(|error| format!("`{command_line}` was lost: {error}"))?;
    if !status.success() {
        return Err(format!(
            "`{command_line}` failed, for the reason above. If it is the network: the first build takes the \
             dependencies from crates.io, later ones need no network"
        ));
    }
    found.ok_or_else(|| format!("`{command_line}` built nothing that is needed here"))
}

/// Picks the program of the package `name`.
pub fn executable(name: &str) -> impl Fn(&Value) -> Option<PathBuf> {
    move |message| {
        let own = message["target"]["name"] == name && message["target"]["kind"][0] == "bin";
        own.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
    }
}

/// Picks the WebAssembly module of the library `name`.
pub fn wasm_module(name: &str) -> impl Fn(&Value) -> Option<PathBuf> {
    move |message| {
        if message["reason"] != "compiler-artifact" || message["target"]["name"] != name {
            return None;
        }
        let files = message["filenames"].as_array()?.iter();
        files.filter_map(Value::as_str).map(PathBuf::from).find(|file| file.extension().is_some_and(|e| e == "wasm"))
    }
}

/// Makes sure that this Rust can compile for a target, and adds what is missing where rustup is there.
pub fn ensure_target(target: &str) -> Result<()> {
    if is_installed(target) {
        return Ok(());
    }
    let Some(rustup) = on_path(&["rustup"]) else {
        return Err(format!(
            "this Rust has no standard library for {target}, and there is no rustup to add it: install Rust from \
             https://rustup.rs, or your distribution's package for it (Debian: libstd-rust-dev-wasm32)"
        ));
    };
    step(&format!("Adding Rust's {target} target (rustup target add)"), || {
        let added = Command::new(rustup).args(["target", "add", target]).stdin(Stdio::null()).status();
        if added.is_ok_and(|status| status.success()) && is_installed(target) {
            return Ok(());
        }
        Err(format!(
            "`rustup target add {target}` failed, for the reason above: it downloads the target's standard library once; \
             run it again when there is a network"
        ))
    })
}

/// Asks the compiler rather than rustup: a distribution's Rust may have the target, too.
fn is_installed(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print=target-libdir", "--target", target]).output();
    output.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_program_is_found_among_the_messages() {
        let pick = executable("collector");
        let library = json!({"reason": "compiler-artifact", "target": {"name": "collector", "kind": ["lib"]},
            "filenames": ["/t/libcollector.rlib"], "executable": null});
        let program = json!({"reason": "compiler-artifact", "target": {"name": "collector", "kind": ["bin"]},
            "filenames": ["/t/collector"], "executable": "/t/collector"});
        assert_eq!(pick(&library), None);
        assert_eq!(pick(&program), Some("/t/collector".into()));
        assert_eq!(pick(&json!({"reason": "build-finished", "success": true})), None);
    }

    #[test]
    fn the_module_is_the_librarys_wasm_file() {
        let pick = wasm_module("inprocess");
        let library = json!({"reason": "compiler-artifact", "target": {"name": "inprocess", "kind": ["cdylib", "rlib"]},
            "filenames": ["/t/inprocess.wasm", "/t/libinprocess.rlib"]});
        assert_eq!(pick(&library), Some("/t/inprocess.wasm".into()));
        assert_eq!(wasm_module("other")(&library), None);
    }
}
