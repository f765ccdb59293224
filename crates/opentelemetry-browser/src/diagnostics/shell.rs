//! Lines to be pasted: in goes text, out comes what bash and zsh read as that text.

/// Text as one word of a command line.
pub(super) fn word(text: &str) -> String {
    // What neither shell gives a meaning to within a word; zsh gives one to an "=" in front of it. A list in brackets is a pattern,
    // and zsh refuses one that no file matches.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A variable, for the environment of a command or an argument of `docker run -e`.
pub(super) fn variable(name: &str, value: &str) -> String {
    format!("{name}={}", word(value))
}

/// A list as Jaeger 2 and the OpenTelemetry Collector read the value of an argument: YAML, of texts.
pub(super) fn yaml_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(yaml).collect();
    format!("[{}]", items.join(","))
}

fn yaml(text: &str) -> String {
    // Words that YAML takes for something else than text.
    const RESERVED: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let is_text = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(is_plain)
        && !text.ends_with(':')
        && RESERVED.iter().all(|word| !text.eq_ignore_ascii_case(word));
    if is_text { text.to_owned() } else { format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")) }
}

#[cfg(all(test, unix))]
#[path = "shell_tests.rs"]
mod tests;
