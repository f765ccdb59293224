//! Sections of docs/benchmarks.md that are written each by a command of its own: what stands between two comments.

use std::fs;
use std::path::Path;

/// The sections that the side-by-side comparison leaves as they are.
pub const KEPT: [&str; 4] = ["sizes", "kits", "cold", "instrumentations"];

/// The text between a section's comments.
pub fn section<'text>(text: &'text str, name: &str) -> Result<&'text str, String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let inner = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end));
    inner.map(|(inner, _)| inner).ok_or_else(|| format!("there is no section between `{begin}` and `{end}`"))
}

/// The text with another section in the place of the one that it has.
pub fn with_section(text: &str, name: &str, content: &str) -> Result<String, String> {
    let begin = section(text, name)?.as_ptr() as usize - text.as_ptr() as usize;
    Ok(format!("{}{content}{}", &text[..begin], &text[begin + section(text, name)?.len()..]))
}

/// Prints a section of the report, and writes it anew where there is a folder of documents.
pub fn publish(docs: Option<&Path>, name: &str, content: &str) -> Result<(), String> {
    println!("\n{content}");
    docs.map_or(Ok(()), |docs| rewrite(&docs.join("benchmarks.md"), name, content))
}

/// Writes a section of a file anew.
pub fn rewrite(path: &Path, name: &str, content: &str) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    let text = with_section(&text, name, content).map_err(|error| failed(&error))?;
    fs::write(path, text).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_stays() {
        let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        assert_eq!(section(text, "x").unwrap(), "old\n");
        assert_eq!(with_section(text, "x", "new\n").unwrap(), text.replace("old", "new"));
        assert!(with_section(text, "y", "").unwrap_err().contains("<!-- y -->"));
    }

    #[test]
    fn the_report_has_the_sections() {
        let report = include_str!("compare/method.md");
        assert!(KEPT.iter().all(|name| section(report, name).is_ok()));
    }
}
