//! Makes a function of each block of Rust in the documents.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[path = "src/blocks.rs"]
mod blocks;

/// Its blocks are documentation tests of its crate.
const RUN_ELSEWHERE: &str = "crates/opentelemetry-browser/README.md";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..");
    println!("cargo::rerun-if-changed=src/blocks.rs");
    let mut code = String::new();
    for (name, text) in blocks::documents(&root).into_iter().filter(|(name, _)| name != RUN_ELSEWHERE) {
        println!("cargo::rerun-if-changed={}", root.join(&name).display());
        for block in blocks::blocks(&text).iter().filter(|block| block.language == "rust") {
            let function = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_").to_lowercase();
            writeln!(code, "/// {name}, line {}.", block.line)?;
            writeln!(
                code,
                "async fn {function}_{}(telemetry: Telemetry, cx: Context) -> Result<(), Failure> {{",
                block.line
            )?;
            writeln!(code, "{}\nOk(())\n}}", block.text)?;
        }
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("snippets.rs"), code)?;
    Ok(())
}
