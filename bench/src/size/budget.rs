//! The budget: figures in a file that a person changes on purpose, and how far a build may be above them.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Sizes;

/// Growth that needs no decision, in per cent: another version of the compiler may cause as much.
const TOLERANCE: f64 = 2.0;

/// Bytes after brotli.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    page: usize,
    library: usize,
}

impl From<&Sizes> for Budget {
    fn from(sizes: &Sizes) -> Self {
        Self { page: sizes.page.brotli, library: sizes.library.brotli }
    }
}

impl Budget {
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{} is no budget: {error}", path.display()))
    }

    pub fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())? + "\n";
        fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }

    /// What is over the budget, in words; an empty list is within it.
    pub fn exceeded_by(&self, sizes: &Sizes) -> Vec<String> {
        let now = Self::from(sizes);
        [("the page", self.page, now.page), ("the library", self.library, now.library)]
            .into_iter()
            .filter(|(_, budget, now)| *now as f64 > *budget as f64 * (1.0 + TOLERANCE / 100.0))
            .map(|(what, budget, now)| {
                let growth = (now as f64 / budget as f64 - 1.0) * 100.0;
                format!("{what} has {now} bytes after brotli, {growth:.1} % more than its budget of {budget}")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::weight::Weight;

    fn sizes(page: usize, library: usize) -> Sizes {
        let of = |brotli| Weight { raw: 0, gzip: 0, brotli };
        Sizes { page: of(page), library: of(library) }
    }

    #[test]
    fn two_per_cent_are_tolerated_and_more_is_named() {
        let budget = Budget { page: 1000, library: 100 };
        assert_eq!(budget.exceeded_by(&sizes(1020, 102)), Vec::<String>::new());
        assert_eq!(budget.exceeded_by(&sizes(10, 1)), Vec::<String>::new());
        let told = budget.exceeded_by(&sizes(1021, 103));
        assert_eq!(told.len(), 2);
        assert!(told[1].contains("103 bytes") && told[1].contains("3.0 %"), "{told:?}");
    }

    #[test]
    fn a_file_that_is_no_budget_is_named() {
        let path = std::env::temp_dir().join(format!("bench-budget-{}", std::process::id()));
        fs::write(&path, "{\"page\":1}").unwrap();
        let error = Budget::read(&path).unwrap_err();
        assert!(error.contains("library") && error.contains("bench-budget"), "{error}");
        let budget = Budget { page: 3, library: 2 };
        budget.write(&path).unwrap();
        assert_eq!(Budget::read(&path), Ok(budget));
        fs::remove_file(&path).unwrap();
        assert!(Budget::read(&path).unwrap_err().contains("bench-budget"));
    }
}
