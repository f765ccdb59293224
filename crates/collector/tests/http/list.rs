//! `/api/list` and `/api/dependencies`: lists without spans.

use serde_json::{Value, json};

use crate::fixture::{Collector, request, span};

const BASE: u64 = 1_700_000_000_000_000;

fn id(trace: u64) -> String {
    format!("{trace:032x}")
}

/// A trace of three services with an error, one whose root has not come, and one alone.
fn collector() -> Collector {
    let collector = Collector::start();
    let failed = span(1, 3, 2, "select", 20, 60) + r#","status":{"code":2}"#;
    collector.take(&request("web", &[span(1, 1, 0, "GET /", 0, 1_000), span(1, 4, 1, "render", 500, 900)]));
    collector.take(&request("users", &[span(1, 2, 1, "find", 10, 100)]));
    collector.take(&request("db", &[failed, span(1, 5, 2, "select", 70, 80)]));
    collector.take(&request("mail", &[span(2, 2, 9, "<b>send</b>", 5_000, 5_002)]));
    collector.take(&request("web", &[span(3, 1, 0, "GET /", 9_000, 9_100)]));
    collector
}

fn ids(list: &Value) -> Vec<&str> {
    list["traces"].as_array().unwrap().iter().map(|trace| trace["traceId"].as_str().unwrap()).collect()
}

#[test]
fn the_list_says_all_of_a_trace_but_its_spans() {
    let collector = collector();
    let answer = collector.view("/api/list");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let list = answer.json();
    assert_eq!(ids(&list), [id(3), id(2), id(1)], "the newest first");
    assert_eq!(list["totals"], json!({ "traces": 3, "spans": 7 }));
    let mut service_of_many = list["traces"][2].clone();
    let services = service_of_many["services"].as_array_mut().unwrap();
    services.sort_by_key(|service| service["name"].to_string());
    assert_eq!(
        service_of_many,
        json!({
            "traceId": id(1),
            "root": { "name": "GET /", "service": "web", "missing": false },
            "startTimeUnixNano": format!("{BASE}000"),
            "durationNano": "1000000",
            "spanCount": 5,
            "errorCount": 1,
            "serviceCount": 3,
            "services": [{ "name": "db", "spans": 2 }, { "name": "users", "spans": 1 }, { "name": "web", "spans": 2 }],
        })
    );
    assert_eq!(list["traces"][1]["root"], json!({ "name": "<b>send</b>", "service": "mail", "missing": true }));
    assert!(list["version"].as_str().unwrap().parse::<u64>().is_ok());
    assert_eq!(collector.page("/viewer/api/list").json()["traces"], list["traces"]);
}

#[test]
fn every_parameter_narrows_the_list() {
    let collector = collector();
    let (first, last) = (BASE, BASE + 9_000);
    for (query, expected) in [
        ("", &[3, 2, 1][..]),
        ("limit=1", &[3]),
        ("service=web", &[3, 1]),
        ("service=db&operation=select", &[1]),
        ("operation=select", &[1]),
        ("service=nobody", &[]),
        ("tags=%7B%22error%22:%22true%22%7D", &[1]),
        ("tag=error:true", &[1]),
        ("minDuration=1ms", &[1]),
        ("minDuration=50us&maxDuration=150us", &[3, 1]),
        (&format!("start={last}"), &[3]),
        (&format!("end={first}"), &[1]),
        (&format!("end={last}&lookback=5ms"), &[3, 2]),
        ("unheard=of", &[3, 2, 1]),
        ("traceID=1&traceID=00000000000000000000000000000003&traceID=77", &[3, 1]),
        ("traceID=1&traceID=2&service=mail", &[2]),
        ("traceID=1&traceID=2&limit=1", &[2]),
        ("traceID=77", &[]),
    ] {
        let list = collector.view(&format!("/api/list?{query}")).json();
        assert_eq!(ids(&list), expected.iter().map(|trace| id(*trace)).collect::<Vec<_>>(), "{query}");
        assert_eq!(list["totals"]["traces"], 3, "of all that is kept: {query}");
    }
}

#[test]
fn what_is_no_good_is_named_for_the_list_and_for_those_who_follow_it() {
    let collector = Collector::start();
    for (query, name) in [
        ("minDuration=5", "minDuration"),
        ("maxDuration=1ms&minDuration=2ms", "maxDuration"),
        ("start=soon", "start"),
        ("end=-1", "end"),
        ("start=2&end=1", "start"),
        ("lookback=long", "lookback"),
        ("tags=%7B", "tags"),
        ("tag=k", "tag"),
        ("since=then", "since"),
    ] {
        for path in ["/api/list", "/api/live"] {
            let answer = collector.view(&format!("{path}?{query}"));
            let message = answer.json()["errors"][0]["msg"].as_str().unwrap().to_owned();
            assert_eq!(answer.status, 400, "{path}?{query}");
            assert!(message.contains(&format!("'{name}'")), "{path}?{query}: {message}");
        }
    }
    assert_eq!(collector.view("/api/list?limit=0").status, 400);
}

#[test]
fn who_has_a_list_is_given_what_has_changed_since() {
    let collector = collector();
    let list = |query: &str| collector.view(&format!("/api/list?{query}")).json();
    let seen = |list: &Value| list["version"].as_str().unwrap().to_owned();
    let first = list("");
    assert_eq!(first["complete"], true);
    let since = seen(&first);
    let none = list(&format!("since={since}"));
    assert_eq!((ids(&none), &none["complete"], seen(&none)), (vec![], &json!(false), since.clone()));
    assert_eq!(none["totals"], first["totals"]);

    collector.take(&request("web", &[span(4, 1, 0, "GET /", 10_000, 10_001)]));
    collector.take(&request("db", &[span(1, 6, 2, "select", 81, 82)]));
    let changed = list(&format!("since={since}"));
    assert_eq!((ids(&changed), &changed["complete"]), (vec![id(4).as_str(), &id(1)], &json!(false)));
    assert_eq!((&changed["traces"][1]["spanCount"], &changed["totals"]["spans"]), (&json!(6), &json!(9)));
    assert_eq!(seen(&changed), seen(&list("")));
    assert_eq!(ids(&list(&format!("since={since}&service=mail"))), Vec::<&str>::new());
    assert_eq!(ids(&list(&format!("since={since}&traceID=1"))), [id(1)]);
    // More than are asked for, and of another run: all that fit.
    let few = list(&format!("since={since}&limit=1"));
    assert_eq!((ids(&few), &few["complete"]), (vec![id(4).as_str()], &json!(true)));
    assert_eq!(list("since=1&limit=3")["complete"], true);
}

fn calls(collector: &Collector, query: &str) -> Value {
    collector.view(&format!("/api/dependencies?{query}")).json()["data"].clone()
}

#[test]
fn a_span_whose_parent_is_of_another_service_is_a_call() {
    let collector = collector();
    let call = |parent: &str, child: &str, count: u64| json!({ "parent": parent, "child": child, "callCount": count });
    let all = json!([call("users", "db", 2), call("web", "users", 1)]);
    assert_eq!(calls(&collector, ""), all);
    let end = (BASE + 500_000) / 1_000;
    assert_eq!(calls(&collector, &format!("endTs={end}&lookback=500")), all);
    assert_eq!(calls(&collector, &format!("endTs={end}&lookback=499")), json!([]));
    assert_eq!(calls(&collector, "lookback=3600000"), json!([]), "long ago");
    // Both ways, and a second trace.
    collector.take(&request("db", &[span(4, 1, 0, "notify", 0, 50)]));
    collector.take(&request("users", &[span(4, 2, 1, "changed", 10, 20)]));
    assert_eq!(calls(&collector, ""), json!([call("db", "users", 1), call("users", "db", 2), call("web", "users", 1)]));
    for query in ["endTs=soon", "lookback=1h", "lookback=-1", "endTs=99999999999999999999"] {
        let answer = collector.view(&format!("/api/dependencies?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(
            answer.json()["errors"][0]["msg"].as_str().unwrap().contains("whole number of milliseconds"),
            "{query}"
        );
    }
}
