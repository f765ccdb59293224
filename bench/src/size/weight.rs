//! What a folder's WebAssembly and JavaScript weigh, as they are and as servers send them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    pub raw: usize,
    /// At level 9.
    pub gzip: usize,
    /// At level 11.
    pub brotli: usize,
}

/// Of all modules and scripts in a folder, each compressed apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub wasm: Bytes,
    pub javascript: Bytes,
}

impl Weight {
    pub fn of(folder: &Path) -> Result<Self, String> {
        check_imports(folder)?;
        Ok(Self { wasm: sum(folder, "wasm")?, javascript: sum(folder, "js")? })
    }

    pub fn brotli(&self) -> usize {
        self.wasm.brotli + self.javascript.brotli
    }
}

fn sum(folder: &Path, ending: &str) -> Result<Bytes, String> {
    let mut sum = Bytes::default();
    for path in files(folder, ending)? {
        let bytes = read(&path)?;
        let failed = |error| format!("{} cannot be compressed: {error}", path.display());
        sum.raw += bytes.len();
        sum.gzip += gzip(&bytes).map_err(failed)?.len();
        sum.brotli += brotli(&bytes).map_err(failed)?.len();
    }
    Ok(sum)
}

/// An app does not start if a script is not there that another one imports, and wasm-bindgen only writes those that Rust imports.
fn check_imports(folder: &Path) -> Result<(), String> {
    for script in files(folder, "js")? {
        let text = String::from_utf8_lossy(&read(&script)?).into_owned();
        let named = |line: &str| Some(line.rsplit_once(" from ")?.1.trim_matches(['"', '\'', ';']).to_owned());
        let imported = text.lines().filter(|line| line.starts_with("import ")).filter_map(named);
        for name in imported.filter(|name| name.starts_with('.')) {
            if !script.with_file_name(&name).is_file() {
                return Err(format!("{} imports {name}, which is not there", script.display()));
            }
        }
    }
    Ok(())
}

/// Puts a compressed file beside each module and script in a folder, as servers do.
pub fn precompress(folder: &Path) -> Result<(), String> {
    for path in files(folder, "wasm")?.into_iter().chain(files(folder, "js")?) {
        let bytes =
            brotli(&read(&path)?).map_err(|error| format!("{} cannot be compressed: {error}", path.display()))?;
        let mut compressed = path.clone().into_os_string();
        compressed.push(".br");
        fs::write(&compressed, bytes).map_err(|error| format!("{} cannot be compressed: {error}", path.display()))?;
    }
    Ok(())
}

/// The one module in a folder.
pub fn module_in(folder: &Path) -> Result<Vec<u8>, String> {
    match files(folder, "wasm")?.as_slice() {
        [module] => read(module),
        others => Err(format!("{} has {} .wasm files, but one was expected", folder.display(), others.len())),
    }
}

/// At least one; also those of the folders below, where wasm-bindgen puts the modules of libraries.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let (mut folders, mut found) = (vec![folder.to_owned()], vec![]);
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    if found.is_empty() { Err(format!("{} has no file *.{ending}", folder.display())) } else { Ok(found) }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    // Quality and window as servers have them for files that are compressed once.
    let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, 11, 22);
    encoder.write_all(bytes)?;
    drop(encoder);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_reads_back() {
        let text = "a page, a module, a page, a module ".repeat(100).into_bytes();
        let mut read = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(gzip(&text).unwrap().as_slice()), &mut read).unwrap();
        assert_eq!(read, text);
        read.clear();
        brotli::BrotliDecompress(&mut brotli(&text).unwrap().as_slice(), &mut read).unwrap();
        assert_eq!(read, text);
    }

    #[test]
    fn a_module_of_a_library_counts_as_well() {
        let folder = std::env::temp_dir().join(format!("bench-weight-{}", std::process::id()));
        fs::create_dir_all(folder.join("snippets")).unwrap();
        for (name, text) in [("app.wasm", "12345"), ("app.js", "123"), ("snippets/library.js", "12"), ("app.d.ts", "1")]
        {
            fs::write(folder.join(name), text).unwrap();
        }
        let weight = Weight::of(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!((weight.wasm.raw, weight.javascript.raw), (5, 5));
        assert!(Weight::of(&folder).unwrap_err().contains("bench-weight"));
    }
    #[test]
    fn a_script_that_imports_one_that_is_not_there_is_told() {
        let folder = std::env::temp_dir().join(format!("bench-imports-{}", std::process::id()));
        fs::create_dir_all(folder.join("snippets")).unwrap();
        fs::write(
            folder.join("app.js"),
            "import { one } from './snippets/one.js';\nimport two from \"https://a.example/\"",
        )
        .unwrap();
        fs::write(folder.join("snippets/one.js"), "import { shared } from \"./shared.js\";").unwrap();
        let told = check_imports(&folder).unwrap_err();
        fs::write(folder.join("snippets/shared.js"), "").unwrap();
        let complete = check_imports(&folder);
        fs::remove_dir_all(&folder).unwrap();
        assert!(told.contains("one.js imports ./shared.js"), "{told}");
        assert_eq!(complete, Ok(()));
    }
}
