//! The size of what a page loads: folders as wasm-bindgen wrote them go in, a table and the verdict on the budget come out.
//!
//! A row is the WebAssembly and the JavaScript around it. The library's share is an app with the library less the same app
//! without it.

mod budget;
mod functions;
mod weight;

use std::path::{Path, PathBuf};

pub use budget::Budget;
use functions::Function;
use weight::Weight;

/// How many of the largest functions are shown.
const LARGEST: usize = 20;

/// What was built.
pub struct Built {
    /// The page's pkg/.
    pub page: PathBuf,
    /// The app without the library.
    pub empty: PathBuf,
    /// The app with it.
    pub library: PathBuf,
}

/// The figures that the budget holds.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub page: Weight,
    pub library: Weight,
}

impl Sizes {
    pub fn of(built: &Built) -> Result<Self, String> {
        let library = Weight::of(&built.library)?;
        Ok(Self { page: Weight::of(&built.page)?, library: library.less(Weight::of(&built.empty)?) })
    }

    /// The table, in bytes.
    pub fn table(&self) -> String {
        let row =
            |name: &str, Weight { raw, gzip, brotli }: Weight| format!("{name:<18}{raw:>10}{gzip:>10}{brotli:>10}\n");
        let head = format!("{:<18}{:>10}{:>10}{:>10}\n", "bytes", "raw", "gzip", "brotli");
        head + &row("the page", self.page) + &row("the library", self.library)
    }
}

/// The largest functions of a module whose names were kept, as a table.
pub fn largest_functions(named: &Path) -> Result<String, String> {
    let module = weight::module_in(named)?;
    let functions = functions::largest(&module, LARGEST)?;
    let lines = functions.iter().map(|Function { name, bytes }| format!("{bytes:>8}  {name}\n"));
    Ok(format!("The {LARGEST} largest functions of the app with the library, in bytes:\n") + &lines.collect::<String>())
}
