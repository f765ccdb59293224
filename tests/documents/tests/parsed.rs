//! What documents show in other languages than Rust can be read by those who have to: shells, Node.js, Go, and parsers of JSON and
//! TOML.

use documents::blocks::{Block, blocks, documents};
use std::path::Path;
use std::process::Command;

/// The repository's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What commands begin with that documents show.
const PROGRAMS: [&str; 12] = [
    "builder",
    "cargo",
    "collector",
    "curl",
    "docker",
    "dx",
    "git",
    "npm",
    "otelcol-pages",
    "python3",
    "trunk",
    "wasm-pack",
];

/// The languages that a document's blocks are read by.
#[derive(Debug, PartialEq)]
enum Kind {
    Shell,
    Json,
    Toml,
    JavaScript,
    Go,
    Other,
}

fn kind(block: &Block) -> Kind {
    let first =
        block.text.split_whitespace().find(|word| !word.contains('=') || word.contains('"')).unwrap_or_default();
    let line = block.text.lines().next().unwrap_or_default();
    match block.language.as_str() {
        "sh" | "bash" | "console" => Kind::Shell,
        "json" => Kind::Json,
        "toml" => Kind::Toml,
        "js" | "javascript" | "mjs" => Kind::JavaScript,
        "go" => Kind::Go,
        "" if PROGRAMS.contains(&first) => Kind::Shell,
        "" if line.starts_with("{\"") => Kind::Json,
        "" if block.text.contains("await ") && !line.starts_with('<') || line.ends_with("({") => Kind::JavaScript,
        "" if line.starts_with('[') && line.ends_with(']') || line.contains(" = \"") => Kind::Toml,
        _ => Kind::Other,
    }
}

/// Calls `read` with each block of this kind, and gives their number.
fn each(wanted: Kind, read: impl Fn(&str) -> Result<(), String>) -> usize {
    let mut seen = 0;
    for (name, text) in documents(Path::new(ROOT)) {
        for block in blocks(&text).iter().filter(|block| kind(block) == wanted) {
            read(&block.text).unwrap_or_else(|error| panic!("{name}, line {}: {error}\n{}", block.line, block.text));
            seen += 1;
        }
    }
    seen
}

#[test]
fn commands_are_such_that_a_shell_reads_them() {
    let seen = each(Kind::Shell, |text| {
        // What stands beside a command, after two spaces, is words.
        let lines = text.lines().map(|line| line.trim_start().split("  ").next().unwrap_or_default());
        let commands = lines.collect::<Vec<_>>().join("\n");
        let output = Command::new("bash").args(["-n", "-c", &commands]).output().map_err(|error| error.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    });
    assert!(seen > 20, "only {seen} were found");
}

#[test]
fn json_is_such() {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text);
    let seen = each(Kind::Json, |text| read(text).map(drop).map_err(|error| error.to_string()));
    assert!(seen > 0, "none was found");
}

#[test]
fn toml_is_such() {
    let read = |text: &str| toml::from_str::<toml::Table>(text);
    let seen = each(Kind::Toml, |text| read(text).map(drop).map_err(|error| error.to_string()));
    assert!(seen > 3, "only {seen} were found");
}

/// Runs a program that reads a file and says whether it can; where the program is not installed there is nothing to ask.
fn read_by(program: &str, args: &[&str], ending: &str, text: &str) -> Result<(), String> {
    let file = std::env::temp_dir().join(format!("documents-{}.{ending}", std::process::id()));
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    let output = Command::new(program).args(args).arg(&file).output();
    let _ = std::fs::remove_file(&file);
    match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && std::env::var("CI").as_deref() != Ok("true") => {
            eprintln!("Not read, as {program} is not installed:\n{text}");
            Ok(())
        }
        Err(error) => Err(format!("{program}: {error}")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn javascript_is_such() {
    let seen = each(Kind::JavaScript, |text| read_by("node", &["--check"], "mjs", text));
    assert!(seen > 4, "only {seen} were found");
}

#[test]
fn go_is_such() {
    let seen = each(Kind::Go, |text| {
        // A file begins with its package.
        read_by("gofmt", &["-e"], "go", &format!("package shown\n\n{text}"))
    });
    assert!(seen > 0, "none was found");
}

#[test]
fn blocks_are_found_fenced_and_indented() {
    let text = "Words:\n\n    one\n\n      two\n\nWords\n    that go on.\n\n- item\n  ```rust\n  fn f() {\n      1\n  }\n  ```\n";
    let found: Vec<_> = blocks(text).into_iter().map(|block| (block.line, block.language, block.text)).collect();
    let expected = [(3, "", "one\n\n  two\n"), (12, "rust", "fn f() {\n    1\n}\n")];
    assert_eq!(found, expected.map(|(line, language, text)| (line, language.to_owned(), text.to_owned())));
}
