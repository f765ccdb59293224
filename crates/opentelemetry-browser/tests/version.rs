//! An app with another version of `opentelemetry` is told so by the compiler, in words that say what to do. The two versions are two
//! crates of that name, each with a `Context`, as cargo gives them to the compiler.

#![cfg(not(target_arch = "wasm32"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("version-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Self(folder)
    }

    /// Compiles a crate, with others under the names that it knows them by.
    fn compile(&self, file: &str, name: &str, source: &str, others: &[(&str, &str)]) -> Output {
        let path = self.0.join(format!("{file}.rs"));
        std::fs::write(&path, source).expect("a file can be written");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition=2024", "--crate-type=rlib", "--crate-name", name]);
        command.args([format!("-Cmetadata={file}"), format!("-Cextra-filename=-{file}")]);
        command.arg(&path).arg("-L").arg(&self.0).arg("--out-dir").arg(&self.0);
        for (known_as, file) in others {
            let library = self.0.join(format!("lib{known_as}-{file}.rlib"));
            command.arg("--extern").arg(format!("{known_as}={}", library.display()));
        }
        command.output().expect("the compiler runs")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn another_version_of_opentelemetry_is_an_error_that_says_what_to_do() {
    let folder = Folder::new();
    for version in ["ours", "theirs"] {
        let compiled = folder.compile(version, "opentelemetry", "pub struct Context;", &[]);
        assert!(compiled.status.success(), "{}", words(&compiled));
    }
    // The library, as far as versions go.
    let source = format!(
        "#[path = {:?}] mod version; pub use version::{{OfThisVersion, is_of_this_version}};",
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/version.rs")
    );
    let library = folder.compile("browser", "opentelemetry_browser", &source, &[("opentelemetry", "ours")]);
    assert!(library.status.success(), "{}", words(&library));

    let app = "pub fn start() { opentelemetry_browser::assert_opentelemetry_version!(); }";
    let with = |version| [("opentelemetry_browser", "browser"), ("opentelemetry", version)];
    let right = folder.compile("right", "app", app, &with("ours"));
    assert!(right.status.success(), "{}", words(&right));
    let wrong = folder.compile("wrong", "app", app, &with("theirs"));
    assert!(!wrong.status.success());
    let told = words(&wrong);
    for expected in [
        "this app's `opentelemetry` is another version than the one that opentelemetry-browser records for",
        "its spans would go nowhere",
        "use `opentelemetry_browser::opentelemetry`",
        "`cargo tree -d -i opentelemetry` shows which crates want which version",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}
