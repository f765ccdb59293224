// Changes that look like chance and are the same on every run, for tests that have no fuzzer. Included by its path where it is needed.

use std::fs;
use std::path::{Path, PathBuf};

/// What readers look for, and what lengths and numbers go wrong with.
const ODD: [&[u8]; 20] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b"=",
    b"&",
    b"://",
    b"null",
    b"-1",
    b"1e999",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xff\xff\xff\x0f",
    b"\x00",
    b"\x80",
    b"18446744073709551616",
    b"%",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
];

/// What a fuzzer does with bytes.
type Question = fn(&[u8]);

/// Asks each target about its seeds, and about so many changes of each; fails where it panics.
#[allow(dead_code, reason = "not everywhere it is included")]
pub fn ask_all(targets: &[(&str, Question)], changes: u64) {
    for (name, ask) in targets {
        let mut numbers = Numbers(19);
        for (seed, bytes) in seeds(name) {
            ask(&bytes);
            for _ in 0..rounds(changes) {
                let mut changed = bytes.clone();
                numbers.mutate(&mut changed);
                let asked = std::panic::catch_unwind(|| ask(&changed));
                assert!(asked.is_ok(), "{name}, of {seed}: {:?}", String::from_utf8_lossy(&changed));
            }
        }
    }
}

/// Numbers, one after the other.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }

    /// Changes bytes, leaves some out, doubles some.
    pub fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = at + self.below((bytes.len() - at).min(24));
            match self.below(6) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 => bytes.truncate(at),
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let copy = bytes[at..end].to_vec();
                    let place = self.below(bytes.len());
                    bytes.splice(place..place, copy);
                }
                4 => drop(bytes.splice(at..end, ODD[self.below(ODD.len())].iter().copied())),
                _ => drop(bytes.splice(at..at, ODD[self.below(ODD.len())].iter().copied())),
            }
        }
    }
}

/// What a fuzzer of this name begins with, and what it has found: each by the name of its file, in their order.
pub fn seeds(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{name} has no seeds");
    let file = |path: PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, fs::read(&path).expect("a seed can be read"))
    };
    paths.into_iter().map(file).collect()
}

/// How many changes of each seed are tried: so many in every run, or what `FUZZ_ROUNDS` says.
fn rounds(usual: u64) -> u64 {
    let asked = std::env::var("FUZZ_ROUNDS").ok();
    asked.map_or(usual, |number| number.parse().expect("FUZZ_ROUNDS is a number"))
}
