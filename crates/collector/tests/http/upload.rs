//! `POST /v1/traces` where the viewer comes from: files that are uploaded.

use serde_json::Value;

use crate::{
    client::{Response, authority, send},
    fixture::{Collector, request, span},
};

fn upload(base: &str, path: &str, origin: &str, body: &str) -> Response {
    let headers = [("origin", origin), ("content-type", "application/json")];
    send(base, "POST", path, &headers, body.as_bytes())
}

#[test]
fn a_trace_that_was_downloaded_is_uploaded_elsewhere() {
    let (here, there) = (Collector::start(), Collector::start());
    let attributes = r#","attributes":[{"key":"n","value":{"intValue":"9007199254740993"}},{"key":"d","value":{"doubleValue":0.1}}]"#;
    here.take(&request("web", &[span(1, 1, 0, "GET /", 0, 1_000) + attributes, span(1, 2, 1, "render", 5, 9)]));
    let path = format!("/api/v3/traces/{:032x}", 1);
    let trace = here.view(&path).json();
    let viewer = &there.addresses.viewer;
    let response = upload(viewer, "/v1/traces", viewer, &trace["result"].to_string());
    assert_eq!((response.status, response.text()), (200, r#"{"partialSuccess":{}}"#));
    assert_eq!(there.view(&path).json(), trace);
}

#[test]
fn what_is_not_taken_is_said() {
    let collector = Collector::start();
    let viewer = &collector.addresses.viewer;
    let wrong = span(1, 2, 0, "bad", 0, 1).replacen(&format!("{:032x}", 1), "xyz", 1);
    let partly = upload(viewer, "/v1/traces", viewer, &request("web", &[span(1, 1, 0, "good", 0, 1), wrong]));
    assert_eq!((partly.status, &partly.json()["partialSuccess"]["rejectedSpans"]), (200, &Value::from("1")));
    let refused = upload(viewer, "/v1/traces", viewer, r#"{"resourceSpans":{}}"#);
    assert_eq!(refused.status, 400);
    assert!(!refused.json()["message"].as_str().unwrap().is_empty());
}

#[test]
fn only_the_viewers_own_pages_upload() {
    let collector = Collector::start();
    let (page, viewer) = (&collector.addresses.page, &collector.addresses.viewer);
    let port = |url: &str| authority(url).rsplit_once(':').unwrap().1.to_owned();
    let body = request("web", &[span(1, 1, 0, "GET /", 0, 1)]);
    for (base, path, origin, status) in [
        (viewer, "/v1/traces", viewer.clone(), 200),
        (viewer, "/v1/traces", format!("http://127.0.0.1:{}", port(viewer)), 200),
        (page, "/viewer/v1/traces", page.clone(), 200),
        (viewer, "/v1/traces", page.clone(), 403),
        (page, "/viewer/v1/traces", viewer.clone(), 403),
        (viewer, "/v1/traces", "http://evil.example".into(), 403),
        (viewer, "/v1/traces", "null".into(), 403),
        (viewer, "/api/upload", viewer.clone(), 200),
        (page, "/viewer/api/upload", page.clone(), 200),
        (viewer, "/api/upload", page.clone(), 403),
        (viewer, "/api/upload", "null".into(), 403),
    ] {
        let response = upload(base, path, &origin, &body);
        assert_eq!(response.status, status, "{base}{path} from {origin}: {}", response.text());
    }
    for path in ["/v1/traces", "/api/upload"] {
        assert_eq!(collector.view(path).status, 405);
    }
}
