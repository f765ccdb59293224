//! Packages for npm: what wasm-bindgen generated, with a manifest, a README and the licences.
//!
//! Comes in: a built folder and the crate's own manifest. Goes out: a tarball as `npm pack` makes it, under target/npm.

use crate::{Result, npm, progress::step, workspace::Workspace};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Each by its name, with its README.
pub const PACKAGES: [(&str, &str); 2] =
    [("inprocess", "src/README.md"), ("opentelemetry-browser-js", "crates/opentelemetry-browser-js/README.md")];

/// Packs the crate `name`, of which `pkg` is the built folder.
pub fn pack(workspace: &Workspace, name: &str, pkg: &Path) -> Result<PathBuf> {
    let readme = PACKAGES.iter().find(|(package, _)| *package == name).map(|(_, readme)| *readme);
    let readme = readme.ok_or_else(|| format!("{name} is no package for npm"))?;
    let target = workspace.target_dir.join("npm");
    let folder = target.join(name);
    let _ = fs::remove_dir_all(&folder);
    copy_folder(pkg, &folder)?;
    copy(&workspace.root.join(readme), &folder.join("README.md"))?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&workspace.root.join(licence), &folder.join(licence))?;
    }
    let manifest = manifest(workspace, name)?;
    let file = folder.join("package.json");
    fs::write(&file, format!("{manifest:#}\n"))
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    let tarball = target.join(format!("{name}-{}.tgz", workspace.package(name)?.version));
    step(&format!("Packing {name} (npm pack)"), || {
        npm::run(&folder, &["pack", "--silent", "--pack-destination", &target.to_string_lossy()])
    })?;
    Ok(tarball)
}

/// The manifest of npm, from that of cargo.
fn manifest(workspace: &Workspace, name: &str) -> Result<Value> {
    let package = workspace.package(name)?;
    let module = name.replace('-', "_");
    let (script, types, wasm) = (format!("./{module}.js"), format!("./{module}.d.ts"), format!("./{module}_bg.wasm"));
    Ok(json!({
        "name": name,
        "version": package.version,
        "description": package.description,
        "license": package.licence,
        "repository": package.repository.map(|url| json!({ "type": "git", "url": url })),
        "keywords": ["opentelemetry", "tracing", "browser", "otlp", "wasm"],
        "type": "module",
        "main": script,
        "types": types,
        "exports": {
            ".": { "types": types, "default": script },
            // Where a bundler does not find it by itself, and in Node.js, it is named.
            (wasm.as_str()): wasm,
            "./package.json": "./package.json",
        },
        // To import it does nothing yet.
        "sideEffects": false,
        "files": ["*.js", "*.d.ts", "*.wasm", "snippets", "LICENSE-*"],
        "engines": { "node": ">=20.19" },
    }))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let failed = |error| format!("{} cannot be copied: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        // What wasm-pack may have left beside them is not ours.
        let is_generated = [".js", ".ts", ".wasm"].iter().any(|ending| path.to_string_lossy().ends_with(ending));
        if path.is_dir() {
            copy_folder(&path, &copied)?;
        } else if is_generated {
            copy(&path, &copied)?;
        }
    }
    Ok(())
}

/// Copies a file.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).map_err(|error| format!("{} cannot be copied: {error}", from.display()))
}
