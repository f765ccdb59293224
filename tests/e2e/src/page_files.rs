//! The page's folder with a script before its own, for a test that needs another world than the page finds. Drop removes it.

use crate::programs;
use crate::temporary::Temporary;
use std::path::Path;

pub struct PageFiles(Temporary);

impl PageFiles {
    /// The script runs on every load, before anything else of the page does.
    pub fn with_script(script: &str) -> Self {
        let folder = Temporary::folder();
        let from = programs::page_dir();
        for part in ["www", "pkg"] {
            copy(&from.join(part), &folder.path().join(part));
        }
        let page = std::fs::read_to_string(from.join("index.html")).expect("the page can be read");
        // As a file: the page's policy lets no script stand in it.
        let with_script = page.replacen("<head>", "<head><script src=\"./www/before.js\"></script>", 1);
        assert_ne!(with_script, page, "the page has a head");
        folder.write("index.html", &with_script);
        folder.write("www/before.js", script);
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{} cannot be read: {error}", from.display())) {
        let entry = entry.expect("a folder's entry can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a file has a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
