//! The budget: figures in a file that a person changes on purpose, and how far a build may be above them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Growth that needs no decision, in per cent: another version of the compiler may cause as much.
const TOLERANCE: f64 = 2.0;

/// Bytes after brotli, by what has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget(pub BTreeMap<String, usize>);

impl Budget {
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{} is no budget: {error}", path.display()))
    }

    pub fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())? + "\n";
        fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    }

    /// What of `now` is over the budget or has none, in words; an empty list is within it.
    pub fn exceeded_by(&self, now: &Self) -> Vec<String> {
        let word = |(what, now): (&String, &usize)| {
            let Some(budget) = self.0.get(what) else {
                return Some(format!("{what} has {now} bytes after brotli, and no budget"));
            };
            (*now as f64 > *budget as f64 * (1.0 + TOLERANCE / 100.0)).then(|| {
                let growth = (*now as f64 / *budget as f64 - 1.0) * 100.0;
                format!("{what} has {now} bytes after brotli, {growth:.1} % more than its budget of {budget}")
            })
        };
        now.0.iter().filter_map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget<const N: usize>(figures: [(&str, usize); N]) -> Budget {
        Budget(figures.map(|(what, bytes)| (what.to_owned(), bytes)).into())
    }

    #[test]
    fn two_per_cent_are_tolerated_and_more_is_named() {
        let agreed = budget([("core", 100), ("page", 1000)]);
        assert_eq!(agreed.exceeded_by(&budget([("core", 102), ("page", 1020)])), Vec::<String>::new());
        assert_eq!(agreed.exceeded_by(&budget([("core", 1)])), Vec::<String>::new());
        let told = agreed.exceeded_by(&budget([("core", 103), ("page", 1021), ("spool", 1)]));
        assert_eq!(told.len(), 3);
        assert!(told[0].contains("103 bytes") && told[0].contains("3.0 %"), "{told:?}");
        assert!(told[2].contains("spool") && told[2].contains("no budget"), "{told:?}");
    }

    #[test]
    fn a_file_that_is_no_budget_is_named() {
        let path = std::env::temp_dir().join(format!("bench-budget-{}", std::process::id()));
        fs::write(&path, "{\"page\":\"much\"}").unwrap();
        let error = Budget::read(&path).unwrap_err();
        assert!(error.contains("much") && error.contains("bench-budget"), "{error}");
        let agreed = budget([("page", 3)]);
        agreed.write(&path).unwrap();
        assert_eq!(Budget::read(&path), Ok(agreed));
        fs::remove_file(&path).unwrap();
        assert!(Budget::read(&path).unwrap_err().contains("bench-budget"));
    }
}
