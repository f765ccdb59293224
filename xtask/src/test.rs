//! `cargo xtask test`: unit tests, tests in a headless browser, end-to-end tests. What a part lacks makes that part fail
//! and the others run; the last line adds everything up.

use crate::cli::{Part, Selection};
use crate::jaeger::{self, Jaeger};
use crate::summary::{Counter, Summary};
use crate::{Result, browser, cargo, progress::step, run, tools::Tool, wasm, workspace::Workspace};
use std::env;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;

/// Runs the selected tests and prints the closing line.
pub fn test(workspace: &Workspace, selection: &Selection) -> Result<ExitCode> {
    let mut sums = Summary::default();
    for part in [Part::Unit, Part::Wasm, Part::EndToEnd] {
        if !selection.includes(part) {
            continue;
        }
        let outcome = match part {
            Part::Unit => unit(workspace, selection),
            Part::Wasm => in_browser(workspace, selection),
            Part::EndToEnd => end_to_end(workspace, selection),
        };
        sums += outcome.unwrap_or_else(|error| {
            eprintln!("error: {error}");
            Summary::ONE_FAILED
        });
    }
    // A name that no test has would otherwise look like success.
    let ran_nothing = sums == Summary::default();
    if ran_nothing {
        eprintln!("error: no test was selected");
    }
    println!("{sums}");
    Ok(if sums.failed == 0 && !ran_nothing { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn unit(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let mut command = workspace.cargo();
    command.args(["test", "--workspace", "--exclude=e2e"]);
    counted("Unit tests", command, selection, &[])
}

fn in_browser(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    wasm::ensure_target()?;
    let browser = browser::ensure()?;
    let runner = Tool::wasm_bindgen(workspace)?.ensure(workspace)?;
    let mut command = workspace.cargo();
    // --tests leaves out documentation tests, whose harness is no browser's.
    command.args([
        "test",
        "--package=inprocess",
        "--package=opentelemetry-browser",
        "--tests",
        "--target",
        wasm::TARGET,
    ]);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    command.env("CHROMEDRIVER", &browser.chromedriver);
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser::write_webdriver_json(workspace, &browser)?);
    counted("Tests in headless Chromium", command, selection, &[])
}

fn end_to_end(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let browser = browser::ensure()?;
    wasm::build_pkg(workspace)?;
    let mut command = workspace.cargo();
    command.args(["test", "--package=e2e"]);
    command.env("CHROMEDRIVER", &browser.chromedriver).env("PAGE_DIR", &workspace.root);
    if let Some(chrome) = &browser.chrome {
        command.env("CHROME", chrome);
    }
    provide(&mut command, "COLLECTOR_BIN", run::build_collector(workspace));
    provide(&mut command, "INPROCESS_BIN", build_native(workspace));
    provide(&mut command, "WASM_PACK_PKG", build_with_wasm_pack(workspace));
    let mut sums = Summary::default();
    let mut libtest_args = vec![];
    match jaeger::ensure(workspace)? {
        Jaeger::Ready(program) => {
            command.env("JAEGER_BIN", program);
            libtest_args.push("--include-ignored");
        }
        Jaeger::Missing(why) if env::var("CI").is_ok_and(|ci| ci == "true") => {
            eprintln!("error: {why}; with CI=true the tests against it must run");
            sums += Summary::ONE_FAILED;
        }
        Jaeger::Missing(why) => eprintln!("Skipping the tests against a real Jaeger: {why}."),
    }
    sums += counted("End-to-end tests", command, selection, &libtest_args)?;
    Ok(sums)
}

/// What could not be built makes those tests fail that need it, and only those.
fn provide(command: &mut Command, name: &str, built: Result<PathBuf>) {
    match built {
        Ok(path) => command.env(name, path),
        Err(error) => {
            eprintln!("error: {error}");
            command.env_remove(name)
        }
    };
}

/// The same program without a browser.
fn build_native(workspace: &Workspace) -> Result<PathBuf> {
    step("Compiling the native program", || {
        cargo::build(workspace, &["--package=inprocess", "--bin=inprocess"], cargo::executable("inprocess"))
    })
}

/// What wasm-pack makes of the same sources. It finds wasm-bindgen's program on PATH and downloads none.
fn build_with_wasm_pack(workspace: &Workspace) -> Result<PathBuf> {
    Tool::wasm_bindgen(workspace)?.ensure(workspace)?;
    let wasm_pack = Tool::wasm_pack().ensure(workspace)?;
    let out_dir = workspace.target_dir.join("wasm-pack-pkg");
    let tools = workspace.tools_dir();
    let mut path = vec![tools.join("bin")];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let path = env::join_paths(path).map_err(|error| format!("PATH cannot be extended: {error}"))?;
    step("Building the page with wasm-pack as well", || {
        let mut command = Command::new(wasm_pack);
        command.current_dir(&workspace.root).args(["build", "--target", "web", "--out-dir"]).arg(&out_dir);
        command.env("PATH", path).env("WASM_PACK_CACHE", tools.join("wasm-pack-cache"));
        match command.status() {
            Ok(status) if status.success() => Ok(out_dir),
            Ok(status) => Err(format!("`wasm-pack build --target web` failed ({status}), for the reason above")),
            Err(error) => Err(format!("wasm-pack could not be started: {error}")),
        }
    })
}

/// Runs one `cargo test`, shows what it prints, and counts.
fn counted(what: &str, mut command: Command, selection: &Selection, libtest_args: &[&str]) -> Result<Summary> {
    command.args(["--no-fail-fast", "--"]).args(libtest_args).args(&selection.name);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    step(what, || {
        let mut child = command.spawn().map_err(|error| format!("cargo could not be started: {error}"))?;
        let counter = Mutex::new(Counter::default());
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        std::thread::scope(|scope| {
            scope.spawn(|| copy_lines(stdout, std::io::stdout(), |line| lock(&counter).read_stdout(line)));
            copy_lines(stderr, std::io::stderr(), |line| lock(&counter).read_stderr(line));
        });
        let status = child.wait().map_err(|error| format!("cargo was lost: {error}"))?;
        Ok(counter.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).finish(status.success()))
    })
}

fn lock(counter: &Mutex<Counter>) -> std::sync::MutexGuard<'_, Counter> {
    counter.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Passes every line on at once, whatever its encoding, and shows it to `see`.
fn copy_lines(from: Option<impl Read>, mut to: impl Write, mut see: impl FnMut(&str)) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = vec![];
    while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // A closed terminal is no reason to stop counting.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        see(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}
