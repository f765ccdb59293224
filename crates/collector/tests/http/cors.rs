//! Which pages may send spans.

use crate::{
    client::{Response, authority, send},
    fixture::{Collector, request, span},
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
        let response = preflight(&collector, &origin, "content-type,x-tenant,authorization");
        assert_eq!(response.status, 204);
        assert_eq!(response.header("access-control-allow-origin"), Some(origin.as_str()));
        assert_eq!(response.header("access-control-allow-methods"), Some("POST"));
        assert_eq!(response.header("access-control-allow-headers"), Some("content-type,x-tenant,authorization"));
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
fn any_other_origin_gets_no_cors_header() {
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
        }
    }
}

#[test]
fn programs_without_an_origin_need_no_cors() {
    let collector = Collector::start();
    let response = collector.post("{}");
    assert_eq!(response.status, 200);
    assert!(!response.header_names().any(|name| name.starts_with("access-control")));
}
