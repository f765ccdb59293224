//! The crates that are meant for crates.io: packaged and compiled as it would have them, by the oldest Rust and with the oldest
//! wasm-bindgen that their manifests promise.
//!
//! Comes in: the workspace's manifests. Goes out: two tests' results. Nothing is uploaded, and nobody is asked for a name.

use crate::cli::Selection;
use crate::runner::succeeds;
use crate::summary::Summary;
use crate::{Result, progress::step, wasm, workspace::Package, workspace::Workspace, workspace::on_path};
use std::env;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// Each is bound to one version of the first, so an app has either all of the promised ones or none.
const WASM_BINDGEN: [&str; 4] = ["wasm-bindgen", "wasm-bindgen-futures", "js-sys", "web-sys"];

pub fn test(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let is_selected = |test: &str| selection.name.as_ref().is_none_or(|name| test.contains(name.as_str()));
    let mut sums = Summary::default();
    if is_selected("crates_can_be_published") {
        wasm::ensure_target()?;
        sums += result("crates_can_be_published", dry_run(workspace));
    }
    if is_selected("oldest_rust_and_wasm_bindgen") {
        sums += match oldest_rust(workspace) {
            Ok(rust) => result("oldest_rust_and_wasm_bindgen", check_oldest(workspace, &rust)),
            Err(lack) => {
                eprintln!("Skipping the check with the oldest Rust: {lack}.");
                Summary::ONE_SKIPPED
            }
        };
    }
    Ok(sums)
}

fn result(test: &str, outcome: Result<()>) -> Summary {
    outcome.map_or_else(|error| Summary::one_failed(format!("{test}: {error}")), |()| Summary::ONE_PASSED)
}

/// All at once: of each other, crates that are not published yet are taken from what is packaged here.
fn dry_run(workspace: &Workspace) -> Result<()> {
    forget_unpacked(workspace)?;
    let mut command = workspace.cargo();
    command.args(["publish", "--dry-run", "--locked", "--allow-dirty", "--target", wasm::TARGET]);
    command.args(workspace.published()?.iter().map(|package| format!("--package={}", package.name)));
    step("Packaging the crates, and compiling them from their packages", || {
        succeeds(command, "cargo publish --dry-run")
    })
}

/// What an earlier run unpacked would be compiled in the place of what is packaged now: cargo knows a crate by its name and version, and has
/// it from a registry of this run under its own home. Folders of registries that are files begin with a dash there, having no host.
fn forget_unpacked(workspace: &Workspace) -> Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let Some(sources) = home.map(|home| home.join("registry/src")) else { return Ok(()) };
    let registries = std::fs::read_dir(sources).into_iter().flatten().flatten();
    for registry in registries.filter(|registry| registry.file_name().to_string_lossy().starts_with('-')) {
        for package in workspace.published()? {
            let _ = std::fs::remove_dir_all(registry.path().join(format!("{}-{}", package.name, package.version)));
        }
    }
    Ok(())
}

/// The oldest Rust that is promised to apps, installed beside the one in use.
fn oldest_rust(workspace: &Workspace) -> Result<String> {
    let published = workspace.published()?;
    let version = &published.first().ok_or("no crate is meant to be published")?.rust_version;
    let rustup = on_path(&["rustup"]).ok_or("there is no rustup to get it by")?;
    step(&format!("Getting Rust {version} for one check (rustup)"), || {
        let mut command = Command::new(rustup);
        command.args([
            "toolchain",
            "install",
            version,
            "--profile=minimal",
            "--no-self-update",
            "--target",
            wasm::TARGET,
        ]);
        succeeds(command, "rustup toolchain install").map(|()| version.clone())
    })
}

/// Compiles an app that has all features of all crates, and of wasm-bindgen's family the versions that the manifests name.
fn check_oldest(workspace: &Workspace, rust: &str) -> Result<()> {
    let app = workspace.target_dir.join("oldest-app");
    let manifest = oldest_app(workspace, rust)?;
    let write = |file: PathBuf, text: &str| {
        std::fs::write(&file, text).map_err(|error| format!("{} cannot be written: {error}", file.display()))
    };
    std::fs::create_dir_all(app.join("src")).map_err(|error| format!("{} cannot be made: {error}", app.display()))?;
    write(app.join("src/lib.rs"), "")?;
    write(app.join("Cargo.toml"), &manifest)?;
    // Not a toolchain that this one was started with: rustup sets the variables of its own.
    let mut command = Command::new("rustup");
    command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN").current_dir(&app);
    command.args(["run", rust, "cargo", "check", "--target", wasm::TARGET, "--target-dir"]).arg(&workspace.target_dir);
    step(&format!("Checking with Rust {rust} and the oldest wasm-bindgen"), || {
        succeeds(command, &format!("cargo check with Rust {rust}"))
    })
}

fn oldest_app(workspace: &Workspace, rust: &str) -> Result<String> {
    let published = workspace.published()?;
    let mut manifest = format!(
        "[package]\nname = \"oldest-app\"\nversion = \"0.0.0\"\nedition = \"2024\"\nrust-version = \"{rust}\"\n\n[workspace]\n\n[dependencies]\n"
    );
    for Package { name, folder, .. } in &published {
        let features = workspace.features(name)?;
        let _ = writeln!(manifest, "{name} = {{ path = {folder:?}, features = {features:?} }}");
    }
    for name in WASM_BINDGEN {
        let named = published.iter().find_map(|package| package.requirements.get(name));
        let version = named.ok_or_else(|| format!("no crate that is published needs {name}"))?.trim_start_matches('^');
        let _ = writeln!(manifest, "{name} = \"={version}\"");
    }
    Ok(manifest)
}
