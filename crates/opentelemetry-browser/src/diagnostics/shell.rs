//! Lines to be pasted: in goes text, out comes what bash and zsh read as that text.

/// Text as one word of a command line, or as the end of one.
pub(super) fn word(text: &str) -> String {
    // What neither shell gives a meaning to within a word. A list in brackets is a pattern, and zsh refuses one that no file
    // matches.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut word = String::from("'");
    for part in text.split_inclusive('\'') {
        word.push_str(part);
        if part.ends_with('\'') {
            word.push_str(r"\''");
        }
    }
    word.push('\'');
    word
}

/// A list as Jaeger 2 and the OpenTelemetry Collector read the value of an argument: YAML, of texts.
pub(super) fn yaml_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let mut list = String::from("[");
    for item in items {
        if list.len() > 1 {
            list.push(',');
        }
        push_yaml(&mut list, item);
    }
    list.push(']');
    list
}

/// Neither an origin nor the name of a header has a `"` or a `\` in it.
fn push_yaml(list: &mut String, text: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    // Words that YAML takes for something else than text, such as null, have neither of these within.
    let is_text = text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && text.bytes().all(is_plain)
        && text.bytes().any(|byte| byte == b'-' || byte == b'/');
    let quote = if is_text { "" } else { "\"" };
    for part in [quote, text, quote] {
        list.push_str(part);
    }
}

#[cfg(all(test, unix))]
#[path = "shell_tests.rs"]
mod tests;
