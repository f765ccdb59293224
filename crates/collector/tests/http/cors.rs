//! Which pages may send spans.

use collector::AllowedOrigin;

use crate::{
    client::{Response, authority, send},
    fixture::{Collector, PageDir, config, request, span},
};

fn preflight(collector: &Collector, origin: &str, wanted: &str) -> Response {
    let headers =
        [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", wanted)];
    send(collector.otlp(), "OPTIONS", "/v1/traces", &headers, b"")
}

fn page_port(collector: &Collector) -> u16 {
    authority(&collector.addresses.page).rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn the_pages_origins_are_allowed_with_any_header() {
    let collector = Collector::start();
    let port = page_port(&collector);
    for host in ["localhost", "127.0.0.1"] {
        let origin = format!("http://{host}:{port}");
        let response = preflight(&collector, &origin, "content-type,x-tenant,authorization,traceparent");
        assert_eq!(response.status, 204);
        assert_eq!(response.header("access-control-allow-origin"), Some(origin.as_str()));
        assert_eq!(response.header("access-control-allow-methods"), Some("POST"));
        assert_eq!(
            response.header("access-control-allow-headers"),
            Some("content-type, x-tenant, authorization, traceparent")
        );
        assert_eq!(response.header("access-control-max-age"), Some("7200"));

        let body = request("shop", &[span(1, 1, 0, "root", 0, 5)]);
        let headers = [("origin", origin.as_str()), ("content-type", "application/json")];
        let response = send(collector.otlp(), "POST", "/v1/traces", &headers, body.as_bytes());
        assert_eq!(response.status, 200);
        assert_eq!(response.header("access-control-allow-origin"), Some(origin.as_str()));
        assert_eq!(response.header("access-control-expose-headers"), Some("retry-after"));
        assert_eq!(response.header("vary"), Some("origin"));

        // The page can read what went wrong, too.
        let response = send(collector.otlp(), "POST", "/v1/traces", &headers, b"x");
        assert_eq!((response.status, response.header("access-control-allow-origin")), (400, Some(origin.as_str())));
    }
}

#[test]
fn any_other_origin_is_refused_without_a_cors_header() {
    let collector = Collector::start();
    let port = page_port(&collector);
    let others = [
        "http://evil.example".to_owned(),
        "null".to_owned(),
        format!("https://localhost:{port}"),
        "http://localhost".to_owned(),
        format!("http://localhost:{port}.evil.example"),
        format!("http://localhost:{}", port - 1),
    ];
    for origin in &others {
        let post = [("origin", origin.as_str()), ("content-type", "application/json")];
        for response in
            [preflight(&collector, origin, "content-type"), send(collector.otlp(), "POST", "/v1/traces", &post, b"{}")]
        {
            let cors: Vec<_> = response.header_names().filter(|name| name.starts_with("access-control")).collect();
            assert!(cors.is_empty(), "{origin}: {cors:?}");
            assert_eq!(response.header("vary"), Some("origin"), "{origin}");
            assert_eq!(response.status, 403, "{origin}");
            let message = response.json()["message"].as_str().unwrap().to_owned();
            assert!(message.contains(origin.as_str()) && message.contains("--allow-origin"), "{message}");
        }
    }
    let body = request("evil", &[span(1, 1, 0, "planted", 0, 1)]);
    let headers = [("origin", "http://evil.example"), ("content-type", "application/json")];
    assert_eq!(send(collector.otlp(), "POST", "/v1/traces", &headers, body.as_bytes()).status, 403);
    assert_eq!(collector.view(&format!("/api/traces/{:032x}", 1)).status, 404, "nothing of it is kept");
}

/// It does nothing, so a page that is refused may read what is to be done.
/// The flag that is told has to be one that is taken.
#[test]
fn an_origin_that_no_flag_can_name_is_told_another_way() {
    let collector = Collector::start();
    let said = |origin: &str| preflight(&collector, origin, "content-type").text().to_owned();
    assert!(said("file://").contains("--allow-origin '*'"), "{}", said("file://"));
    assert!(said("tauri://localhost").contains("--allow-origin tauri://localhost"));
}

#[test]
fn the_refusal_of_a_get_can_be_read_by_any_page() {
    let collector = Collector::start();
    for (origin, flag) in [
        ("http://evil.example", "--allow-origin http://evil.example"),
        ("http://[::1]:8080", "--allow-origin 'http://[::1]:8080'"),
        ("null", "--allow-origin '*'"),
    ] {
        let response = send(collector.otlp(), "GET", "/v1/traces", &[("origin", origin)], b"");
        assert_eq!((response.status, response.header("access-control-allow-origin")), (403, Some(origin)));
        assert_eq!(response.json()["code"], 7, "a google.rpc.Status");
        let message = response.json()["message"].as_str().unwrap().to_owned();
        assert!(message.ends_with(flag), "to be pasted: {message}");
        // No flag would help there: spans go elsewhere.
        let response = send(&collector.addresses.viewer, "GET", "/v1/traces", &[("origin", origin)], b"");
        assert_eq!((response.status, response.header("access-control-allow-origin")), (403, Some(origin)));
        let expected = format!("this is the viewer; spans go to {}/v1/traces", collector.otlp());
        assert_eq!(response.json()["message"], expected);
    }
}

#[test]
fn more_origins_can_be_allowed() {
    let with = |allowed: AllowedOrigin| {
        let page_dir = PageDir::built();
        let config = collector::Config { allow_origins: vec![allowed], ..config(&page_dir) };
        Collector::with(config, page_dir)
    };
    let one = "https://app.example";
    let collector = with(AllowedOrigin::One(one.into()));
    let own = format!("http://localhost:{}", page_port(&collector));
    for (origin, status) in [(one, 204), (&own, 204), ("http://app.example", 403), ("null", 403)] {
        let response = preflight(&collector, origin, "content-type");
        assert_eq!(response.status, status, "{origin}");
        assert_eq!(response.header("access-control-allow-origin"), Some(origin).filter(|_| status == 204));
    }
    let collector = with(AllowedOrigin::Any);
    for origin in [one, "null", "http://localhost:1"] {
        assert_eq!(preflight(&collector, origin, "content-type").status, 204);
        let headers = [("origin", origin), ("content-type", "application/json")];
        let response = send(collector.otlp(), "POST", "/v1/traces", &headers, b"{}");
        assert_eq!((response.status, response.header("access-control-allow-origin")), (200, Some(origin)));
        assert_eq!(response.header("access-control-allow-credentials"), None);
    }
}

#[test]
fn headers_that_are_not_a_pages_are_not_allowed() {
    let collector = Collector::start();
    let origin = format!("http://localhost:{}", page_port(&collector));
    for (asked, allowed) in [
        ("Content-Type , X-Key,cookie,host,transfer-encoding", "content-type, x-key"),
        ("a b,x-ok,,(,", "x-ok"),
        ("", "content-type, content-encoding"),
        ("cookie", "content-type, content-encoding"),
    ] {
        let response = preflight(&collector, &origin, asked);
        assert_eq!(response.header("access-control-allow-headers"), Some(allowed), "{asked}");
    }
}

#[test]
fn programs_without_an_origin_need_no_cors() {
    let collector = Collector::start();
    let response = collector.post("{}");
    assert_eq!(response.status, 200);
    assert!(!response.header_names().any(|name| name.starts_with("access-control")));
}
