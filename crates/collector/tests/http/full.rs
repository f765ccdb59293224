//! A disk without room: what is kept can be read, the reason is said once, and it goes on by itself when there is room again.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    client::{Response, get, send},
    fixture::{PageDir, request, span},
    program::{PROGRAM, Started},
    run::until,
};

/// What there is no room for.
trait Full {
    /// The command that runs the program, with a little room in this directory.
    fn command(&self, directory: &Path) -> Command;
    /// Takes most of the room.
    fn fill(&self, started: &Started, directory: &Path);
    fn make_room(&self, started: &Started, directory: &Path);
}

/// A disk of its own, which only the program and its children see as such.
struct SmallDisk;

/// A limit on the size of each file (`ulimit -f`).
struct SmallFiles;

const MOUNT: &str = r#"mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@""#;

impl SmallDisk {
    fn can_be_had() -> bool {
        let mut command = SmallDisk.command(&std::env::temp_dir());
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn filler(started: &Started, directory: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", started.child.id()));
        root.join(directory.join("filler").strip_prefix("/").unwrap())
    }
}

impl Full for SmallDisk {
    fn command(&self, directory: &Path) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", MOUNT]).arg(directory).arg(PROGRAM);
        command
    }

    fn fill(&self, started: &Started, directory: &Path) {
        let mut file = File::create(Self::filler(started, directory)).unwrap();
        while file.write_all(&[0; 4 << 10]).is_ok() {}
    }

    fn make_room(&self, started: &Started, directory: &Path) {
        fs::remove_file(Self::filler(started, directory)).unwrap();
    }
}

impl Full for SmallFiles {
    fn command(&self, _: &Path) -> Command {
        let mut command = Command::new("prlimit");
        command.args(["--fsize=3000000:unlimited", PROGRAM]);
        command
    }

    /// The database does that itself.
    fn fill(&self, _: &Started, _: &Path) {}

    fn make_room(&self, started: &Started, _: &Path) {
        let pid = started.child.id().to_string();
        let status = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status().unwrap();
        assert!(status.success());
    }
}

#[test]
fn without_room_it_reads_and_with_room_it_writes_again() {
    without_room(&SmallFiles);
    if SmallDisk::can_be_had() {
        without_room(&SmallDisk);
    } else {
        eprintln!("this user may not mount a disk: only a limit on files was tested");
    }
}

/// What it says goes to a file on the same disk, as it may well do.
#[test]
fn a_terminal_without_room_is_no_reason_to_end() {
    let page_dir = PageDir::built();
    let command = r#"exec "$0" "$@" 2>/dev/full"#;
    let mut program = Command::new("sh");
    program.args(["-c", command, "prlimit", "--fsize=3000000:unlimited", PROGRAM]);
    let started = Started::below(program, 4, &page_dir, &[]);
    let first_refused = (1..).find(|trace| post(&started, *trace).status != 200).unwrap();
    assert_eq!(post(&started, first_refused).status, 503);
    assert_eq!(get(started.url("viewer").trim_end_matches('/'), "/api/traces/1").status, 200);
    assert_eq!(started.ended(Some("TERM")).0, Some(0));
}

/// Sends a large span.
fn post(started: &Started, trace: u64) -> Response {
    let large = format!(r#"{},"status":{{"message":"{}"}}"#, span(trace, 1, 0, "n", 0, 9), "x".repeat(100_000));
    let otlp = started.url("OTLP").trim_end_matches("/v1/traces");
    send(otlp, "POST", "/v1/traces", &[("content-type", "application/json")], request("web", &[large]).as_bytes())
}

fn without_room(full: &dyn Full) {
    let page_dir = PageDir::built();
    let directory = page_dir.path().join("data");
    fs::create_dir(&directory).unwrap();
    let data = directory.join("traces").display().to_string();
    let started = Started::below(full.command(&directory), 4, &page_dir, &["--data-dir", &data]);
    let viewer = started.url("viewer").trim_end_matches('/').to_owned();
    let post = |trace: u64| post(&started, trace);
    let readable = |trace: u64| get(&viewer, &format!("/api/traces/{trace:x}")).status;

    assert_eq!(post(1).status, 200);
    full.fill(&started, &directory);
    // Between two refusals something may find room that another one has left: what is answered is what is true.
    let (mut kept, mut refused) = (vec![1], 0);
    for trace in 2.. {
        let answer = post(trace);
        if answer.status == 200 {
            kept.push(trace);
            continue;
        }
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
        assert!(answer.text().contains("no space left"), "{}", answer.text());
        assert_eq!(readable(trace), 404);
        assert!(kept.iter().all(|kept| readable(*kept) == 200), "while it cannot write");
        refused += 1;
        if refused == 6 {
            break;
        }
    }
    let health = get(&viewer, "/healthz");
    assert_eq!((health.status, health.json()["status"].as_str()), (503, Some("degraded")));
    assert!(health.text().contains("no space left"), "{}", health.text());
    full.make_room(&started, &directory);
    assert!(kept.iter().all(|kept| readable(*kept) == 200), "before somebody has sent anything");
    // As a sender does who is told to come again.
    until(|| post(1_000), |answer| answer.status == 200);
    assert_eq!(readable(1_000), 200);
    assert_eq!(get(&viewer, "/healthz").status, 200);
    let (code, errors) = started.ended(Some("TERM"));
    assert_eq!(code, Some(0));
    let lines: Vec<_> = errors.lines().collect();
    assert!(
        lines.len() == 2 && lines.iter().all(|line| line.starts_with("traces  ") && line.contains(&data)),
        "{errors}"
    );
    assert!(
        lines[0].contains("no space left on the disk") || lines[0].contains("no space left below the limit"),
        "{errors}"
    );
    assert!(lines[1].contains("written again"), "{errors}");
}
