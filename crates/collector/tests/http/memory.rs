//! What the program takes of the machine's memory while somebody asks for as much as there is and reads none of it.

use std::{fs, io::Write, net::TcpStream};

use crate::{
    client::{authority, get, send},
    fixture::{PageDir, request, span},
    program::Started,
    run::until,
};

const TRACES: u64 = 20_000;
const CONNECTIONS: usize = 30;
/// In MiB: some for each answer that is being written, and little for those that wait or are not read. All of these answers built
/// in memory at once would take gigabytes.
const MOST: u64 = 100;

/// The largest that the resident memory has been since the last reset, in MiB.
pub fn peak(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
fn answers_that_are_not_read_do_not_fill_the_memory() {
    let page_dir = PageDir::built();
    let data = page_dir.path().join("data").display().to_string();
    let started = Started::printing(4, &page_dir, &["--data-dir", &data]);
    let viewer = started.url("viewer").trim_end_matches('/');
    let otlp = started.url("OTLP").trim_end_matches("/v1/traces");
    for thousand in 0..TRACES / 1_000 {
        let spans: Vec<_> = (1..=1_000).map(|id| span(thousand * 1_000 + id, 1, 0, "GET /", id, id + 1)).collect();
        let body = request("web", &spans);
        let headers = [("content-type", "application/json")];
        assert_eq!(send(otlp, "POST", "/v1/traces", &headers, body.as_bytes()).status, 200);
    }
    let id = started.child.id();
    fs::write(format!("/proc/{id}/clear_refs"), "5").unwrap();
    let before = peak(id);

    let v3 = "/api/v3/traces?query.service_name=web&query.search_depth=300000&query.start_time_min=2020-01-01T00:00:00Z\
        &query.start_time_max=2030-01-01T00:00:00Z";
    let asked = ["/api/list?limit=300000", "/api/traces?service=web&limit=300000", v3];
    let unread: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let mut connection = TcpStream::connect(authority(viewer)).unwrap();
            // One after the other on each connection, as fast as they are answered.
            let request = format!("GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n", asked[number % asked.len()]);
            connection.write_all(request.repeat(3).as_bytes()).unwrap();
            connection
        })
        .collect();
    // Who reads is answered all the same; all of the others have been by then, or were refused.
    for _ in 0..5 {
        until(|| get(viewer, "/api/services"), |answer| answer.status == 200);
    }
    let after = peak(id);
    assert!(after < before + MOST, "{before} MiB before, {after} MiB at most");
    drop(unread);
}
