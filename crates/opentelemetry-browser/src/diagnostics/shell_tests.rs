//! What bash and zsh make of the lines that are to be pasted.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::diagnostics::judgement::judge;
use crate::platform::{Findings, Reached};

/// Text with everything in it that some shell gives a meaning to.
const AWKWARD: [&str; 12] = [
    "http://[::1]:8080",
    "http://*.example:8080",
    "http://a b.example",
    "http://$HOME.example",
    "http://it's.example",
    "http://\"quoted\".example",
    "http://`date`.example",
    "http://{a,b}.example",
    "http://a;b&c|d<e>f(g)#h!i~j^k?l\\m",
    "~root",
    "=ls",
    "",
];

/// A program that writes its arguments and what it finds in the environment to the file that `TOLD` names.
const STAND_IN: &str = "#!/bin/sh
{ for word; do printf '%s\\0' \"$word\"; done; } > \"$TOLD\"
printf '%s\\0' \"$COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS\" \"$COLLECTOR_OTLP_HTTP_CORS_ALLOWED_HEADERS\" >> \"$TOLD\"
";

/// What the stand-in for `jaeger` was told, last its two variables.
fn told(shell: &str, line: &str) -> Vec<String> {
    let id = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    let dir = std::env::temp_dir().join(format!("otel-browser-shell-{}", id.replace(['(', ')'], "")));
    fs::create_dir_all(&dir).unwrap();
    let program = dir.join("jaeger");
    fs::write(&program, STAND_IN).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let words = run(shell, line, &dir);
    fs::remove_dir_all(&dir).unwrap();
    words
}

fn run(shell: &str, line: &str, dir: &Path) -> Vec<String> {
    // Without the files of whoever runs the tests.
    let clean = if shell == "zsh" { "-f" } else { "--norc" };
    let mut command = Command::new(shell);
    command.args([clean, "-c", line]).current_dir(dir).env("TOLD", dir.join("told"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(dir.to_owned()).chain(std::env::split_paths(&path))).unwrap();
    let output = command.env("PATH", path).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{shell} cannot be started ({error}): install it (Debian: apt-get install {shell}), or run `cargo xtask test`")
    });
    assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {line}\n{output:?}");
    let told = fs::read_to_string(dir.join("told")).unwrap();
    told.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn a_word_is_one_word_in_bash_and_zsh() {
    let line: Vec<String> = AWKWARD.iter().map(|text| word(text)).collect();
    for shell in ["bash", "zsh"] {
        let mut words = told(shell, &format!("jaeger {}", line.join(" ")));
        words.truncate(AWKWARD.len());
        assert_eq!(words, AWKWARD, "{shell}");
        for text in AWKWARD {
            let line = format!("COLLECTOR_OTLP_HTTP_CORS_ALLOWED_ORIGINS={} jaeger", word(text));
            assert_eq!(told(shell, &line), [text, ""], "{shell}: {line}");
        }
    }
}

#[test]
fn what_needs_no_quotes_has_none() {
    for text in ["http://localhost:8080", "content-type,x-key", "a@b%20+c_d"] {
        assert_eq!(word(text), text);
    }
    assert_eq!(yaml_list(["http://localhost:8080", "x-key"]), "[http://localhost:8080,x-key]");
}

/// Every line of an advice to allow this page, pasted behind the name of the program, or before it.
fn pasted(shell: &str, page: &str, header: &str) {
    let findings = Findings {
        origin: Some(page.to_owned()),
        anything: Reached::Yes,
        readable: Reached::No,
        ..Findings::default()
    };
    let names = [("content-type".to_owned(), String::new()), (header.to_owned(), String::new())];
    let advice = judge("http://localhost:4318/v1/traces", &names, &findings).advice.unwrap();
    let lines: Vec<&str> = advice.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let [origins, headers, flags @ ..] = lines.as_slice() else { panic!("{advice}") };
    let headers_value = format!("content-type,{header}");
    assert_eq!(told(shell, &format!("{origins} {headers} jaeger")), [page, &headers_value], "{shell}: {advice}");
    let mut words = told(shell, &format!("jaeger {}", flags.join(" ")));
    words.truncate(flags.len());
    let yaml = |key: &str, list: &[&str]| {
        let prefix = format!("--set=receivers.otlp.protocols.http.cors.{key}=");
        let value = words.iter().find_map(|word| word.strip_prefix(&prefix)).unwrap_or_else(|| panic!("{words:?}"));
        assert_eq!(texts(value), list, "{value}");
    };
    yaml("allowed_origins", &[page]);
    yaml("allowed_headers", &["content-type", header]);
    assert_eq!(words[0], format!("--collector.otlp.http.cors.allowed-origins={page}"));
    assert_eq!(words[1], format!("--collector.otlp.http.cors.allowed-headers={headers_value}"));
    assert_eq!(words.len(), 4);
}

/// The items of a YAML flow sequence, of which this reads no more than plain and double-quoted texts.
fn texts(value: &str) -> Vec<String> {
    let mut rest = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap();
    let mut items = Vec::new();
    while !rest.is_empty() {
        let mut quoted = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let end = match rest.starts_with('"') {
            true => {
                items.push(quoted.next().unwrap().unwrap());
                quoted.byte_offset()
            }
            false => {
                let end = rest.find(',').unwrap_or(rest.len());
                assert!(!rest[..end].contains(['[', ']', '{', '}', '"', '\'', '&', '*', '#']), "no plain text: {rest}");
                items.push(rest[..end].to_owned());
                end
            }
        };
        rest = rest[end..].strip_prefix(',').unwrap_or(&rest[end..]);
    }
    items
}

#[test]
fn every_line_of_an_advice_can_be_pasted() {
    for shell in ["bash", "zsh"] {
        for page in AWKWARD.iter().filter(|page| page.starts_with("http") && !page.contains(['"', '\\'])) {
            pasted(shell, page, "x-api-key");
        }
        for header in ["x!y", "a'b", "*", "y", "null", "`x`", "$x", "~"] {
            pasted(shell, "http://localhost:8080", header);
        }
    }
}
