//! Where things are: the repository's root, cargo's target directory, cargo itself, the locked version of wasm-bindgen.

use crate::Result;
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A crate of the workspace.
pub struct Package {
    pub name: String,
    pub version: String,
    pub description: String,
    /// As SPDX has it.
    pub licence: String,
    pub repository: Option<String>,
    pub folder: PathBuf,
    /// The oldest Rust that it promises to compile with.
    pub rust_version: String,
    /// Of each crate that it is compiled with, the versions that will do.
    pub requirements: BTreeMap<String, String>,
}

/// The workspace that this tool was started in.
pub struct Workspace {
    pub root: PathBuf,
    pub target_dir: PathBuf,
    metadata: Value,
}

impl Workspace {
    /// Asks cargo, so that CARGO_TARGET_DIR and every configuration file count.
    pub fn find() -> Result<Self> {
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--format-version=1"])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cargo could not be started ({error}): install Rust from https://rustup.rs"))?;
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| "cargo could not read this workspace: what it says about it stands above".to_owned())?;
        let path = |key: &str| {
            metadata[key].as_str().map(PathBuf::from).ok_or_else(|| format!("`cargo metadata` gave no {key}"))
        };
        Ok(Self { root: path("workspace_root")?, target_dir: path("target_directory")?, metadata })
    }

    fn packages(&self) -> &[Value] {
        self.metadata["packages"].as_array().map_or(&[][..], Vec::as_slice)
    }

    fn found(&self, package: &str) -> Result<&Value> {
        let found = self.packages().iter().find(|found| found["name"] == package);
        found.ok_or_else(|| format!("`cargo metadata` knows no package {package}"))
    }

    /// A crate by its name.
    pub fn package(&self, name: &str) -> Result<Package> {
        Package::read(self.found(name)?)
    }

    /// The crates that are meant for crates.io.
    pub fn published(&self) -> Result<Vec<Package>> {
        // `publish = false` is an empty list of registries, and no word about it is null.
        self.packages().iter().filter(|package| package["publish"].is_null()).map(Package::read).collect()
    }

    /// The features of a package, without the default.
    pub fn features(&self, package: &str) -> Result<Vec<String>> {
        let features = self.found(package)?["features"].as_object();
        Ok(features.into_iter().flatten().map(|(name, _)| name).filter(|name| *name != "default").cloned().collect())
    }

    /// Where the tools that only tests need are kept.
    pub fn tools_dir(&self) -> PathBuf {
        self.target_dir.join("tools")
    }

    /// The version of wasm-bindgen in Cargo.lock: its tools refuse modules of any other.
    pub fn wasm_bindgen_version(&self) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock =
            std::fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        locked_version(&lock, "wasm-bindgen")
            .map(str::to_owned)
            .ok_or_else(|| format!("{} names no wasm-bindgen", path.display()))
    }

    pub fn cargo(&self) -> Command {
        let mut command = Command::new(cargo());
        command.current_dir(&self.root);
        command
    }
}

impl Package {
    fn read(metadata: &Value) -> Result<Self> {
        let text = |key: &str| {
            let value = metadata[key].as_str().map(str::to_owned);
            value.ok_or_else(|| format!("`cargo metadata` gave a package without {key}"))
        };
        let dependencies = metadata["dependencies"].as_array().into_iter().flatten();
        // A development dependency has a kind.
        let requirement = |dependency: &Value| {
            let compiled_with = dependency["kind"].is_null();
            let (name, versions) = (dependency["name"].as_str()?, dependency["req"].as_str()?);
            compiled_with.then(|| (name.to_owned(), versions.to_owned()))
        };
        Ok(Self {
            name: text("name")?,
            version: text("version")?,
            description: text("description")?,
            licence: text("license")?,
            repository: metadata["repository"].as_str().map(str::to_owned),
            folder: PathBuf::from(text("manifest_path")?).with_file_name(""),
            rust_version: text("rust_version")?,
            requirements: dependencies.filter_map(requirement).collect(),
        })
    }
}

/// The cargo that runs this tool, by the variable which it sets.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The version of `package` in the text of a Cargo.lock.
fn locked_version<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// The first of `names` that PATH has, as a full path.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names.iter().find_map(|name| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&path).map(|dir| dir.join(&file)).find(|candidate| candidate.is_file())
    })
}

/// The program named by the environment variable `name`, which must exist when it is set.
pub fn program_from_env(name: &str) -> Result<Option<PathBuf>> {
    let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let path = PathBuf::from(value);
    if path.is_file() {
        // Tests run in other directories than this one.
        let full = std::path::absolute(&path).map_err(|error| format!("{name}={}: {error}", path.display()))?;
        return Ok(Some(full));
    }
    match path.to_str().filter(|name| Path::new(name).components().count() == 1).and_then(|name| on_path(&[name])) {
        Some(found) => Ok(Some(found)),
        None => Err(format!("{name}={} names no program: give the path of an existing file", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_the_packages_own() {
        let lock = "[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"9.9.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "walrus"), None);
    }

    #[test]
    fn this_workspace_is_found() {
        let workspace = Workspace::find().unwrap();
        assert!(workspace.root.join("xtask").is_dir());
        assert!(workspace.wasm_bindgen_version().unwrap().starts_with("0.2."));
        assert!(workspace.features("bench-library").unwrap().contains(&"tracing".to_owned()));
        assert!(workspace.features("no-such-package").unwrap_err().contains("no-such-package"));
    }
}
