//! What web pages may ask of each port, as browsers say what they are.

use crate::{
    client::{Response, authority, send},
    fixture::{Collector, request, span},
};

/// What browsers say of a request that a page elsewhere has caused.
const FOREIGN: [&str; 3] = ["cross-site", "same-site", "whatever-comes-next"];

fn fetched(base: &str, method: &str, path: &str, site: &str) -> Response {
    let headers = [("sec-fetch-site", site), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "empty")];
    send(base, method, path, &headers, b"")
}

fn visited(base: &str, path: &str, dest: &str) -> Response {
    let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", dest)];
    send(base, "GET", path, &headers, b"")
}

#[test]
fn what_pages_elsewhere_fetch_is_refused_on_every_router() {
    let collector = Collector::start();
    collector.take(&request("web", &[span(1, 1, 0, "GET /", 0, 5)]));
    let (page, viewer) = (&collector.addresses.page, &collector.addresses.viewer);
    let trace = format!("{:032x}", 1);
    let paths =
        ["/api/list?limit=300000", "/api/services", "/api/live", &format!("/api/v3/traces/{trace}"), "/app/main.js"];
    let below = paths.map(|path| (page, format!("/viewer{path}")));
    let all = paths.map(|path| (viewer, path.to_owned())).into_iter().chain(below);
    let pages = ["/", "/www/app.js", "/pkg/inprocess_bg.wasm", "/viewer"].map(|path| (page, path.to_owned()));
    for (base, path) in all.chain(pages).chain([(viewer, "/".to_owned())]) {
        for site in FOREIGN {
            let refused = fetched(base, "GET", &path, site);
            assert_eq!(refused.status, 403, "{base}{path} {site}");
            assert!(refused.text().contains("another site may not ask"), "{}", refused.text());
            assert_eq!(refused.header("cross-origin-resource-policy"), Some("same-origin"));
        }
        if !path.ends_with("/live") {
            for site in ["same-origin", "none"] {
                assert_eq!(fetched(base, "GET", &path, site).status, 200, "{base}{path} {site}");
            }
            assert_eq!(send(base, "GET", &path, &[], b"").status, 200, "{base}{path} of a program");
        }
    }
    for site in FOREIGN {
        for (method, path) in [("GET", "/v1/traces"), ("POST", "/v1/traces"), ("HEAD", "/"), ("GET", "/")] {
            assert_eq!(fetched(collector.otlp(), method, path, site).status, 403, "{method} {path} {site}");
        }
    }
}

#[test]
fn a_link_from_elsewhere_leads_to_every_page_and_to_nothing_else() {
    let collector = Collector::start();
    collector.take(&request("web", &[span(1, 1, 0, "GET /", 0, 5)]));
    let (page, viewer) = (&collector.addresses.page, &collector.addresses.viewer);
    let trace = format!("/trace/{:032x}", 1);
    let below = |path: &str| format!("/viewer{path}");
    for (base, path) in [
        (page, "/".to_owned()),
        (page, "/index.html".into()),
        (page, "/viewer".into()),
        (page, below(&trace)),
        (viewer, "/".into()),
        (viewer, "/?service=web".into()),
        (viewer, trace.clone()),
        (viewer, "/compare".into()),
        (viewer, "/map".into()),
    ] {
        assert_eq!(visited(base, &path, "document").status, 200, "{base}{path}");
        assert_eq!(visited(base, &path, "iframe").status, 403, "{base}{path}");
    }
    let api = format!("/api/traces/{:032x}", 1);
    for (base, path) in
        [(viewer, api.clone()), (page, below(&api)), (viewer, "/api/list".into()), (viewer, "/v1/traces".into())]
    {
        assert_eq!(visited(base, &path, "document").status, 403, "{base}{path}");
    }
    let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(send(viewer, "POST", "/", &headers, b"").status, 403, "a form");
}

#[test]
fn pages_that_may_send_spans_are_same_site_and_admitted() {
    let collector = Collector::start();
    let own = &collector.addresses.page;
    let body = request("web", &[span(1, 1, 0, "GET /", 0, 5)]);
    for site in ["same-site", "cross-site"] {
        let with = |origin: &str, more: &[(&str, &str)], method: &str| {
            let headers = [("origin", origin), ("sec-fetch-site", site), ("sec-fetch-mode", "cors")];
            send(collector.otlp(), method, "/v1/traces", &[&headers, more].concat(), body.as_bytes())
        };
        let (json, preflight) = (("content-type", "application/json"), ("access-control-request-method", "POST"));
        assert_eq!(with(own, &[json], "POST").status, 200);
        assert_eq!(with(own, &[preflight], "OPTIONS").status, 204);
        assert_eq!(with(own, &[], "GET").status, 405, "admitted, though it asks for nothing that is here");
        assert_eq!(with("http://evil.example", &[json], "POST").status, 403);
        assert_eq!(with("http://evil.example", &[preflight], "OPTIONS").status, 403);
    }
}

/// Older browsers say no more than the origin; so do all where this machine has another name than localhost.
#[test]
fn without_fetch_metadata_the_origin_tells() {
    let collector = Collector::start();
    let viewer = &collector.addresses.viewer;
    let other = format!("http://127.0.0.1:{}", authority(viewer).rsplit_once(':').unwrap().1);
    for (origin, status) in [(viewer.as_str(), 200), (&other, 200), ("http://evil.example", 403), ("null", 403)] {
        assert_eq!(send(viewer, "GET", "/api/services", &[("origin", origin)], b"").status, status, "{origin}");
    }
    let named = [("origin", "https://traces.example"), ("sec-fetch-site", "same-origin")];
    assert_eq!(send(viewer, "GET", "/api/services", &named, b"").status, 200, "behind a proxy that adds https");
}
