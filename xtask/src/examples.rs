//! The examples: apps of other frameworks with the library, in a workspace of their own, each a page beside its pkg/, or a server that
//! renders it.

use crate::{Result, cargo, npm, progress::step, wasm, workspace::Workspace};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where they are, below the root.
const FOLDER: &str = "examples";
/// What an example has that is rendered on a server of its own.
const SERVER: &str = "src/main.rs";

/// Their names, which are those of their folders, sorted.
pub fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.root.join(FOLDER);
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let is_app = |folder: &Path| folder.join("index.html").is_file() || folder.join(SERVER).is_file();
    let pages = entries.flatten().filter(|entry| is_app(&entry.path()));
    let mut names: Vec<_> = pages.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// Whether an example has JavaScript of others in it.
pub fn needs_npm(workspace: &Workspace, name: &str) -> bool {
    workspace.root.join(FOLDER).join(name).join("package.json").is_file()
}

/// Builds the server of an example that has one, and gives its program. Its features tell it from its page.
pub fn build_server(workspace: &Workspace, name: &str) -> Result<Option<PathBuf>> {
    if !workspace.root.join(FOLDER).join(name).join(SERVER).is_file() {
        return Ok(None);
    }
    let package = format!("example-{name}");
    let program = step(&format!("Compiling the server of the example {name}"), || {
        compile(workspace, &["--package", &package, "--features=ssr", "--bins"], cargo::executable(&package))
    })?;
    // Where the tests look for it.
    let served =
        workspace.root.join(FOLDER).join(name).join("pkg").join(format!("server{}", std::env::consts::EXE_SUFFIX));
    std::fs::copy(&program, &served).map_err(|error| format!("{} cannot be copied: {error}", program.display()))?;
    Ok(Some(served))
}

fn compile(workspace: &Workspace, args: &[&str], wanted: impl Fn(&Value) -> Option<PathBuf>) -> Result<PathBuf> {
    let (manifest, target_dir) = (workspace.root.join(FOLDER).join("Cargo.toml"), workspace.target_dir.join(FOLDER));
    let (manifest, target_dir) = (manifest.to_string_lossy(), target_dir.to_string_lossy());
    let args = [&["--manifest-path", &manifest, "--target-dir", &target_dir, "--locked"], args].concat();
    cargo::build(workspace, &args, wanted)
}

/// Those that have the same app without the library beside them, sorted.
pub fn kits(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.root.join(FOLDER);
    Ok(names(workspace)?.into_iter().filter(|name| folder.join(name).join("without.rs").is_file()).collect())
}

/// Builds an example as a release has it, with the library and without, each into a folder of its own, and gives the two folders.
pub fn build_kit(workspace: &Workspace, name: &str) -> Result<[PathBuf; 2]> {
    let package = format!("example-{name}");
    let without = format!("{}_without", name.replace('-', "_"));
    let build = |target: &[&str], module: &str, out: &str| {
        let args = [&["--release", "--package", package.as_str(), "--target", wasm::TARGET], target].concat();
        let module = compile(workspace, &args, cargo::wasm_module(module))?;
        let out = workspace.target_dir.join("size/kits").join(format!("{name}-{out}"));
        wasm::bind_anew(&module, wasm::Names::Stripped, &out)?;
        Ok::<_, String>(out)
    };
    step(&format!("Building the example {name} to be weighed, with the library and without"), || {
        let with = build(&["--lib"], &package.replace('-', "_"), "with")?;
        Ok([with, build(&["--example", &without], &without, "without")?])
    })
}

/// Builds an example's pkg/, as tests do (fast to compile, not small), and gives the folder of its page.
pub fn build(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let known = names(workspace)?;
    if !known.iter().any(|known| known == name) {
        return Err(format!("there is no example `{name}`; there are {}", known.join(", ")));
    }
    wasm::ensure_target()?;
    let page = workspace.root.join(FOLDER).join(name);
    let package = format!("example-{name}");
    let module = step(&format!("Compiling the example {name}"), || {
        let features = if page.join(SERVER).is_file() { "--features=hydrate" } else { "--features=" };
        let args = ["--package", &package, "--lib", "--target", wasm::TARGET, features];
        compile(workspace, &args, cargo::wasm_module(&package.replace('-', "_")))
    })?;
    wasm::bind(&module, wasm::Names::Stripped, &page.join("pkg"))?;
    if needs_npm(workspace, name) {
        npm::install(&page, "its JavaScript")?;
        step("Bundling its JavaScript", || npm::run(&page, &["run", "build"]))?;
    }
    Ok(page)
}
