//! `/api/live`: traces as they change.

use std::time::Duration;

use crate::{
    events::{Event, Events},
    fixture::{Collector, request, span},
};

fn version(collector: &Collector) -> u64 {
    collector.view("/api/list").json()["version"].as_str().unwrap().parse().unwrap()
}

fn follow(collector: &Collector, query: &str) -> Events {
    Events::open(&collector.addresses.viewer, &format!("/api/live?{query}"), &[])
}

fn traces(event: &Event) -> Vec<(u64, u64)> {
    assert_eq!(event.name, "traces", "{event:?}");
    let summaries = event.data["traces"].as_array().unwrap().iter();
    let id = |trace: &serde_json::Value| u64::from_str_radix(trace["traceId"].as_str().unwrap(), 16).unwrap();
    summaries.map(|trace| (id(trace), trace["spanCount"].as_u64().unwrap())).collect()
}

#[test]
fn a_trace_is_told_when_it_comes_and_when_it_grows() {
    let collector = Collector::start();
    let mut events = follow(&collector, &format!("since={}", version(&collector)));
    collector.take(&request("web", &[span(1, 1, 0, "GET /", 0, 10)]));
    let first = events.next().unwrap();
    assert_eq!(traces(&first), [(1, 1)]);
    assert_eq!(first.data["totals"]["traces"], 1);
    let listed = &collector.view("/api/list").json()["traces"];
    assert_eq!(&first.data["traces"], listed, "as the list has it");
    collector.take(&request("db", &[span(1, 2, 1, "select", 2, 5)]));
    let second = events.next().unwrap();
    assert_eq!(traces(&second), [(1, 2)]);
    assert_eq!(second.id, version(&collector).to_string());

    // Whoever lost the connection goes on where it was, whatever the URL says.
    collector.take(&request("web", &[span(2, 1, 0, "GET /", 20, 30)]));
    let path = format!("/viewer/api/live?since={}", first.id);
    let mut again = Events::open(&collector.addresses.page, &path, &[("last-event-id", &second.id)]);
    assert_eq!(traces(&again.next().unwrap()), [(2, 1)]);
    let mut behind = follow(&collector, &format!("since={}", first.id));
    assert_eq!(traces(&behind.next().unwrap()), [(2, 1), (1, 2)]);
}

#[test]
fn only_what_fits_is_told() {
    let collector = Collector::start();
    let mut events = follow(&collector, &format!("service=web&minDuration=1ms&since={}", version(&collector)));
    collector.take(&request("db", &[span(1, 1, 0, "other service", 0, 5_000)]));
    collector.take(&request("web", &[span(2, 1, 0, "too short", 0, 999)]));
    collector.take(&request("web", &[span(3, 1, 0, "fits", 0, 1_000)]));
    assert_eq!(traces(&events.next().unwrap()), [(3, 1)]);
}

#[test]
fn traces_that_are_named_are_followed_alone() {
    let collector = Collector::start();
    let id = |trace: u64| format!("{trace:032x}");
    let mut events = follow(&collector, &format!("traceID={}&traceID=4&since={}", id(2), version(&collector)));
    for trace in 1..=3 {
        collector.take(&request("web", &[span(trace, 1, 0, "GET /", trace, 10)]));
    }
    assert_eq!(traces(&events.next().unwrap()), [(2, 1)]);
    let answer = collector.view("/api/live?traceID=xyz");
    assert_eq!(answer.status, 400);
    assert!(answer.json()["errors"][0]["msg"].as_str().unwrap().contains("32 hex digits"));
}

#[test]
fn a_version_that_is_not_remembered_means_to_look_anew() {
    let collector = Collector::start();
    collector.take(&request("web", &[span(1, 1, 0, "GET /", 0, 10)]));
    for since in ["0", "1700000000000000", &(version(&collector) + 1_000_000_000).to_string()] {
        let event = follow(&collector, &format!("since={since}")).next().unwrap();
        assert_eq!((event.name.as_str(), event.id), ("anew", version(&collector).to_string()), "{since}");
    }
    for since in ["soon", "-1", "1.5"] {
        for path in ["/api/live", "/api/list"] {
            let answer = collector.view(&format!("{path}?since={since}"));
            assert_eq!(answer.status, 400);
            assert!(answer.json()["errors"][0]["msg"].as_str().unwrap().contains("/api/list"), "{path}: {since}");
        }
    }
}

#[test]
fn more_than_anyone_reads_means_to_look_anew() {
    let collector = Collector::start();
    let mut events = follow(&collector, &format!("since={}", version(&collector)));
    let many: Vec<String> = (1..=600).map(|trace| span(trace, 1, 0, "one of many", trace, trace + 1)).collect();
    collector.take(&request("web", &many));
    assert_eq!(events.next().unwrap().name, "anew");
}

#[test]
fn streams_end_with_the_collector() {
    let mut collector = Collector::start();
    let streams: Vec<Events> = (0..3).map(|_| follow(&collector, "")).collect();
    // An end by itself: by force it would be after this.
    collector.stop(Duration::from_secs(3_600));
    for stream in streams {
        assert_eq!(stream.rest(), "");
    }
}
