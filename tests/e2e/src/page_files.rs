//! The page's folder with a script before its own, for a test that needs another world than the page finds. Drop removes it.

use crate::programs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub struct PageFiles {
    pub path: PathBuf,
}

impl PageFiles {
    /// The script runs on every load, before anything else of the page does.
    pub fn with_script(script: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("inprocess-page-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let files = Self { path: std::env::temp_dir().join(name) };
        let from = programs::page_dir();
        for folder in ["www", "pkg"] {
            copy(&from.join(folder), &files.path.join(folder));
        }
        let page = std::fs::read_to_string(from.join("index.html")).expect("the page can be read");
        // As a file: the page's policy lets no script stand in it.
        let with_script = page.replacen("<head>", "<head><script src=\"./www/before.js\"></script>", 1);
        assert_ne!(with_script, page, "the page has a head");
        write(&files.path.join("index.html"), &with_script);
        write(&files.path.join("www/before.js"), script);
        files
    }
}

impl Drop for PageFiles {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
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

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
}
