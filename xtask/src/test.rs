//! `cargo xtask test`: unit tests, the page's scripts, tests in a headless browser, end-to-end tests, programs of others. What a part lacks makes that part fail
//! and the others run; the last line adds everything up.

use crate::cargo_test::{counted, test_names};
use crate::cli::{Part, Selection};
use crate::engines::Engine;
use crate::jaeger::{self, Jaeger};
use crate::runner::{self, Line};
use crate::summary::Summary;
use crate::{
    Result, browser, cargo, examples, javascript_api, npm, oracle, page_scripts, peers, progress::step, publish, run,
    shells, size, users,
};
use crate::{tools::Tool, wasm, workspace::Workspace};
use serde_json::json;
use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Runs the selected tests and prints the closing line.
pub fn test(workspace: &Workspace, selection: &Selection) -> Result<ExitCode> {
    let mut sums = Summary::default();
    for part in [
        Part::Unit,
        Part::Page,
        Part::Wasm,
        Part::EndToEnd,
        Part::Engines,
        Part::Examples,
        Part::Peers,
        Part::Publish,
        Part::Size,
    ] {
        if !selection.includes(part) {
            continue;
        }
        let outcome = match part {
            Part::Unit => unit(workspace, selection),
            Part::Page => scripts(workspace, selection),
            Part::Wasm => in_browser(workspace, selection),
            Part::EndToEnd => end_to_end(workspace, selection),
            Part::Engines => in_other_engines(workspace, selection),
            Part::Examples => example_apps(workspace, selection),
            Part::Peers => peers::test(workspace, selection),
            Part::Publish => publish::test(workspace, selection),
            Part::Size => within_budget(workspace, selection),
        };
        sums += outcome.unwrap_or_else(|error| {
            eprintln!("error: {error}");
            Summary::one_failed(error)
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
    say_lack_of_shells();
    let mut command = workspace.cargo();
    command.args(["test", "--workspace", "--exclude=e2e"]);
    counted("Unit tests", command, selection, &[])
}

/// The page's and the viewer's scripts, and the package for JavaScript.
fn scripts(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let mut sums = page_scripts::test(workspace, selection)?;
    sums += javascript_api::test(workspace, selection)?;
    sums += oracle::test(workspace, selection)?;
    Ok(sums)
}

fn in_browser(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let browser = browser::ensure()?;
    let mut command = wasm_tests(workspace)?;
    // --tests leaves out documentation tests, whose harness is no browser's.
    command.args([
        "--package=inprocess",
        "--package=opentelemetry-browser",
        "--package=opentelemetry-browser-instrumentation",
        "--tests",
    ]);
    command.env("CHROMEDRIVER", &browser.chromedriver);
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser::write_webdriver_json(workspace, &browser)?);
    counted("Tests in headless Chromium", command, selection, &[])
}

/// `cargo test` of WebAssembly in a browser: of which packages, and in which, is for the caller to say.
fn wasm_tests(workspace: &Workspace) -> Result<Command> {
    wasm::ensure_target()?;
    let runner = Tool::wasm_bindgen(workspace)?.ensure(workspace)?;
    let mut command = workspace.cargo();
    command.args(["test", "--target", wasm::TARGET]);
    // As a list: the environment variable for it is cut at spaces, and a path may have some.
    command.arg("--config").arg(format!("target.{}.runner={}", wasm::TARGET, json!([runner])));
    // In seconds. The runner's 20 and 5 are of a fast machine that does nothing else: loading a large module is within the first.
    command.env("WASM_BINDGEN_TEST_TIMEOUT", "300").env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    Ok(command)
}

/// Tests of the library, and of the instrumentations, that ask something of a browser. Each is a browser that starts anew: what every
/// engine computes alike is asked of Chromium alone.
const ASK_A_BROWSER: [&str; 13] = [
    "consent",
    "dedicated_worker",
    "fetch",
    "fetch_transport",
    "hostile_page",
    "pipeline",
    "shared_worker",
    "storage",
    "storage_denied",
    "worker_transport",
    "errors",
    "user_action",
    "xhr",
];

/// What a page has spoiled throws in WebKit's driver, too.
const NOT_IN_WEBKIT: [&str; 1] = ["hostile_page"];

/// Those of these binaries, in Firefox or in WebKit.
fn library_in(engine: &Engine, workspace: &Workspace, binaries: &[&str]) -> Result<Summary> {
    if binaries.is_empty() {
        return Ok(Summary::default());
    }
    let mut command = wasm_tests(workspace)?;
    command.args(["--package=opentelemetry-browser", "--package=opentelemetry-browser-instrumentation"]);
    command.args(binaries.iter().map(|name| format!("--test={name}")));
    let _screen = engine.drives_wasm_tests(workspace, &mut command)?;
    // They are chosen by their binaries.
    counted(&format!("The library's tests in {}", engine.name()), command, &Selection::default(), &[])
}

fn end_to_end(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let browser = browser::ensure()?;
    wasm::build_pkg(workspace)?;
    let mut command = workspace.cargo();
    command.args(["test", "--package=e2e", "--test=e2e"]);
    browser.name_in(&mut command);
    command.env("PAGE_DIR", &workspace.root);
    provide(&mut command, "COLLECTOR_BIN", run::build_collector(workspace));
    provide(&mut command, "INPROCESS_BIN", build_native(workspace));
    provide(&mut command, "JS_PKG", javascript_api::build(workspace));
    let mut sums = Summary::default();
    let mut libtest_args = vec![];
    match oracle::pages(workspace) {
        Ok(Some(pages)) => {
            command.env("ORACLE_PAGES", pages);
        }
        Ok(None) => {
            sums += Summary::ONE_SKIPPED;
            libtest_args.extend(["--skip", "instrumentations"]);
        }
        // The tests that need them say so, too.
        Err(error) => eprintln!("error: {error}"),
    }
    if npm::is_there() || is_ci() {
        provide(&mut command, "JS_TESTS_DIR", javascript_api::build_app(workspace));
    } else {
        eprintln!("Skipping the tests of the packages for npm: they need Node.js and npm (https://nodejs.org).");
        sums += Summary::ONE_SKIPPED;
        libtest_args.extend(["--skip", "npm_packages::"]);
    }
    provide(&mut command, "USERS_SERVICE_BIN", users::build(workspace));
    provide(&mut command, "WASM_PACK_PKG", build_with_wasm_pack(workspace));
    match jaeger::ensure(workspace)? {
        Jaeger::Ready(program) => {
            command.env("JAEGER_BIN", program);
            libtest_args.push("--include-ignored");
        }
        Jaeger::Missing(why) if is_ci() => {
            let error = format!("{why}; with CI=true the tests against it must run");
            eprintln!("error: {error}");
            sums += Summary::one_failed(error);
        }
        Jaeger::Missing(why) => eprintln!("Skipping the tests against a real Jaeger: {why}."),
    }
    match jaeger::find_2()? {
        Some(program) => {
            command.env("JAEGER2_BIN", program);
        }
        None => {
            eprintln!(
                "Skipping the tests against a Jaeger 2: JAEGER2_BIN names none (README tells how to compile one)."
            );
            libtest_args.extend(["--skip", "jaeger_2::"]);
        }
    }
    sums += counted("End-to-end tests", command, selection, &libtest_args)?;
    Ok(sums)
}

/// What is asked of every engine; the end-to-end tests ask it of Chromium.
fn in_other_engines(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let tests = || {
        let mut command = workspace.cargo();
        command.args(["test", "--package=e2e", "--test=engines"]);
        command
    };
    let mut sums = Summary::default();
    let drives_pages = !test_names(tests(), selection)?.is_empty();
    let is_wanted = |name: &&str| selection.name.as_ref().is_none_or(|wanted| name.contains(wanted.as_str()));
    let binaries: Vec<_> = ASK_A_BROWSER.into_iter().filter(is_wanted).collect();
    if !drives_pages && binaries.is_empty() {
        return Ok(sums);
    }
    let mut found = vec![];
    for engine in [Engine::firefox(workspace), Engine::webkit(workspace)] {
        match engine {
            Ok(engine) => found.push(engine),
            Err(lack) if is_ci() => {
                let error = format!("{lack}; with CI=true the tests in it must run");
                eprintln!("error: {error}");
                sums += Summary::one_failed(error);
            }
            Err(lack) => {
                eprintln!("Skipping an engine: {lack}.");
                sums += Summary::ONE_SKIPPED;
            }
        }
    }
    for engine in &found {
        let is_asked = |name: &&str| !(matches!(engine, Engine::WebKit { .. }) && NOT_IN_WEBKIT.contains(name));
        let binaries: Vec<_> = binaries.iter().copied().filter(is_asked).collect();
        sums += library_in(engine, workspace, &binaries)?.within(engine.name());
    }
    if !drives_pages {
        return Ok(sums);
    }
    wasm::build_pkg(workspace)?;
    let collector = run::build_collector(workspace)?;
    let pages = oracle::pages(workspace)?;
    let js_pkg = javascript_api::build(workspace)?;
    for engine in found {
        let mut command = tests();
        engine.name_in(&mut command);
        command.env("PAGE_DIR", &workspace.root).env("COLLECTOR_BIN", &collector).env("JS_PKG", &js_pkg);
        // How wide a page is, Chromium's driver alone can say; a real Jaeger is asked with Chromium; and which pages an engine keeps in its
        // back/forward cache is its own affair.
        let mut skip = vec!["--skip", "narrow_page", "--skip", "real_jaeger", "--skip", "consent::a_page"];
        match &pages {
            Some(pages) => drop(command.env("ORACLE_PAGES", pages)),
            None => {
                skip.extend(["--skip", "instrumentations"]);
                sums += Summary::ONE_SKIPPED;
            }
        }
        if matches!(engine, Engine::WebKit { .. }) {
            // MiniBrowser keeps nothing of what its driver does: there is no second browser that could find it. And its driver ends its session, and
            // the browser, with the first page that crashes.
            skip.extend(["--skip", "killing_the_browser", "--skip", "a_crash_loses"]);
        }
        eprintln!("In {}: {}.", engine.name(), skip.join(" "));
        sums += counted(&format!("Tests in {}", engine.name()), command, selection, &skip)?.within(engine.name());
    }
    Ok(sums)
}

/// Each example's page is built and clicked.
fn example_apps(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let browser = browser::ensure()?;
    let mut command = workspace.cargo();
    command.args(["test", "--package=e2e", "--test=examples"]);
    browser.name_in(&mut command);
    command.env("EXAMPLES_DIR", workspace.root.join("examples"));
    provide(&mut command, "COLLECTOR_BIN", run::build_collector(workspace));
    let mut sums = Summary::default();
    let mut left_out = vec![];
    for name in examples::names(workspace)? {
        // A test is called as its example, with underscores.
        let test = name.replace('-', "_");
        if !selection.name.as_ref().is_none_or(|wanted| test.contains(wanted.as_str())) {
            continue;
        }
        if examples::needs_npm(workspace, &name) && !npm::is_there() && !is_ci() {
            eprintln!("Skipping the example {name}: its JavaScript needs Node.js and npm (https://nodejs.org).");
            sums += Summary::ONE_SKIPPED;
            left_out.push(test);
        } else if let Err(error) =
            examples::build(workspace, &name).and_then(|_| examples::build_server(workspace, &name))
        {
            // What an earlier build left is not tested in its place.
            eprintln!("error: {error}");
            sums += Summary::one_failed(format!("the example {name}: {error}"));
            left_out.push(test);
        }
    }
    let skip: Vec<_> = left_out.iter().flat_map(|test| ["--skip", test]).collect();
    sums += counted("Tests of the examples", command, selection, &skip)?;
    Ok(sums)
}

/// One test: the page and the library are no larger than was decided.
fn within_budget(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    if selection.name.as_ref().is_some_and(|name| !"within_the_size_budget".contains(name.as_str())) {
        return Ok(Summary::default());
    }
    Ok(if size::check(workspace)? { Summary::ONE_PASSED } else { Summary::one_failed("the size budget, see above") })
}

/// Whether everything must run.
pub fn is_ci() -> bool {
    env::var("CI").is_ok_and(|ci| ci == "true")
}

/// What is missing makes those tests fail that need it, and only those.
pub fn say_lack_of_shells() {
    if let Err(lack) = shells::ensure() {
        eprintln!("error: {lack}");
    }
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

/// What wasm-pack makes of the same sources, and beside it, in wasm-pack.log, all that it says. It finds wasm-bindgen's program on PATH and downloads none.
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
        let mut said = String::new();
        let success = runner::run(command, |line| {
            let (Line::Stdout(line) | Line::Stderr(line)) = line;
            said.push_str(line);
            said.push('\n');
        })?;
        if !success {
            return Err("`wasm-pack build --target web` failed, for the reason above".to_owned());
        }
        let log = out_dir.join("wasm-pack.log");
        std::fs::write(&log, said).map_err(|error| format!("{} cannot be written: {error}", log.display()))?;
        Ok(out_dir)
    })
}
