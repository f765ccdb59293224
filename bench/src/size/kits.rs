//! What apps of frameworks weigh with the library and without.

use std::path::Path;

use super::weight::Weight;
use crate::markdown::markdown;

/// The table of apps, each given as its name, the folder of what has the library in it, and that of what has not.
pub fn kits(words: &[String]) -> Result<String, String> {
    let head = ["wasm and JavaScript, bytes after brotli", "without", "with", "the library", "its share, %"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for kit in words.chunks(3) {
        let [name, with, without] = kit else { return Err("an app has a name and two folders".to_owned()) };
        rows.push(row(name, Weight::of(Path::new(without))?.brotli(), Weight::of(Path::new(with))?.brotli()));
    }
    Ok(markdown(&rows))
}

fn row(name: &str, without: usize, with: usize) -> Vec<String> {
    let added = with.saturating_sub(without);
    let share = format!("{:.0}", added as f64 / with as f64 * 100.0);
    vec![name.to_owned(), without.to_string(), with.to_string(), added.to_string(), share]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_what_an_app_has_more() {
        assert_eq!(row("leptos", 60, 100), ["leptos", "60", "100", "40", "40"]);
        assert!(kits(&["leptos".to_owned()]).unwrap_err().contains("two folders"));
    }
}
