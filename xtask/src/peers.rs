//! Programs of others that send to the collector or stand behind it, for `cargo xtask test peers`: OpenTelemetry SDKs (tests/peers),
//! telemetrygen, an OpenTelemetry Collector, web servers. Each is installed where its tool chain is there, of one version.

use crate::cargo_test::{counted, test_names};
use crate::cli::Selection;
use crate::jaeger::{self, Jaeger};
use crate::summary::Summary;
use crate::test::is_ci;
use crate::{
    Result, apt, browser, npm, page_scripts, progress::step, run, wasm, workspace::Workspace, workspace::on_path,
};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The version of the OpenTelemetry Collector and of telemetrygen; deploy/builder.yaml and tests/peers/otelcol/go.mod have the same.
const COLLECTOR_VERSION: &str = "0.161.0";

/// What brings Java's libraries.
const MAVEN_COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// The tests that need a Jaeger 2, which no tool chain installs.
const JAEGER_2: &str = "deploy::jaeger_2";

/// A program, the variable in which tests find it, and the tests that need it.
struct Peer {
    variable: &'static str,
    tests: &'static [&'static str],
    /// Programs of its tool chain that a machine may be without, also that of CI.
    optional: &'static [&'static str],
    install: fn(&Workspace) -> Result<PathBuf>,
}

const PEERS: [Peer; 9] = [
    Peer { variable: "PEER_NODE", tests: &["sdks::node"], optional: &[], install: node },
    Peer { variable: "PEER_PYTHON", tests: &["sdks::python"], optional: &[], install: python },
    Peer { variable: "PEER_GO", tests: &["sdks::go"], optional: &[], install: go_sdk },
    Peer { variable: "PEER_JAVA", tests: &["sdks::java"], optional: &["mvn", "javac"], install: java },
    Peer { variable: "TELEMETRYGEN_BIN", tests: &["telemetrygen::"], optional: &[], install: telemetrygen },
    Peer {
        variable: "OTELCOL_BIN",
        tests: &["otel_collector::", "deploy::gateway"],
        optional: &[],
        install: otel_collector,
    },
    Peer { variable: "JAEGER_BIN", tests: &["deploy::gateway"], optional: &[], install: jaeger },
    Peer { variable: "NGINX_BIN", tests: &["deploy::nginx"], optional: &[], install: |_| web_server("nginx") },
    Peer { variable: "CADDY_BIN", tests: &["deploy::caddy"], optional: &[], install: |_| web_server("caddy") },
];

pub fn test(workspace: &Workspace, selection: &Selection) -> Result<Summary> {
    let selected = test_names(tests(workspace), selection)?;
    if selected.is_empty() {
        return Ok(Summary::default());
    }
    let mut command = tests(workspace);
    browser::ensure()?.name_in(&mut command);
    wasm::build_pkg(workspace)?;
    command.env("PAGE_DIR", &workspace.root).env("COLLECTOR_BIN", run::build_collector(workspace)?);
    let mut sums = Summary::default();
    let mut left_out: Vec<&str> = vec![];
    for Peer { variable, tests, optional, install } in PEERS {
        if !selected.iter().any(|name| tests.iter().any(|test| name.starts_with(test))) {
            continue;
        }
        if let Some(missing) = optional.iter().find(|program| on_path(&[program]).is_none()) {
            eprintln!("Skipping the tests {}: no {missing} on PATH.", tests.join(", "));
            left_out.extend(tests);
            sums += Summary::ONE_SKIPPED;
            continue;
        }
        match install(workspace) {
            Ok(program) => {
                command.env(variable, program);
            }
            Err(lack) => {
                left_out.extend(tests);
                if is_ci() {
                    eprintln!("error: {lack}; with CI=true the tests with it must run");
                    sums += Summary::one_failed(lack);
                } else {
                    eprintln!("Skipping the tests {}: {lack}.", tests.join(", "));
                    sums += Summary::ONE_SKIPPED;
                }
            }
        }
    }
    match jaeger::find_2()? {
        Some(program) => {
            command.env("JAEGER2_BIN", program);
        }
        None if selected.iter().any(|name| name.starts_with(JAEGER_2)) => {
            eprintln!(
                "Skipping the tests {JAEGER_2}: JAEGER2_BIN names no Jaeger 2 (README tells how to compile one)."
            );
            left_out.push(JAEGER_2);
            sums += Summary::ONE_SKIPPED;
        }
        None => {}
    }
    let skip: Vec<_> = left_out.iter().flat_map(|test| ["--skip", *test]).collect();
    sums += counted("Tests with programs of others", command, selection, &skip)?;
    Ok(sums)
}

fn tests(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo();
    command.args(["test", "--package=e2e", "--test=peers"]);
    command
}

/// The program of OpenTelemetry JS, beside what npm installed for it.
fn node(workspace: &Workspace) -> Result<PathBuf> {
    page_scripts::node()?;
    let (from, to) = (sources(workspace, "js"), workspace.target_dir.join("peers/js"));
    for file in ["package.json", "package-lock.json", "send.mjs"] {
        copy_if_new(&from.join(file), &to.join(file))?;
    }
    npm::install(&to, "OpenTelemetry JS")?;
    Ok(to.join("send.mjs"))
}

/// The folder of Python's programs in an environment with OpenTelemetry Python.
fn python(workspace: &Workspace) -> Result<PathBuf> {
    let python = on_path(&["python3"]).ok_or("no python3 on PATH")?;
    let venv = workspace.target_dir.join("peers/python");
    let (wanted, installed) = (sources(workspace, "python").join("requirements.txt"), venv.join("requirements.txt"));
    if fs::read(&wanted).ok() != fs::read(&installed).ok() {
        // Debian's python3 has these in a package of their own.
        let mut parts = Command::new(&python);
        parts.args(["-c", "import venv, ensurepip"]).stderr(Stdio::null());
        if !parts.status().is_ok_and(|status| status.success()) {
            apt::install(&["python3-venv"], "OpenTelemetry Python is installed into an environment of its own")?;
        }
        step("Installing OpenTelemetry Python (pip)", || {
            let mut make = Command::new(&python);
            make.args(["-m", "venv", "--clear"]).arg(&venv);
            twice(&mut make, "python3 -m venv")?;
            let mut pip = Command::new(venv.join("bin/pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"]).arg(&wanted);
            twice(&mut pip, "pip install")
        })?;
        copy_if_new(&wanted, &installed)?;
    }
    Ok(venv.join("bin"))
}

/// The program of OpenTelemetry Go.
fn go_sdk(workspace: &Workspace) -> Result<PathBuf> {
    let program = workspace.target_dir.join("peers").join(format!("go{}", env::consts::EXE_SUFFIX));
    let mut build = go()?;
    build.current_dir(sources(workspace, "go")).args(["build", "-trimpath", "-o"]).arg(&program).arg(".");
    step("Compiling a program with OpenTelemetry Go", || twice(&mut build, "go build"))?;
    Ok(program)
}

/// A class path with the program of OpenTelemetry Java.
fn java(workspace: &Workspace) -> Result<PathBuf> {
    let (from, to) = (sources(workspace, "java"), workspace.target_dir.join("peers/java"));
    let (pom, installed, jars) = (from.join("pom.xml"), to.join("pom.xml"), to.join("lib"));
    let mut javac = Command::new("javac");
    javac.arg("-cp").arg(jars.join("*")).arg("-d").arg(to.join("classes")).arg(from.join("Send.java"));
    if fs::read(&pom).ok() == fs::read(&installed).ok() {
        return twice(&mut javac, "javac").map(|()| to);
    }
    step("Installing OpenTelemetry Java (Maven)", || {
        let mut maven = Command::new("mvn");
        maven.args(["--batch-mode", "--quiet", "--file"]).arg(&pom).arg(MAVEN_COPY);
        maven.arg(format!("-DoutputDirectory={}", jars.display()));
        twice(&mut maven, "mvn")?;
        twice(&mut javac, "javac")
    })?;
    copy_if_new(&pom, &installed)?;
    Ok(to)
}

fn telemetrygen(workspace: &Workspace) -> Result<PathBuf> {
    let dir = workspace.tools_dir().join(format!("telemetrygen-{COLLECTOR_VERSION}"));
    let program = dir.join(format!("telemetrygen{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        let package =
            format!("github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v{COLLECTOR_VERSION}");
        let mut install = go()?;
        install.args(["install", &package]).env("GOBIN", &dir);
        step("Compiling telemetrygen (once)", || twice(&mut install, "go install telemetrygen"))?;
    }
    Ok(program)
}

/// The sources are those that the builder made of deploy/builder.yaml: so no version is looked up anew.
fn otel_collector(workspace: &Workspace) -> Result<PathBuf> {
    let dir = workspace.tools_dir().join(format!("otelcol-{COLLECTOR_VERSION}"));
    let program = dir.join(format!("otelcol-pages{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        let mut build = go()?;
        build.current_dir(sources(workspace, "otelcol"));
        build.args(["build", "-trimpath", "-ldflags=-s -w", "-o"]).arg(&program).arg(".");
        step("Compiling an OpenTelemetry Collector (some 2 minutes, once)", || twice(&mut build, "go build otelcol"))?;
    }
    Ok(program)
}

fn jaeger(workspace: &Workspace) -> Result<PathBuf> {
    match jaeger::ensure(workspace)? {
        Jaeger::Ready(program) => Ok(program),
        Jaeger::Missing(why) => Err(why),
    }
}

/// A web server of Debian's package manager. Its folder is seldom on the PATH of a user.
fn web_server(name: &str) -> Result<PathBuf> {
    let find = || on_path(&[name]).or_else(|| Some(Path::new("/usr/sbin").join(name)).filter(|path| path.is_file()));
    if let Some(found) = find() {
        return Ok(found);
    }
    apt::install(&[name], "the test of the relay in deploy/ starts it")?;
    find().ok_or_else(|| format!("apt-get installed no {name}"))
}

fn sources(workspace: &Workspace, language: &str) -> PathBuf {
    workspace.root.join("tests/peers").join(language)
}

/// Go, with the settings of nobody else, and without asking git what is compiled.
fn go() -> Result<Command> {
    let go = on_path(&["go"]).ok_or("no Go on PATH: install it from https://go.dev/dl")?;
    let mut command = Command::new(go);
    command.env("GOFLAGS", "-buildvcs=false").env("GOWORK", "off").env("CGO_ENABLED", "0");
    Ok(command)
}

/// Runs a command that asks a registry, and once more if that fails.
fn twice(command: &mut Command, what: &str) -> Result<()> {
    for attempt in ["; trying once more", ""] {
        match command.status() {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => eprintln!("    `{what}` failed ({status}){attempt}"),
            Err(error) => return Err(format!("`{what}` could not be started: {error}")),
        }
    }
    Err(format!("`{what}` failed, for the reason above"))
}

/// Copies a file unless the other one is the same: its time tells npm whether to install anew.
fn copy_if_new(from: &Path, to: &Path) -> Result<()> {
    let text = fs::read(from).map_err(|error| format!("{} cannot be read: {error}", from.display()))?;
    if fs::read(to).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let written = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(to, text));
    written.map_err(|error| format!("{} cannot be written: {error}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_the_opentelemetry_collector_are_one() {
        let workspace = Workspace::find().unwrap();
        let read = |path: &str| fs::read_to_string(workspace.root.join(path)).unwrap();
        let (manifest, made) = (read("deploy/builder.yaml"), read("tests/peers/otelcol/go.mod"));
        let modules = manifest.lines().filter_map(|line| line.strip_prefix("  - gomod: "));
        assert!(modules.clone().count() > 5);
        for module in modules {
            assert!(made.contains(module), "{module} is in tests/peers/otelcol/go.mod: make its sources anew");
            assert!(module.ends_with(&format!(" v{COLLECTOR_VERSION}")), "{module}");
        }
        assert!(read("deploy/compose.yaml").contains(&format!("contrib:{COLLECTOR_VERSION}")));
    }
}
