//! The file of `--config`: the same settings as the flags, by the same names, in TOML.
//!
//! Out: the flags that it stands for, so that everything is checked in one place. Targets may stand as `forward = "URL"` or as tables
//! `[[forward]]`, each with its own headers. Errors show keys and lines, and no value: some are secrets.

use std::{ffi::OsString, fmt::Display, path::Path};

use clap::{Arg, ArgAction, Command};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::text_file;

/// A flag of the file, with the id of its argument.
#[derive(Debug, PartialEq)]
pub struct Setting {
    pub id: String,
    pub words: Vec<OsString>,
}

/// How like a key must be to one that there is, to be meant by it.
const LIKE: f64 = 0.7;
/// What stands in a `[[forward]]`: `url`, and these flags without their beginning.
const OF_FORWARD: [&str; 4] = ["header", "header-file", "ca", "compression"];

/// No settings are larger than this.
const MOST: u64 = 1 << 20;

pub fn read(path: &Path, command: &Command) -> Result<Vec<Setting>, String> {
    let shown = path.display();
    let unread = |why: &dyn Display| format!("--config: {shown} cannot be read: {why}");
    let text = text_file::read(path, MOST).map_err(|error| unread(&error))?;
    let text = text.ok_or_else(|| unread(&"it is larger than 1 MiB"))?;
    settings(&text, command).map_err(|why| format!("--config {shown}: {why}"))
}

pub fn settings(text: &str, command: &Command) -> Result<Vec<Setting>, String> {
    let line = |at: usize| format!("line {}", text[..at.min(text.len())].matches('\n').count() + 1);
    let wrong = |error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        format!("{}: it is no TOML: {}", line(at), error.message())
    };
    let table = DeTable::parse(text).map_err(wrong)?;
    let mut settings = Vec::new();
    for (key, value) in table.get_ref() {
        let place = line(key.span().start);
        let name: &str = key.get_ref();
        let arguments: Vec<&Arg> = command.get_arguments().filter(|argument| in_file(argument)).collect();
        let Some(argument) = arguments.iter().find(|argument| argument.get_long() == Some(name)) else {
            let known = arguments.iter().filter_map(|argument| argument.get_long());
            return Err(format!("{place}: there is no {name:?}{}", nearest(name, known)));
        };
        let words = match (name, value.get_ref()) {
            ("forward", DeValue::Array(all)) => all.iter().map(|one| target(one, &line)).collect::<Result<Vec<_>, _>>(),
            ("forward", DeValue::Table(_)) => target(value, &line).map(|words| vec![words]),
            _ => flag(name, argument, value).map(|words| vec![words]).map_err(|why| format!("{place}: {why}")),
        };
        settings.push(Setting { id: argument.get_id().to_string(), words: words?.concat() });
    }
    // A header that stands apart belongs to the target before it.
    settings.sort_by_key(|setting| setting.id != "forward");
    Ok(settings)
}

fn in_file(argument: &Arg) -> bool {
    argument.get_long().is_some_and(|long| !["config", "help", "version"].contains(&long))
}

fn nearest<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> String {
    let likeness = |other: &str| strsim::jaro_winkler(&key.replace('_', "-"), other);
    let best = known.map(|other| (likeness(other), other)).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(likeness, _)| *likeness > LIKE)
        .map_or(String::new(), |(_, other)| format!("; do you mean {other:?}?"))
}

/// A target with what belongs to it.
fn target(value: &Spanned<DeValue<'_>>, line: &impl Fn(usize) -> String) -> Result<Vec<OsString>, String> {
    let place = line(value.span().start);
    let table = match value.get_ref() {
        DeValue::String(url) => return Ok(vec![format!("--forward={url}").into()]),
        DeValue::Table(table) => table,
        _ => return Err(format!("{place}: forward: give a URL, or a table with a url")),
    };
    let url = table.get("url").and_then(|url| url.get_ref().as_str());
    let url = url.ok_or_else(|| format!("{place}: forward: the table has no url"))?;
    let mut words = vec![format!("--forward={url}").into()];
    for (key, value) in table.iter().filter(|(key, _)| key.get_ref() != "url") {
        let (place, name) = (line(key.span().start), key.get_ref());
        let of_pair = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let value = value.get_ref().as_str()?;
            Some(format!("--forward-header={}={value}", name.get_ref()).into())
        };
        match (&**name, value.get_ref()) {
            ("headers", DeValue::Table(pairs)) => {
                let pairs: Option<Vec<_>> = pairs.iter().map(of_pair).collect();
                words.extend(pairs.ok_or_else(|| format!("{place}: headers: give each value as a text"))?);
            }
            ("headers", _) => return Err(format!("{place}: headers: give a table, like {{ x-key = \"…\" }}")),
            (name, value) if OF_FORWARD.contains(&name) => {
                let text = texts(value).ok_or_else(|| format!("{place}: {name}: give a text"))?;
                words.extend(text.iter().map(|text| format!("--forward-{name}={text}").into()));
            }
            (name, _) => {
                let known = OF_FORWARD.into_iter().chain(["url", "headers"]);
                return Err(format!("{place}: there is no {name:?} of forward{}", nearest(name, known)));
            }
        }
    }
    Ok(words)
}

fn flag(name: &str, argument: &Arg, value: &Spanned<DeValue<'_>>) -> Result<Vec<OsString>, String> {
    let takes_values = argument.get_action().takes_values();
    if let (false, DeValue::Boolean(is_set)) = (takes_values, value.get_ref()) {
        return Ok(is_set.then(|| format!("--{name}").into()).into_iter().collect());
    }
    let many = matches!(argument.get_action(), ArgAction::Append);
    let texts = texts(value.get_ref()).filter(|texts| takes_values && (many || texts.len() == 1));
    let texts = texts.ok_or_else(|| {
        let what = match (takes_values, many) {
            (false, _) => "true or false",
            (true, false) => "one text or number",
            (true, true) => "a text, or a list of texts",
        };
        format!("{name}: give {what}")
    })?;
    Ok(texts.iter().map(|text| format!("--{name}={text}").into()).collect())
}

/// A value, or each of a list, as it would stand on the command line.
fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    match value {
        DeValue::String(text) => Some(vec![text.to_string()]),
        DeValue::Integer(number) => Some(vec![number.to_string()]),
        DeValue::Float(number) => Some(vec![number.to_string()]),
        DeValue::Array(all) => {
            let all: Option<Vec<Vec<String>>> = all.iter().map(|one| texts(one.get_ref())).collect();
            Some(all?.concat())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn words(text: &str) -> Result<Vec<String>, String> {
        let settings = settings(text, &Cli::command())?;
        Ok(settings.into_iter().flat_map(|setting| setting.words).map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn a_file_without_end_is_not_read_to_it() {
        assert!(cfg!(not(unix)) || read(Path::new("/dev/zero"), &Cli::command()).unwrap_err().contains("1 MiB"));
    }

    #[test]
    fn keys_are_flags() {
        let text =
            "page-addr = '127.0.0.1:9000'\nmax-spans = 5\nmemory = true\nallow-origin = ['http://a', 'http://b']\n";
        let expected = [
            "--allow-origin=http://a",
            "--allow-origin=http://b",
            "--max-spans=5",
            "--memory",
            "--page-addr=127.0.0.1:9000",
        ];
        let mut found = words(text).unwrap();
        found.sort();
        assert_eq!(found, expected);
        assert_eq!(words("memory = false").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn targets_have_their_own_headers() {
        let text = "[[forward]]\nurl = 'http://a'\nheaders = { x-key = '1', x-two = '2' }\n[[forward]]\nurl = 'grpcs://b'\nca = 'ca.pem'\n";
        let expected = [
            "--forward=http://a",
            "--forward-header=x-key=1",
            "--forward-header=x-two=2",
            "--forward=grpcs://b",
            "--forward-ca=ca.pem",
        ];
        assert_eq!(words(text).unwrap(), expected);
        assert_eq!(words("forward = ['http://a', 'http://b']").unwrap(), ["--forward=http://a", "--forward=http://b"]);
        let apart = words("forward-header = 'x=1'\nforward = 'http://a'").unwrap();
        assert_eq!(apart, ["--forward=http://a", "--forward-header=x=1"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_nearest_key() {
        for (text, expected) in [
            ("\npage_addr = 'secret'", "line 2: there is no \"page_addr\"; do you mean \"page-addr\"?"),
            ("max-span = 1", "do you mean \"max-spans\"?"),
            ("zzz = 1", "line 1: there is no \"zzz\""),
            ("page-addr = true", "page-addr: give one text or number"),
            ("memory = 'secret'", "memory: give true or false"),
            ("x = 'secret", "line 1: it is no TOML"),
            ("[[forward]]\nheaders = { x = 'secret' }", "no url"),
            (
                "[[forward]]\nurl = 'http://a'\nheader_file = 'secret'",
                "line 3: there is no \"header_file\" of forward; do you mean",
            ),
            ("[[forward]]\nurl = 'http://a'\nheaders = { x = 1 }", "line 3: headers: give each value as a text"),
            ("config = 'secret'", "there is no \"config\""),
        ] {
            let message = words(text).unwrap_err();
            assert!(message.contains(expected) && !message.contains("secret"), "{text}: {message}");
        }
    }
}
