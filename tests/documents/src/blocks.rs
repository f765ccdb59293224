//! The blocks of code in a Markdown text, fenced or indented.

use std::path::Path;

/// A block of code.
pub struct Block {
    /// The line of its first word, counted from 1.
    pub line: usize,
    /// What the fence names; an indented block names nothing.
    pub language: String,
    pub text: String,
}

impl Block {
    fn begin(language: &str, line: usize) -> Self {
        Self { line, language: language.to_owned(), text: String::new() }
    }
}

/// All of a text, in their order.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = vec![];
    // How far the fence that is open is indented; whether an indented block is open; how many empty lines there were last.
    let (mut fence, mut is_open, mut empty) = (None, false, 1);
    for (number, line) in markdown.lines().enumerate() {
        let words = line.trim_start();
        let indent = line.len() - words.len();
        if let Some(language) = words.strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(indent) };
            if fence.is_some() {
                blocks.push(Block::begin(language, number + 2));
            }
            (is_open, empty) = (false, 0);
        } else if let Some(indent) = fence {
            append(&mut blocks, line.get(indent..).unwrap_or_default());
        } else if words.is_empty() {
            empty += 1;
        } else if indent >= 4 && (is_open || empty > 0) {
            if !is_open {
                blocks.push(Block::begin("", number + 1));
                empty = 0;
            }
            (0..empty).for_each(|_| append(&mut blocks, ""));
            append(&mut blocks, &line[4..]);
            (is_open, empty) = (true, 0);
        } else {
            (is_open, empty) = (false, 0);
        }
    }
    blocks
}

fn append(blocks: &mut [Block], line: &str) {
    if let Some(block) = blocks.last_mut() {
        block.text += line;
        block.text.push('\n');
    }
}

/// The Markdown files below a folder: path from there, and text.
pub fn documents(root: &Path) -> Vec<(String, String)> {
    let (mut folders, mut documents) = (vec![root.to_owned()], vec![]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                // What was built or installed is of others.
                if !name.starts_with('.') && !["target", "pkg", "node_modules"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                documents.push((name, text));
            }
        }
    }
    documents.sort();
    documents
}
