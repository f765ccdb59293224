//! What a folder's WebAssembly and JavaScript weigh, as they are and as servers send them.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub raw: usize,
    /// At level 9.
    pub gzip: usize,
    /// At level 11.
    pub brotli: usize,
}

impl Weight {
    /// Of all modules and scripts in a folder, each compressed apart.
    pub fn of(folder: &Path) -> Result<Self, String> {
        let mut sum = Self::default();
        for path in files(folder, &["wasm", "js"])? {
            let bytes = read(&path)?;
            let failed = |error| format!("{} cannot be compressed: {error}", path.display());
            sum.raw += bytes.len();
            sum.gzip += gzip(&bytes).map_err(failed)?.len();
            sum.brotli += brotli(&bytes).map_err(failed)?.len();
        }
        Ok(sum)
    }

    pub fn less(self, other: Self) -> Self {
        Self {
            raw: self.raw.saturating_sub(other.raw),
            gzip: self.gzip.saturating_sub(other.gzip),
            brotli: self.brotli.saturating_sub(other.brotli),
        }
    }
}

/// The one module in a folder.
pub fn module_in(folder: &Path) -> Result<Vec<u8>, String> {
    match files(folder, &["wasm"])?.as_slice() {
        [module] => read(module),
        others => Err(format!("{} has {} .wasm files, but one was expected", folder.display(), others.len())),
    }
}

fn files(folder: &Path, endings: &[&str]) -> Result<Vec<std::path::PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_wanted = |path: &std::path::PathBuf| {
        path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
    };
    let found: Vec<_> = paths.filter(is_wanted).collect();
    if found.is_empty() { Err(format!("{} has none of {endings:?}", folder.display())) } else { Ok(found) }
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
    fn a_share_is_a_difference() {
        let whole = Weight { raw: 30, gzip: 20, brotli: 10 };
        assert_eq!(whole.less(Weight { raw: 10, gzip: 10, brotli: 11 }), Weight { raw: 20, gzip: 10, brotli: 0 });
    }
}
