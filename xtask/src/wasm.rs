//! WebAssembly: the page's, from src/ to pkg/ in the repository's root, and the benchmarks', with the file names and the module
//! format that `wasm-pack build --target web` gives.

use crate::{Result, cargo, progress::step, workspace::Workspace};
use std::collections::HashMap;
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
    bind_anew(&compile(workspace, package, flags, names)?, names, out_dir)
}

/// Generates into a folder that has nothing else in it then.
pub fn bind_anew(module: &Path, names: Names, out_dir: &Path) -> Result<()> {
    // There need not be one yet; what is left of another build would be weighed as well.
    let _ = std::fs::remove_dir_all(out_dir);
    bind(module, names, out_dir)
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
    let failed = |error| format!("{} cannot be generated: {error:#}", out_dir.display());
    let mut output = bindgen.generate_output().map_err(failed)?;
    if names == Names::Kept {
        return output.emit(out_dir).map_err(failed);
    }
    let mut imports = ShortNames::default();
    for import in output.wasm_mut().imports.iter_mut().filter(|import| import.name.starts_with(GENERATED)) {
        import.name = imports.of(&import.name);
    }
    output.emit(out_dir).map_err(failed)?;
    let stem = module.file_stem().unwrap_or_default();
    let script = out_dir.join(stem).with_extension("js");
    let text = std::fs::read_to_string(&script).and_then(|text| std::fs::write(&script, compact(&text, &imports)));
    text.map_err(|error| format!("{} cannot be written: {error}", script.display()))
}

/// How the names begin that the generator gives to imports.
const GENERATED: &str = "__wbg_";

/// Names of a letter or two for the generator's, each of which has a hash in it that does not compress, twice: in the module and in the
/// JavaScript around it.
#[derive(Default)]
struct ShortNames(HashMap<String, String>);

impl ShortNames {
    fn of(&mut self, name: &str) -> String {
        let next = format!("_{:x}", self.0.len());
        self.0.entry(name.to_owned()).or_insert(next).clone()
    }
}

/// A script with the short names, and without what only its readers have a use for: they have the TypeScript.
fn compact(script: &str, imports: &ShortNames) -> String {
    let is_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '$');
    let mut out = String::with_capacity(script.len());
    let is_comment = |line: &&str| ["/**", "*", "//"].iter().any(|start| line.starts_with(start));
    for line in script.lines().map(str::trim_start).filter(|line| !is_comment(line)) {
        let mut rest = line;
        while let Some(start) = rest.find(GENERATED) {
            let (before, name) = rest.split_at(start);
            let (name, after) = name.split_at(name.find(|next| !is_word(next)).unwrap_or(name.len()));
            out.push_str(before);
            out.push_str(imports.0.get(name).map_or(name, String::as_str));
            rest = after;
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
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
    fn a_script_is_compact_and_calls_its_imports_by_their_short_names() {
        let mut imports = ShortNames::default();
        assert_eq!(
            [imports.of("__wbg_now_1f"), imports.of("__wbg_new_2e"), imports.of("__wbg_now_1f")],
            ["_0", "_1", "_0"]
        );
        let script = "/**\n * Does.\n */\nconst a = {\n    __wbg_now_1f: function() {},\n    __wbg_new_2e: __wbg_now_1f_2,\n};\n// end\n";
        let expected = "const a = {\n_0: function() {},\n_1: __wbg_now_1f_2,\n};\n";
        assert_eq!(compact(script, &imports), expected);
    }

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
