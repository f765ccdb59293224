//! The examples: apps of other frameworks with the library, in a workspace of their own, each a page beside its pkg/.

use crate::{Result, cargo, npm, progress::step, wasm, workspace::Workspace};
use std::path::PathBuf;

/// Where they are, below the root.
const FOLDER: &str = "examples";

/// Their names, which are those of their folders, sorted.
pub fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.root.join(FOLDER);
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let pages = entries.flatten().filter(|entry| entry.path().join("index.html").is_file());
    let mut names: Vec<_> = pages.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// Whether an example has JavaScript of others in it.
pub fn needs_npm(workspace: &Workspace, name: &str) -> bool {
    workspace.root.join(FOLDER).join(name).join("package.json").is_file()
}

/// Builds an example's pkg/, as tests do (fast to compile, not small), and gives the folder of its page.
pub fn build(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    let known = names(workspace)?;
    if !known.iter().any(|known| known == name) {
        return Err(format!("there is no example `{name}`; there are {}", known.join(", ")));
    }
    wasm::ensure_target()?;
    let folder = workspace.root.join(FOLDER);
    let (manifest, target_dir) = (folder.join("Cargo.toml"), workspace.target_dir.join(FOLDER));
    let package = format!("example-{name}");
    let module = step(&format!("Compiling the example {name}"), || {
        let (manifest, target_dir) = (manifest.to_string_lossy(), target_dir.to_string_lossy());
        let args = ["--manifest-path", &manifest, "--target-dir", &target_dir, "--package", &package];
        let args = [&args[..], &["--locked", "--lib", "--target", wasm::TARGET]].concat();
        cargo::build(workspace, &args, cargo::wasm_module(&package.replace('-', "_")))
    })?;
    let page = folder.join(name);
    wasm::bind(&module, wasm::Names::Stripped, &page.join("pkg"))?;
    if needs_npm(workspace, name) {
        npm::install(&page, "its JavaScript")?;
        step("Bundling its JavaScript", || npm::run(&page, &["run", "build"]))?;
    }
    Ok(page)
}
