//! Files below a folder, by the path of a URL.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

/// The content of `path` below `folder`; none if there is no such file, or if it is none of a page's business: hidden
/// files, and what a symbolic link leads out to.
pub async fn read(folder: PathBuf, path: String) -> io::Result<Option<Vec<u8>>> {
    let work = move || match locate(&folder, &path) {
        Some(file) => std::fs::read(file).map(Some),
        None => Ok(None),
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn locate(folder: &Path, path: &str) -> Option<PathBuf> {
    // A backslash or a colon means something to Windows, and nothing in a URL of ours.
    if path.contains(['\\', ':', '\0']) || path.split('/').any(|name| name.is_empty() || name.starts_with('.')) {
        return None;
    }
    let relative = Path::new(path);
    if !relative.components().all(|component| matches!(component, Component::Normal(_))) {
        return None;
    }
    let folder = folder.canonicalize().ok()?;
    let file = folder.join(relative).canonicalize().ok()?;
    (file.starts_with(&folder) && file.is_file()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_files_below_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(locate(folder, "Cargo.toml").is_some());
        assert!(locate(folder, "src/lib.rs").is_some());
        for path in
            ["", "src", "../collector/Cargo.toml", "src/../Cargo.toml", "./Cargo.toml", "/Cargo.toml", "src//lib.rs"]
        {
            assert_eq!(locate(folder, path), None, "{path}");
        }
        for path in
            ["..\\Cargo.toml", "src\\lib.rs", "C:Cargo.toml", "Cargo.toml\0", ".hidden", "src/.hidden", "no such file"]
        {
            assert_eq!(locate(folder, path), None, "{path}");
        }
    }
}
