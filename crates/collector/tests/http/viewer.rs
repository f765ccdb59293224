//! The pages for people.

use crate::{
    client::send,
    fixture::{Collector, request, span},
};

fn lookups(collector: &Collector) {
    collector.take(&request("web", &[span(1, 1, 0, "first", 0, 10)]));
    collector.take(&request("web", &[span(2, 1, 0, "GetUser", 1000, 2500), span(2, 2, 1, "GetInfo", 1100, 1350)]));
}

#[test]
fn pages_are_built_by_the_script_and_say_so_where_it_does_not_run() {
    let collector = Collector::start();
    let empty = collector.view("/");
    lookups(&collector);
    let (id, missing) = (format!("{:032x}", 2), "nothing of the traces is in the page");
    for (path, title) in [
        ("/", "Traces"),
        (&format!("/trace/{id}"), "GetUser"),
        ("/compare", "Compare traces"),
        ("/map", "Map of services"),
    ] {
        let page = collector.view(path);
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
        assert!(policy.ends_with("; require-trusted-types-for 'script'; trusted-types 'none'"), "{policy}");
        let html = page.text();
        assert!(html.contains(&format!("<title>{title} – Collector</title>")), "{html}");
        assert!(html.contains("<script type=\"module\" src=\"/app/main.js\"></script>"));
        assert_eq!(
            html.matches("<script").count(),
            html.matches("<script src=\"/app/").count() + 1,
            "none in the page itself"
        );
        assert!(!html.contains("style=") && !html.contains("<style"));
        assert!(!html.contains("GetInfo"), "{missing}");
        let instead = html.split_once("<noscript>").unwrap().1.split_once("</noscript>").unwrap().0;
        for words in ["needs JavaScript", "href=\"/api/list\"", "/api/traces?service=NAME"] {
            assert!(instead.contains(words), "{path}: {instead}");
        }
        // What it names is there.
        for link in instead.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(collector.view(link).status, 200, "{path}: {link}");
        }
    }
    assert_eq!(collector.view("/").text(), empty.text(), "{missing}");
    for url in [
        format!("data-page-url=\"{}/\"", collector.addresses.page),
        format!("data-otlp-url=\"{}/v1/traces\"", collector.otlp()),
    ] {
        assert!(empty.text().contains(&url), "{url}");
    }
    let trace = collector.view(&format!("/trace/{id}"));
    for link in [format!("/api/traces/{id}"), format!("/api/v3/traces/{id}")] {
        assert!(trace.text().contains(&format!("href=\"{link}\"")), "{link}");
    }
    assert_eq!(collector.view("/trace/2").text(), trace.text(), "zeros in front may be missing");
    assert_eq!(collector.view(&format!("/trace/{id}?uiFind=x&from=y")).text(), trace.text());
}

#[test]
fn the_same_pages_are_below_viewer_on_the_pages_port() {
    let collector = Collector::start();
    lookups(&collector);
    let list = collector.page("/viewer");
    assert_eq!(list.status, 200);
    assert!(list.text().contains("href=\"/viewer/api/list\"") && list.text().contains("data-base=\"/viewer\""));
    assert_eq!(list.header("content-security-policy").unwrap().find("wasm"), None, "the viewer's own policy");
    assert_eq!(collector.page("/viewer/").header("location"), Some("/viewer"));
    let trace = collector.page("/viewer/trace/00000000000000000000000000000002");
    assert!(
        trace.status == 200 && trace.text().contains("href=\"/viewer/api/traces/00000000000000000000000000000002\"")
    );
    for path in ["/viewer/app/style/shell.css", "/viewer/icon.svg", "/viewer/api/services"] {
        assert_eq!(collector.page(path).status, 200, "{path}");
    }
    assert_eq!(collector.page("/viewer/nothing").status, 404);
}

#[test]
fn the_script_and_its_styles_are_below_app() {
    let collector = Collector::start();
    for (path, media_type) in
        [("/app/main.js", "text/javascript; charset=utf-8"), ("/app/style/tokens.css", "text/css; charset=utf-8")]
    {
        let file = collector.view(path);
        assert_eq!((file.status, file.header("content-type")), (200, Some(media_type)));
        let tag = file.header("etag").unwrap();
        let again = send(&collector.addresses.viewer, "GET", path, &[("if-none-match", tag)], b"");
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        assert_eq!(collector.page(&format!("/viewer{path}")).text(), file.text());
    }
    for path in ["/app/", "/app/nothing.js", "/app/..%2fCargo.toml", "/app/style"] {
        assert_eq!(collector.view(path).status, 404, "{path}");
    }
}

#[test]
fn ids_that_are_none_and_traces_that_are_not_here() {
    let collector = Collector::start();
    let zero = "0".repeat(32);
    for id in ["xyz", "%3Cscript%3E", "00af7651916cd43dd8448eb211c80319c", zero.as_str(), "%ff"] {
        let page = collector.view(&format!("/trace/{id}"));
        assert_eq!(page.status, 400, "{id}");
        assert!(!page.text().contains("<script>"), "{}", page.text());
    }
    assert!(collector.view("/trace/xyz").text().contains("32 hex digits"));
    let page = collector.view("/trace/0AF7651916CD43DD8448EB211C80319C");
    assert_eq!(page.status, 404);
    for word in ["0af7651916cd43dd8448eb211c80319c", "Flush", "endpoint", "memory"] {
        assert!(page.text().contains(word), "{word}");
    }
    assert_eq!(collector.view("/nothing").status, 404);
    assert_eq!(send(&collector.addresses.viewer, "POST", "/", &[], b"").status, 405);
}
