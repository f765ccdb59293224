//! `cargo xtask bench`: builds the library's module and those of its peers, and has them compared in a browser; builds the
//! collector, and has it compared with Jaeger.

use crate::browser::Browser;
use crate::cli::{BenchOptions, BenchPart};
use crate::jaeger::{self, Jaeger};
use crate::wasm::{self, Names};
use crate::{
    Result, browser, cargo, npm, progress::step, run, size, workspace::Workspace, workspace::on_path,
    workspace::program_from_env,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The Rust peers: the package, and what it is called as a library.
const RUST_PEERS: [(&str, &str); 2] = [("otlp-rust", "otlp_rust"), ("emit-otlp", "emit_otlp")];

/// Measures and prints; the full measurement is written down as well.
pub fn bench(workspace: &Workspace, options: &BenchOptions) -> Result<ExitCode> {
    let is_wanted = |part| options.part.is_none_or(|only| only == part);
    if is_wanted(BenchPart::Browser) && !measured(beside_libraries(workspace)?, workspace, options)? {
        return Ok(ExitCode::FAILURE);
    }
    if is_wanted(BenchPart::Cold) && !measured(cold_starts(workspace)?, workspace, options)? {
        return Ok(ExitCode::FAILURE);
    }
    if is_wanted(BenchPart::Instrumentations) && !measured(instrumentations(workspace)?, workspace, options)? {
        return Ok(ExitCode::FAILURE);
    }
    if is_wanted(BenchPart::Collector) && !measured(beside_jaeger(workspace)?, workspace, options)? {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn measured(mut command: Command, workspace: &Workspace, options: &BenchOptions) -> Result<bool> {
    if options.quick {
        command.arg("--quick");
    } else {
        command.arg("--write").arg(workspace.root.join("docs"));
    }
    let status = command.status().map_err(|error| format!("the measuring program could not be started: {error}"))?;
    Ok(status.success())
}

/// The command that compares the library, with everything that it needs.
fn beside_libraries(workspace: &Workspace) -> Result<Command> {
    wasm::ensure_target()?;
    let browser = browser::ensure()?;
    let modules = workspace.target_dir.join("bench/modules");
    build_ours(workspace, &modules)?;
    build_javascript_peers(workspace, &modules)?;
    build_rust_peers(workspace, &modules)?;
    in_browser(workspace, &browser, "compare", &modules)
}

/// The command that compares cold starts.
fn cold_starts(workspace: &Workspace) -> Result<Command> {
    wasm::ensure_target()?;
    let browser = browser::ensure()?;
    let modules = workspace.target_dir.join("bench/cold");
    let apps = [
        ("bench-library", "library", &[][..]),
        ("bench-library", "core", &["--no-default-features"]),
        ("bench-empty", "empty", &[]),
    ];
    for (package, folder, flags) in apps {
        step(&format!("Building {package}: {folder}"), || {
            wasm::build(workspace, package, flags, Names::Stripped, &modules.join(folder))
        })?;
    }
    build_javascript_peers(workspace, &modules)?;
    in_browser(workspace, &browser, "cold", &modules)
}

/// The command that compares instrumentations.
fn instrumentations(workspace: &Workspace) -> Result<Command> {
    wasm::ensure_target()?;
    let browser = browser::ensure()?;
    let modules = workspace.target_dir.join("bench/instrumented");
    step("Building the instrumentations", || {
        wasm::build(workspace, "bench-instrumented", &[], Names::Stripped, &modules)
    })?;
    copy_page(workspace, &modules, &["instrumented-none.js", "instrumented-ours.js", "instrumented-work.js"])?;
    build_javascript_peers(workspace, &modules)?;
    in_browser(workspace, &browser, "instrumentations", &modules)
}

/// A command of the program that measures, with the browser to measure in.
fn in_browser(workspace: &Workspace, browser: &Browser, what: &str, modules: &Path) -> Result<Command> {
    let mut command = Command::new(size::build_program(workspace)?);
    command.arg(what).arg(modules).env("CHROMEDRIVER", &browser.chromedriver);
    if let Some(chrome) = &browser.chrome {
        command.env("CHROME", chrome);
    }
    Ok(command)
}

/// The command that compares the collector.
fn beside_jaeger(workspace: &Workspace) -> Result<Command> {
    let jaeger = match jaeger::ensure(workspace)? {
        Jaeger::Ready(program) => program,
        Jaeger::Missing(lack) => return Err(lack),
    };
    let collector = run::build_collector(workspace)?;
    let mut command = Command::new(size::build_program(workspace)?);
    command.arg("collector").arg(collector).arg(jaeger);
    if let Some(before) = program_from_env("COLLECTOR_BEFORE")? {
        command.arg("--before").arg(before);
    }
    Ok(command)
}

/// The library's module, and the page in which all are compared.
fn build_ours(workspace: &Workspace, modules: &Path) -> Result<()> {
    step("Building the library's module", || wasm::build(workspace, "bench-ours", &[], Names::Kept, modules))?;
    copy_page(workspace, modules, &["ours.js", "ours-worker.js", "bare-fetch.js"])
}

/// The page in which all are compared, with the scripts of some.
fn copy_page(workspace: &Workspace, modules: &Path, scripts: &[&str]) -> Result<()> {
    let frame = ["index.html", "harness.js", "frame.html", "frame.js"];
    let mut files = frame.iter().chain(scripts);
    files.try_for_each(|file| copy(&workspace.root.join("bench/page").join(file), modules))
}

/// OpenTelemetry JS, bundled.
fn build_javascript_peers(workspace: &Workspace, modules: &Path) -> Result<()> {
    let Some(node) = on_path(&["node"]).filter(|_| npm::is_there()) else {
        return Err("OpenTelemetry JS, with which is compared, needs Node.js and npm (https://nodejs.org)".to_owned());
    };
    let source = workspace.root.join("bench/peers/js");
    npm::install(&source, "OpenTelemetry JS")?;
    step("Bundling OpenTelemetry JS", || {
        let mut bundle = Command::new(node);
        bundle.current_dir(&source).arg("build.mjs").arg(modules);
        npm::succeeds(bundle, "node build.mjs")
    })
}

/// Other Rust libraries, in a workspace of their own: their versions of OpenTelemetry are not ours.
fn build_rust_peers(workspace: &Workspace, modules: &Path) -> Result<()> {
    let source = workspace.root.join("bench/peers/wasm");
    let manifest = source.join("Cargo.toml");
    let target_dir = workspace.target_dir.join("bench/peers");
    for (package, library) in RUST_PEERS {
        step(&format!("Building {package}, with which is compared"), || {
            let args = [
                "--manifest-path",
                &manifest.to_string_lossy(),
                "--target-dir",
                &target_dir.to_string_lossy(),
                "--package",
                package,
                "--release",
                "--locked",
                "--target",
                wasm::TARGET,
            ];
            let module = cargo::build(workspace, &args, cargo::wasm_module(library))?;
            wasm::bind(&module, Names::Kept, modules)
        })?;
        copy(&source.join(format!("{package}.js")), modules)?;
    }
    Ok(())
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().map(PathBuf::from).unwrap_or_default();
    let copied = fs::create_dir_all(folder).and_then(|()| fs::copy(file, folder.join(name)));
    copied.map(drop).map_err(|error| format!("{} cannot be copied to {}: {error}", file.display(), folder.display()))
}
