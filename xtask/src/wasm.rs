//! WebAssembly: the page's, from src/ to pkg/ in the repository's root, and the benchmarks', with the file names and the module
//! format that `wasm-pack build --target web` gives.

use crate::{Result, cargo, progress::step, workspace::Workspace};
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Builds pkg/ and gives its path.
pub fn build_pkg(workspace: &Workspace) -> Result<PathBuf> {
    ensure_target()?;
    let pkg = workspace.root.join("pkg");
    let module = step("Compiling the page's Rust to WebAssembly (some 20 s the first time)", || {
        compile(workspace, "inprocess", &[], Names::Stripped)
    })?;
    // A second `run` leaves alone what a page may be loading now.
    if !is_current(&pkg, &module) {
        // Scripts of an earlier build have other names, and would stay.
        let _ = std::fs::remove_dir_all(pkg.join("snippets"));
        step("Generating the JavaScript and TypeScript around it (pkg/)", || bind(&module, Names::Stripped, &pkg))?;
    }
    Ok(pkg)
}

/// Whether the files in pkg/ were all made of this module, and by this program: what wasm-bindgen writes depends on its version.
fn is_current(pkg: &Path, module: &Path) -> bool {
    let time = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let made: Option<Vec<_>> =
        ["inprocess.js", "inprocess.d.ts", "inprocess_bg.wasm"].iter().map(|name| time(&pkg.join(name))).collect();
    let (Some(made), Some(module)) = (made.and_then(|times| times.into_iter().min()), time(module)) else {
        return false;
    };
    let program = std::env::current_exe().ok().and_then(|path| time(&path));
    made > module && program.is_some_and(|program| made > program)
}

/// Whether a module's functions keep their names, by which a profile or a list of sizes knows them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Names {
    Kept,
    Stripped,
}

/// Builds a package as pkg/ is built, with further flags of cargo's, into another folder, which has nothing else in it then.
pub fn build(workspace: &Workspace, package: &str, flags: &[&str], names: Names, out_dir: &Path) -> Result<()> {
    let module = compile(workspace, package, flags, names)?;
    // There need not be one yet; what is left of another build would be weighed as well.
    let _ = std::fs::remove_dir_all(out_dir);
    bind(&module, names, out_dir)
}

fn compile(workspace: &Workspace, package: &str, flags: &[&str], names: Names) -> Result<PathBuf> {
    let of_package = format!("--package={package}");
    let mut args = vec![of_package.as_str(), "--lib", "--release", "--target", TARGET];
    args.extend(flags);
    if names == Names::Kept {
        args.extend(["--config", "profile.release.strip=false"]);
    }
    cargo::build(workspace, &args, cargo::wasm_module(&package.replace('-', "_")))
}

/// Generates the JavaScript and TypeScript around a module.
pub fn bind(module: &Path, names: Names, out_dir: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module);
    // The compiler has stripped the names, but the generator gives some to the functions that it adds.
    bindgen.remove_name_section(names == Names::Stripped).remove_producers_section(names == Names::Stripped);
    bindgen.web(true).map_err(|error| format!("wasm-bindgen: {error:#}"))?;
    bindgen.typescript(true);
    // As the program does, unlike the library: a page may then initialise the module without naming the .wasm file.
    bindgen.omit_default_module_path(false);
    bindgen.generate(out_dir).map_err(|error| format!("{} cannot be generated: {error:#}", out_dir.display()))
}

/// Makes sure that this Rust can compile for the browser.
pub fn ensure_target() -> Result<()> {
    cargo::ensure_target(TARGET)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, write};
    use std::time::{Duration, SystemTime};

    #[test]
    fn what_was_made_of_this_module_is_not_made_again() {
        let dir = std::env::temp_dir().join(format!("xtask-pkg-{}", std::process::id()));
        let (pkg, module) = (dir.join("pkg"), dir.join("module.wasm"));
        std::fs::create_dir_all(&pkg).expect("a folder");
        write(&module, "").expect("a file");
        assert!(!is_current(&pkg, &module), "there is nothing yet");
        let files = ["inprocess.js", "inprocess.d.ts", "inprocess_bg.wasm"].map(|name| pkg.join(name));
        let touch = |path: &Path, seconds: u64| {
            let file = File::options().create(true).append(true).open(path).expect("a file");
            file.set_modified(SystemTime::now() + Duration::from_secs(seconds)).expect("a time");
        };
        touch(&module, 60);
        files.iter().for_each(|path| touch(path, 120));
        assert!(is_current(&pkg, &module));
        touch(&files[0], 30);
        assert!(!is_current(&pkg, &module), "one file is older");
        touch(&files[0], 120);
        touch(&module, 180);
        assert!(!is_current(&pkg, &module), "the module is newer");
        let _ = std::fs::remove_dir_all(&dir);
    }
}
