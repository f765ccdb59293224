//! The pages for people.

use crate::{
    client::{get, send},
    fixture::{Collector, request, span},
};

fn lookups(collector: &Collector) {
    let failed = span(2, 1, 0, "GetUser", 1000, 2500)
        + r#","attributes":[{"key":"user.id","value":{"intValue":"1"}},{"key":"user.found","value":{"boolValue":false}}],
            "status":{"code":2,"message":"user 1 not found"},
            "events":[{"timeUnixNano":"1700000000001100000","name":"exception",
            "attributes":[{"key":"exception.message","value":{"stringValue":"no such row"}}]}],
            "droppedAttributesCount":3,"droppedLinksCount":1,"links":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000001"}]"#;
    collector.take(&request("web", &[span(1, 1, 0, "first", 0, 10)]));
    collector.take(&request("web", &[failed, span(2, 3, 1, "GetDetail", 1400, 1500)]));
    collector.take(&request("users", &[span(2, 2, 1, "GetInfo", 1100, 1350), span(2, 4, 2, "query", 1200, 1201)]));
}

#[test]
fn the_list_shows_the_newest_first() {
    let collector = Collector::start();
    assert!(collector.view("/").text().contains("There are none yet"));
    lookups(&collector);
    let list = collector.view("/");
    assert_eq!((list.status, list.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let html = list.text();
    let order =
        ["/trace/00000000000000000000000000000002", "GetUser", "users", "(2)", "web", "1.50 ms", "4 spans", "1 error"];
    let rest =
        ["2023-11-14 22:13:20.001 UTC", "/trace/00000000000000000000000000000001", "first", "10.0 µs", "1 span<"];
    let mut from = 0;
    for word in order.iter().chain(&rest) {
        from += html[from..].find(word).unwrap_or_else(|| panic!("{word} after {from}: {html}")) + word.len();
    }
    assert!(
        list.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'; script-src 'self'; style-src 'self'")
    );
}

#[test]
fn a_trace_is_an_indented_tree_with_all_there_is_to_know() {
    let collector = Collector::start();
    lookups(&collector);
    let page = collector.view("/trace/00000000000000000000000000000002");
    assert_eq!(page.status, 200);
    let html = page.text();
    let rows: Vec<&str> = html.split("<li class=\"row").skip(1).collect();
    let expected = [
        (" error d0", "GetUser", "1.50 ms"),
        (" d1", "GetInfo", "250 µs"),
        (" d2", "query", "1.00 µs"),
        (" d1", "GetDetail", "100 µs"),
    ];
    assert_eq!(rows.len(), expected.len());
    for (row, (class, name, duration)) in rows.iter().zip(expected) {
        assert!(row.starts_with(&format!("{class}\"")), "{row}");
        assert!(
            row.contains(&format!("<bdi class=\"name\">{name}</bdi>")) && row.contains(&format!(">{duration}<")),
            "{row}"
        );
    }
    for word in [
        "user 1 not found",
        "user.found",
        "false",
        "exception.message",
        "no such row",
        "+100 µs",
        "href=\"/trace/00000000000000000000000000000001\"",
        "internal",
        "service.name",
        "lib",
        "1 error",
        "2 services",
        "3 levels",
        "3 attributes, 1 link",
    ] {
        assert!(html.contains(word), "{word}");
    }
    assert!(!html.contains("style=") && !html.contains("<style"));
    assert!(
        html.matches("<script").count() == html.matches("<script src=\"/app/").count() + 1,
        "no script in the page itself"
    );
    assert!(html.contains("<script type=\"module\" src=\"/app/main.js\"></script>"));
    assert_eq!(collector.view("/trace/0000000000000002").text(), html, "16 digits are the lower half");
}

#[test]
fn the_same_pages_are_below_viewer_on_the_pages_port() {
    let collector = Collector::start();
    lookups(&collector);
    let list = collector.page("/viewer");
    assert_eq!(list.status, 200);
    assert!(list.text().contains("href=\"/viewer/trace/00000000000000000000000000000002\""));
    assert!(list.text().contains("href=\"/viewer/viewer.css\""));
    assert_eq!(list.header("content-security-policy").unwrap().find("wasm"), None, "the viewer's own policy");
    assert_eq!(collector.page("/viewer/").header("location"), Some("/viewer"));
    let trace = collector.page("/viewer/trace/00000000000000000000000000000002");
    assert!(
        trace.status == 200 && trace.text().contains("href=\"/viewer/api/traces/00000000000000000000000000000002\"")
    );
    for path in ["/viewer/viewer.css", "/viewer/icon.svg", "/viewer/api/services"] {
        assert_eq!(collector.page(path).status, 200, "{path}");
    }
    let style = collector.view("/viewer.css");
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
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
    for path in ["/compare", "/map"] {
        assert!(collector.view(path).text().contains("needs JavaScript"), "{path}");
        assert!(collector.page(&format!("/viewer{path}")).text().contains("data-base=\"/viewer\""));
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

#[test]
fn long_traces_come_in_pages() {
    let collector = Collector::start();
    let spans: Vec<String> =
        (1..=2_500).map(|id| span(5, id, u64::from(id > 1), &format!("s{id}."), id, id + 1)).collect();
    collector.take(&request("web", &spans));
    let path = "/trace/00000000000000000000000000000005";
    let mut seen = 0;
    for from in [0, 1000, 2000] {
        let page = get(&collector.addresses.viewer, &format!("{path}?from={from}"));
        let html = page.text();
        seen += html.matches("<li class=\"row").count();
        assert!(html.contains(&format!("<bdi class=\"name\">s{}.</bdi>", from + 1)), "{from}");
        assert_eq!(html.contains(&format!("href=\"?from={}\"", from + 1000)), from < 2000);
    }
    assert_eq!(seen, 2_500);
    assert!(collector.view(&format!("{path}?from=9999")).text().contains("only 2500 spans"));
    assert_eq!(collector.view(&format!("{path}?from=x")).status, 400);
}
