//! Spans that are made to break a viewer are shown as text.

use crate::{
    client::send,
    fixture::{Collector, request, span},
};

/// Markup, quotes, what ends a script or a title, a terminal's escape, and marks that turn the text around.
const HOSTILE: &str = r#"</title></bdi><script>alert(1)</script><img src=x onerror=alert(2)>\"' onload=\"alert(3)\u0000\u001b[31m\u202eoof\u2066"#;

/// A span with hostile text in every field that takes text.
fn hostile_request() -> String {
    let attributes = format!(
        r#"[{{"key":"{HOSTILE}","value":{{"stringValue":"{HOSTILE}"}}}},
        {{"key":"array","value":{{"arrayValue":{{"values":[{{"stringValue":"{HOSTILE}"}}]}}}}}},
        {{"key":"map","value":{{"kvlistValue":{{"values":[{{"key":"{HOSTILE}","value":{{"stringValue":"{HOSTILE}"}}}}]}}}}}}]"#
    );
    let span = span(0xbad, 1, 0, HOSTILE, 0, 10)
        + &format!(
            r#","traceState":"{HOSTILE}","status":{{"code":2,"message":"{HOSTILE}"}},"attributes":{attributes},
            "events":[{{"name":"{HOSTILE}","timeUnixNano":"0","attributes":{attributes}}}],
            "links":[{{"traceId":"<b>","spanId":"</b>","traceState":"{HOSTILE}","attributes":{attributes}}}]"#
        );
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{HOSTILE}"}}}},
        {{"key":"{HOSTILE}","value":{{"stringValue":"{HOSTILE}"}}}}]}},
        "scopeSpans":[{{"scope":{{"name":"{HOSTILE}","version":"{HOSTILE}","attributes":{attributes}}},"spans":[{{{span}}}]}}]}}]}}"#
    )
}

#[test]
fn markup_in_every_field_stays_text() {
    let collector = Collector::start();
    collector.take(&hostile_request());
    let path = format!("/trace/{:032x}", 0xbad);
    for html in [collector.view(&path), collector.page(&format!("/viewer{path}"))] {
        let html = html.text();
        for tag in ["<script>", "<img", "</noscript><", "</title></bdi>"] {
            assert!(!html.contains(tag), "{tag}");
        }
        let own = html.matches("/app/early.js\"></script>").count() + html.matches("/app/main.js\"></script>").count();
        assert_eq!((own, html.matches("<script").count()), (2, 2), "the viewer's two scripts and no other");
        // The title is all that the page says of the spans.
        let title = html.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        assert!(
            title.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && title.contains("␀␛[31m\\u{202e}oof"),
            "{title}"
        );
        assert!(!html.contains(['\0', '\u{1b}', '\u{202e}', '\u{2066}']), "invisible characters are shown");
        assert_eq!(html.matches("alert").count(), title.matches("alert").count());
        // Every quote of the text is escaped: what is left belongs to the pages themselves.
        assert!(!html.contains("\" onload") && !html.contains("' onload"));
    }
    let json = collector.view(&format!("/api{}", path.replace("trace/", "traces/")));
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert!(json.json()["data"][0]["spans"][0]["operationName"].as_str().unwrap().contains("<script>"));
}

#[test]
fn megabytes_of_text_and_many_entries() {
    let collector = Collector::start();
    let long = "x".repeat(1 << 20);
    let attributes: Vec<String> =
        (0..5_000).map(|key| format!(r#"{{"key":"k{key}.","value":{{"stringValue":"v"}}}}"#)).collect();
    let events = vec!["{}"; 5_000].join(",");
    let first = span(3, 1, 0, &long, 0, 10)
        + &format!(
            r#","attributes":[{{"key":"{long}","value":{{"stringValue":"{long}"}}}}],"status":{{"code":2,"message":"{long}"}}"#
        );
    let second =
        span(3, 2, 1, "many", 0, 10) + &format!(r#","attributes":[{}],"events":[{events}]"#, attributes.join(","));
    collector.take(&request(&long, &[first, second]));
    let page = collector.view(&format!("/trace/{:032x}", 3));
    assert_eq!(page.status, 200);
    assert!(page.body.len() < 10_000, "{} bytes", page.body.len());
    let json = collector.view(&format!("/api/traces/{:032x}", 3)).json();
    let spans = &json["data"][0]["spans"];
    assert_eq!(spans[0]["operationName"].as_str().unwrap().len(), 1 << 20, "the JSON has all");
    assert_eq!(spans[1]["logs"].as_array().map(Vec::len), Some(5_000));
}

#[test]
fn deep_chains_cycles_orphans_and_times_that_make_no_sense() {
    let collector = Collector::start();
    let spans = |trace: u64| {
        let json = collector.view(&format!("/api/traces/{trace}")).json();
        json["data"][0]["spans"].as_array().unwrap().clone()
    };
    let deep: Vec<String> = (1..=500).rev().map(|id| span(1, id, id - 1, "deep", id, 1000 - id)).collect();
    collector.take(&request("web", &deep));
    assert_eq!(spans(1).len(), 500);

    let cycle = [
        span(2, 1, 2, "a", 0, 1),
        span(2, 2, 1, "b", 1, 2),
        span(2, 3, 3, "self", 2, 3),
        span(2, 4, 99, "orphan", 3, 4),
    ];
    collector.take(&request("web", &cycle));
    let warned = |spans: &[serde_json::Value]| spans.iter().filter(|span| !span["warnings"].is_null()).count();
    assert_eq!((spans(2).len(), warned(&spans(2))), (4, 1), "of the orphan");
    assert_eq!(collector.view("/trace/2").status, 200);
    assert_eq!(collector.view("/api/list?operation=orphan").json()["traces"][0]["root"]["missing"], true);

    let times = |start: &str, end: &str, id: u64| {
        format!(
            r#""traceId":"{:032x}","spanId":"{id:016x}","startTimeUnixNano":"{start}","endTimeUnixNano":"{end}""#,
            4
        )
    };
    let max = u64::MAX.to_string();
    let given = [times(&max, "0", 1), times("0", &max, 2), times(&max, &max, 3), times("0", "0", 4)];
    assert_eq!(collector.post(&request("web", &given)).json()["partialSuccess"]["rejectedSpans"], "0");
    assert_eq!((spans(4).len(), warned(&spans(4))), (4, 1), "of the one that ends before it starts");
    assert!(spans(4).iter().all(|span| span["duration"].is_u64()));
    assert_eq!(collector.view("/trace/4").status, 200);
}

#[test]
fn many_different_resources_in_one_trace() {
    let collector = Collector::start();
    let resource = |id: u64| {
        let request = request(&format!("service {id}"), &[span(1, id, u64::from(id > 1), "s", id, id + 1)]);
        request.strip_prefix(r#"{"resourceSpans":["#).unwrap().strip_suffix("]}").unwrap().to_owned()
    };
    let all: Vec<String> = (1..=20_000).map(resource).collect();
    collector.take(&format!(r#"{{"resourceSpans":[{}]}}"#, all.join(",")));
    let list = collector.view("/api/list");
    assert!(list.json()["traces"][0]["serviceCount"] == 20_000 && list.body.len() < 10_000, "{}", list.text());
    let trace = collector.view("/api/traces/1").json();
    assert_eq!(trace["data"][0]["processes"].as_object().map(serde_json::Map::len), Some(20_000));
}

#[test]
fn nonsense_instead_of_http() {
    let collector = Collector::start();
    for path in ["/%", "/%zz", "/trace/%", "/?from=%", "/api/traces/%00", "/\u{7f}"] {
        let status = send(&collector.addresses.viewer, "GET", path, &[], b"").status;
        assert!((200..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(collector.view("/").status, 200);
}
