//! Questions that are none: each is answered in JSON, and the collector goes on.

use crate::fixture::{Collector, request, span};

#[test]
fn nothing_that_is_asked_ends_the_collector() {
    let collector = Collector::start();
    collector.take(&request("web", &[span(1, 1, 0, "a", 0, 5)]));
    let numbers =
        ["-1", "0", "1e9", "18446744073709551615", "99999999999999999999999999", "NaN", "%C3%A9", "%00", "%ff", "+"];
    let texts = ["%00", "%ff%fe", "%", "%7B", "[[[[", "%7B%22a%22:%22b%22%7D", ":", "::", "a:", ":b", "%22", "null"];
    let durations = ["9223372036854775808ns", "99999999999999h", "-1s", "1.s", ".s", "1%C2%B5s", "1%CE%BCs", "h1", "0"];
    let (v1, v3) = ("/api/traces?service=web", "/api/v3/traces?query.service_name=web");
    let times = "&query.start_time_min=2023-01-01T00:00:00Z&query.start_time_max=2024-01-01T00:00:00Z";
    let many = "(".repeat(2_000);
    let deep = "%7B%22a%22:".repeat(1_000);
    let mut paths = vec![
        format!("{v1}&tags={many}"),
        format!("{v1}&tags={deep}"),
        format!("{v1}&tag=a:{many}"),
        format!("/api/traces/{many}"),
        format!("/api/traces?traceID={many}"),
        format!("/api/traces?{}", "traceID=1&".repeat(2_000)),
        format!("/api/services/{many}/operations"),
        "/api/services/%ff/operations".into(),
        "/api/traces/%ff".into(),
        "/api/traces?%ff=%ff&service=%ff".into(),
        format!("{v3}{times}&query.attributes[=x&query.attributes[]=y&query.attributes=%5B"),
    ];
    for number in numbers {
        for name in ["limit", "start", "end", "traceID", "lookback"] {
            paths.push(format!("{v1}&{name}={number}"));
        }
        for name in ["query.search_depth", "query.num_traces", "query.duration_min"] {
            paths.push(format!("{v3}{times}&{name}={number}"));
        }
        paths.push(format!("{v3}&query.start_time_min={number}&query.start_time_max={number}"));
        paths.push(format!("/api/v3/traces/{number}"));
    }
    for text in texts {
        for name in ["tag", "tags", "operation", "service", "unheard-of"] {
            paths.push(format!("{v1}&{name}={text}"));
        }
        paths.push(format!("{v3}{times}&query.attributes={text}"));
        paths.push(format!("/api/operations?service={text}&spanKind={text}"));
    }
    for duration in durations {
        paths.extend(["minDuration", "maxDuration", "lookback"].map(|name| format!("{v1}&{name}={duration}")));
        paths.push(format!("{v3}{times}&query.duration_max={duration}"));
    }
    let of_summaries =
        paths.iter().filter(|path| path.starts_with(v3)).map(|path| path.replacen("traces", "trace-summaries", 1));
    let links = paths.iter().filter_map(|path| Some(format!("/search?{}", path.strip_prefix("/api/traces?")?)));
    paths.extend(of_summaries.chain(links).collect::<Vec<_>>());
    for path in &paths {
        let response = collector.view(path);
        assert!([200, 307, 400, 404].contains(&response.status), "{path}: {}", response.text());
        if response.status == 200 {
            response.json();
        }
    }
    assert_eq!(collector.view(v1).json()["data"][0]["traceID"], "0000000000000001");
}

#[test]
fn a_trace_is_given_as_often_as_it_is_asked_for() {
    let collector = Collector::start();
    collector.take(&request("web", &[span(1, 1, 0, "a", 0, 5)]));
    let answer = collector.view("/api/traces?traceID=1&traceID=2&traceID=1").json();
    assert_eq!(
        (answer["data"].as_array().map(Vec::len), answer["errors"].as_array().map(Vec::len)),
        (Some(2), Some(1))
    );
}
