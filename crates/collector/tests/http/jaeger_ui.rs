//! What else Jaeger's UI of today (2.19 and later) asks for on its pages for a trace, a comparison and the services, and where its
//! links lead. The answers are in the form that it reads.

use serde_json::{Value, json};

use crate::{client::get, fixture::Collector, trace_summaries::collector};

#[test]
fn names_for_the_form() {
    let collector = collector();
    let services = collector.view("/api/v3/services");
    assert_eq!((services.status, services.json()), (200, json!({ "services": ["db", "mail", "users", "web"] })));
    let operations = collector.view("/api/v3/operations?service=db");
    let expected = json!({ "operations": [{ "name": "select", "spanKind": "internal" }] });
    assert_eq!((operations.status, operations.json()), (200, expected));
    let empty = Collector::start();
    assert_eq!(empty.view("/api/v3/services").json(), json!({ "services": [] }));
    assert_eq!(empty.view("/api/v3/operations?service=nobody").json(), json!({ "operations": [] }));
}

/// For a trace's page, and twice for a comparison.
#[test]
fn a_trace_as_the_ui_reads_it() {
    let collector = collector();
    let path = format!("/api/traces/{:032x}", 1);
    let answer = collector.view(&path);
    let json = answer.json();
    assert_eq!((answer.status, &json["errors"], json["data"].as_array().map(Vec::len)), (200, &Value::Null, Some(1)));
    let trace = &json["data"][0];
    assert_eq!(trace["spans"].as_array().map(Vec::len), Some(6));
    for span in trace["spans"].as_array().unwrap() {
        assert!(span["startTime"].is_u64() && span["duration"].is_u64(), "{span}");
        assert!(["references", "tags", "logs"].iter().all(|list| span[*list].is_array()), "{span}");
        let process = &trace["processes"][span["processID"].as_str().unwrap()];
        assert!(process["serviceName"].is_string() && process["tags"].is_array(), "{span}");
    }
    assert_eq!(collector.view(&format!("{path}?raw=true&prettyPrint=true")).json(), json, "its JSON links");
    let missing = collector.view(&format!("/api/traces/{:032x}", 77));
    assert_eq!((missing.status, &missing.json()["errors"][0]["code"]), (404, &json!(404)));
}

/// For the graph of services: up to now, by default a week of them.
#[test]
fn dependencies_as_the_ui_reads_them() {
    let collector = collector();
    let answer = collector.view("/api/dependencies?endTs=1700000001000&lookback=604800000");
    let call = |parent: &str, child: &str, calls: u64| json!({ "parent": parent, "child": child, "callCount": calls });
    assert_eq!(
        (answer.status, &answer.json()["data"]),
        (200, &json!([call("users", "db", 2), call("web", "users", 1)]))
    );
}

/// Each link of Jaeger's UI leads to the page that shows the same.
#[test]
fn its_links_lead_to_the_viewers_pages() {
    let collector = collector();
    let id = format!("{:032x}", 1);
    for (from, to) in [
        ("/search", "/"),
        (
            "/search?end=1700000003600000&limit=20&lookback=1h&maxDuration&minDuration=1ms&operation=GET%20%2F&service=web&start=1700000000000000&tags=%7B%22error%22%3A%22true%22%7D",
            "/?service=web&operation=GET+%2F&start=1700000000000000&end=1700000003600000&lookback=1h&minDuration=1ms&limit=20&tags=%7B%22error%22%3A%22true%22%7D",
        ),
        ("/search/?service=web&lookback=2d&operation=all", "/?service=web&lookback=2d"),
        ("/search?traceID=1", "/trace/1"),
        ("/dependencies", "/map"),
        ("/trace/1...3", "/compare?a=1&b=3"),
        ("/trace/1...3?cohort=1&cohort=3", "/compare?a=1&b=3"),
        ("/trace/...3/", "/compare?b=3"),
        ("/trace/1/", &format!("/trace/{id}")),
        ("/trace/1/?uiFind=a%20b&x", &format!("/trace/{id}?uiFind=a%20b&x")),
    ] {
        let below = match to.strip_prefix('/') {
            Some(list) if list.is_empty() || list.starts_with('?') => format!("/viewer{list}"),
            _ => format!("/viewer{to}"),
        };
        let viewers = [
            (&collector.addresses.viewer, from.to_owned(), to),
            (&collector.addresses.page, format!("/viewer{from}"), &below),
        ];
        for (server, from, to) in viewers {
            let answer = get(server, &from);
            // Not for ever: Jaeger may have the port tomorrow.
            assert_eq!((answer.status, answer.header("location")), (307, Some(to)), "{from}");
        }
    }
    for path in ["/trace/1?uiFind=render", "/trace/0000000000000001", &format!("/trace/{id}"), "/"] {
        assert_eq!(collector.view(path).status, 200, "{path}");
    }
    for path in ["/trace/xyz/", "/trace/%2F%2Fevil.example/", "/trace/0/"] {
        assert_eq!(collector.view(path).status, 400, "{path}");
    }
}
