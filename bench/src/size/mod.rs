//! The size of what a page loads: folders as wasm-bindgen wrote them go in, a table and the verdict on the budget come out.
//!
//! A row is the WebAssembly and the JavaScript around it. The library's share is an app with the library less the same app
//! without it.

mod budget;
mod functions;
mod kits;
mod weight;

use std::path::{Path, PathBuf};

pub use budget::Budget;
use functions::Function;
pub use kits::kits;
pub use weight::precompress;
use weight::{Bytes, Weight};

use crate::markdown;

/// How many of the largest functions are shown.
const LARGEST: usize = 40;

/// The name of the whole page, and that of the app without the library, which the others are compared with.
const PAGE: &str = "page";
const EMPTY: &str = "empty";

/// What was weighed, by the names that the builds were given.
pub struct Sizes(Vec<(String, Weight)>);

impl Sizes {
    pub fn of(builds: &[(String, PathBuf)]) -> Result<Self, String> {
        builds.iter().map(|(name, folder)| Ok((name.clone(), Weight::of(folder)?))).collect::<Result<_, _>>().map(Self)
    }

    /// What the library adds to an app: its bytes after brotli.
    fn share(&self, weight: &Weight) -> usize {
        let empty = self.0.iter().find(|(name, _)| name == EMPTY).map_or(0, |(_, empty)| empty.brotli());
        weight.brotli().saturating_sub(empty)
    }

    /// The figures that the budget holds: of the page all, of an app what the library adds to it.
    pub fn figures(&self) -> Budget {
        let figure = |(name, weight): &(String, Weight)| {
            (name.clone(), if name == PAGE { weight.brotli() } else { self.share(weight) })
        };
        Budget(self.0.iter().filter(|(name, _)| name != EMPTY).map(figure).collect())
    }

    /// The table, in bytes.
    pub fn table(&self) -> String {
        let head = ["bytes", "wasm", "gzip", "brotli", "JavaScript", "gzip", "brotli", "over the empty app"];
        let row = |(name, weight): &(String, Weight)| {
            let bytes = |Bytes { raw, gzip, brotli }: Bytes| [raw, gzip, brotli].map(|bytes| bytes.to_string());
            let share = if name == PAGE { "-".to_owned() } else { self.share(weight).to_string() };
            let cells = bytes(weight.wasm).into_iter().chain(bytes(weight.javascript)).chain([share]);
            std::iter::once(name.clone()).chain(cells).collect()
        };
        let rows: Vec<Vec<String>> =
            std::iter::once(head.map(str::to_owned).to_vec()).chain(self.0.iter().map(row)).collect();
        markdown::markdown(&rows)
    }
}

/// The largest functions of a module whose names were kept, as a table.
pub fn largest_functions(named: &Path) -> Result<String, String> {
    let module = weight::module_in(named)?;
    let functions = functions::largest(&module, LARGEST)?;
    let lines = functions.iter().map(|Function { name, bytes }| format!("{bytes:>8}  {name}\n"));
    Ok(format!("The {LARGEST} largest functions of the app with the library, in bytes:\n") + &lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_what_is_over_the_empty_app() {
        let of = |brotli| Weight { wasm: Bytes { brotli, ..Bytes::default() }, ..Weight::default() };
        let sizes =
            Sizes([(PAGE, 90), (EMPTY, 10), ("core", 35), ("none", 9)].map(|(n, b)| (n.to_owned(), of(b))).into());
        let figures = sizes.figures();
        assert_eq!((figures.0[PAGE], figures.0["core"], figures.0["none"]), (90, 25, 0));
        assert!(!figures.0.contains_key(EMPTY));
        assert!(sizes.table().lines().any(|line| line.starts_with("| core") && line.ends_with(" 25 |")));
    }
}
