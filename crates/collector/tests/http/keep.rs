//! Where traces are kept: what is there after a restart, and directories that cannot be had.

use std::{fs, path::Path};

use crate::{
    client::{get, send},
    fixture::{PageDir, request, span},
    program::{ANY_PORTS, Started, output},
};

fn take(started: &Started, body: &str) {
    let otlp = started.url("OTLP").trim_end_matches("/v1/traces");
    let response = send(otlp, "POST", "/v1/traces", &[("content-type", "application/json")], body.as_bytes());
    assert_eq!((response.status, response.text()), (200, r#"{"partialSuccess":{}}"#));
}

/// The answers to questions of all kinds.
fn answers(started: &Started) -> Vec<String> {
    let viewer = started.url("viewer").trim_end_matches('/');
    let paths = [
        "/api/services",
        "/api/operations?service=web",
        "/api/traces?service=web",
        "/api/traces?service=users&tag=span.kind:internal",
        "/api/traces/2",
        "/api/v3/traces/1",
        "/api/dependencies",
    ];
    let mut answers: Vec<_> = paths.iter().map(|path| get(viewer, path).text().to_owned()).collect();
    // The version of a list is another in each run.
    let list = get(viewer, "/api/list").json();
    answers.push(format!("{}{}", list["traces"], list["totals"]));
    answers
}

fn end(started: Started) {
    assert_eq!(started.ended(Some("TERM")).0, Some(0));
}

#[test]
fn after_a_restart_every_question_has_the_same_answer() {
    let page_dir = PageDir::built();
    let started = Started::printing(4, &page_dir, &[]);
    assert_eq!(started.url("traces"), ".collector (0 traces, 0 spans kept)");
    take(&started, &request("web", &[span(1, 1, 0, "root", 0, 90), span(2, 1, 0, "other", 5, 8)]));
    take(&started, &request("users", &[span(1, 2, 1, "query", 10, 20)]));
    let before = answers(&started);
    assert!(before.iter().all(|answer| answer.len() > 60), "{before:#?}");
    end(started);
    let started = Started::printing(4, &page_dir, &[]);
    assert_eq!(started.url("traces"), ".collector (2 traces, 3 spans kept)");
    assert_eq!(answers(&started), before);
    end(started);
    let started = Started::printing(4, &page_dir, &["--memory"]);
    assert_eq!(started.url("traces"), "in memory");
    assert!(answers(&started)[2].contains("[]"));
}

/// What a collector that does not start says.
fn refusal(arguments: &[&str]) -> String {
    let refused = output(&[&ANY_PORTS, arguments].concat());
    assert_eq!(refused.status.code(), Some(1));
    String::from_utf8(refused.stderr).unwrap()
}

#[test]
fn a_directory_has_one_collector() {
    let page_dir = PageDir::built();
    let first = Started::printing(4, &page_dir, &[]);
    take(&first, &request("web", &[span(1, 1, 0, "root", 0, 90)]));
    let second = Started::printing(5, &page_dir, &[]);
    assert_eq!(second.url("traces"), "in memory", "nobody has asked for the directory");
    let note = second.url("note");
    let process = first.child.id().to_string();
    assert!([".collector", &process, "memory"].iter().all(|word| note.contains(word)), "{note}");
    take(&second, &request("web", &[span(2, 1, 0, "root", 0, 90)]));
    let directory = page_dir.path().join(".collector").display().to_string();
    let words = refusal(&["--data-dir", &directory]);
    assert!(words.starts_with("collector: another collector") && words.contains(&directory), "{words}");
    assert!(get(first.url("viewer").trim_end_matches('/'), "/api/traces/1").status == 200);
}

#[test]
fn a_directory_that_is_none_is_said() {
    let place = PageDir::empty();
    place.write("file", "");
    std::os::unix::fs::symlink("nowhere", place.path().join("link")).unwrap();
    for name in ["file", "link"] {
        let said = refusal(&["--data-dir", place.path().join(name).to_str().unwrap()]);
        assert!(said.contains("there is something of that name that is no directory"), "{said}");
    }
}

#[test]
fn what_is_there_and_is_none_of_ours_stays_as_it_is() {
    let page_dir = PageDir::built();
    let directory = page_dir.path().join("data");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("traces.redb");
    let contents: [&[u8]; 3] = [b"", b"SQLite format 3\0 and more", &[0; 100_000]];
    for content in contents {
        fs::write(&file, content).unwrap();
        let words = refusal(&["--data-dir", &directory.display().to_string()]);
        let is_said = ["traces.redb", "left as it is", "--data-dir"].iter().all(|word| words.contains(word));
        assert!(is_said, "{words}");
        assert_eq!(fs::read(&file).unwrap(), content);
    }
    let in_the_way = page_dir.path().join("index.html");
    assert!(refusal(&["--data-dir", &in_the_way.display().to_string()]).contains("index.html"));
    assert!(fs::read_to_string(&in_the_way).unwrap().starts_with("<!doctype html>"));
    let nowhere = Path::new("/proc/no-such-place");
    assert!(refusal(&["--data-dir", &nowhere.display().to_string()]).contains("cannot be kept in"));
}

#[test]
fn it_ends_with_a_reason_when_the_directory_vanishes() {
    let page_dir = PageDir::built();
    for is_asked in [true, false] {
        let started = Started::printing(4, &page_dir, &[]);
        take(&started, &request("web", &[span(1, 1, 0, "root", 0, 90)]));
        fs::remove_dir_all(page_dir.path().join(".collector")).unwrap();
        if is_asked {
            let otlp = started.url("OTLP").trim_end_matches("/v1/traces");
            let json = [("content-type", "application/json")];
            let refused = send(otlp, "POST", "/v1/traces", &json, request("web", &[]).as_bytes());
            assert!(refused.status == 503 && refused.text().contains("removed"), "{}", refused.text());
        }
        let (code, errors) = started.ended(None);
        assert_eq!(code, Some(1));
        // Who was refused may have been told of before.
        let (_, line) = errors.trim_end().rsplit_once('\n').unwrap_or(("", errors.trim_end()));
        assert!(line.starts_with("collector: ") && line.contains(".redb was removed"), "{errors}");
        assert_eq!(errors.matches("collector: ").count(), 1, "{errors}");
    }
}

#[test]
fn a_directory_with_other_files_stays_as_it_is_and_that_is_said() {
    use std::os::unix::fs::PermissionsExt;

    let page_dir = PageDir::built();
    let directory = page_dir.path().display().to_string();
    fs::set_permissions(page_dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let started = Started::printing(5, &page_dir, &["--data-dir", &directory]);
    assert!(started.url("note").contains("stays open to other users"), "{}", started.url("note"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(page_dir.path()), mode(&page_dir.path().join("traces.redb"))), (0o755, 0o600));
}
