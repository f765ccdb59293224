//! Spans of many kinds, the same on every run but for the day: several services, kinds, statuses, tags of every type, events,
//! links, missing parents, odd names, times in a spread.
//!
//! What would make a comparison depend on chance is left out: traces do not overlap, so that whichever span a store looks at,
//! their order is the same, and all are younger than two days, which is how far Jaeger looks back when it is not told.

use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

pub const TRACES: u64 = 150;
pub const SERVICES: [&str; 5] = ["web", "db", "odd name/ü?&+%", "mail", "OTLPResourceNoServiceName"];
pub const OPERATIONS: [&str; 7] =
    ["GET /", "select", "", "<all> & \"more\"", "имя 名前", "GET /user/{id}?a=b+c", " blanks\tand\nlines "];
/// In nanoseconds.
pub const DURATIONS: [u64; 7] = [0, 999, 1_000, 2_500_000, 100_000_000, 1_500_000_000, 20_000_000_000];
const MINUTE: u64 = 60_000_000_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// Numbers that look like chance and are none.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    pub fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).expect("an index")]
    }
}

pub struct Corpus {
    /// One request per trace.
    pub requests: Vec<Value>,
    /// The id of each trace and how many spans it has.
    pub traces: Vec<(String, usize)>,
    /// When spans start, in nanoseconds.
    pub starts: Vec<u64>,
}

impl Corpus {
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_nanos();
        let base = u64::try_from(now).expect("a time before 2554") - DAY;
        let mut numbers = Numbers::new(7);
        let mut corpus = Self { requests: Vec::new(), traces: Vec::new(), starts: Vec::new() };
        for trace in 1..=TRACES {
            corpus.add_trace(trace, base + trace * MINUTE, &mut numbers);
        }
        corpus
    }

    fn add_trace(&mut self, trace: u64, begin: u64, numbers: &mut Numbers) {
        // Some ids begin with so many zeros that Jaeger leaves them out.
        let high = if trace.is_multiple_of(10) { 0 } else { 0xabcd_u64 << 48 };
        let id = format!("{high:016x}{:016x}", trace << 32 | 0xbeef);
        let count = 1 + numbers.below(7);
        let spans = (1..=count).map(|number| {
            let start = begin + number * 1_000_000 + numbers.below(999_999);
            self.starts.push(start);
            let parent = if number == 1 { 0 } else { 1 + numbers.below(number) };
            // One that is its own parent would have two: let it have none that is there.
            let parent = if parent == number { 0xdead } else { parent };
            resource_spans(numbers, &id, [trace, number, parent], start)
        });
        self.requests.push(json!({ "resourceSpans": spans.collect::<Vec<_>>() }));
        self.traces.push((id, usize::try_from(count).expect("a few")));
    }
}

impl Default for Corpus {
    fn default() -> Self {
        Self::new()
    }
}

fn resource_spans(numbers: &mut Numbers, trace: &str, [number, id, parent]: [u64; 3], start: u64) -> Value {
    let service = *numbers.one_of(&SERVICES);
    let resource = match service {
        "OTLPResourceNoServiceName" => json!([]),
        _ => json!([
            { "key": "service.name", "value": { "stringValue": service } },
            { "key": "zone", "value": { "stringValue": numbers.one_of(&["a", "b"]) } },
            { "key": "host.cores", "value": { "intValue": numbers.below(2).to_string() } },
            { "key": "ip", "value": { "intValue": "2130706433" } },
        ]),
    };
    let scope = if numbers.below(4) == 0 { json!({}) } else { json!({ "name": "lib", "version": "1.2" }) };
    let mut span = json!({
        "traceId": trace, "spanId": format!("{id:016x}"), "name": numbers.one_of(&OPERATIONS), "kind": numbers.below(6),
        "startTimeUnixNano": start.to_string(),
        "endTimeUnixNano": (start + numbers.one_of(&DURATIONS)).to_string(),
        "attributes": attributes(numbers, number),
        "events": events(numbers, start),
        "links": links(numbers, trace),
        "status": numbers.one_of(&[json!({}), json!({ "code": 1 }), json!({ "code": 2, "message": "it broke" }), json!({ "code": 2 })]),
    });
    if parent != 0 {
        span["parentSpanId"] = format!("{parent:016x}").into();
    }
    if numbers.below(3) == 0 {
        span["traceState"] = "vendor=x,other=y".into();
    }
    json!({ "resource": { "attributes": resource }, "scopeSpans": [{ "scope": scope, "spans": [span] }] })
}

/// A few of each type, in an order of their own.
fn attributes(numbers: &mut Numbers, trace: u64) -> Vec<Value> {
    let all = [
        ("text", json!({ "stringValue": numbers.one_of(&["a", "a:b", "", "ü \"q\" <b>", "two\nlines"]) })),
        ("flag", json!({ "boolValue": numbers.below(2) == 0 })),
        ("number", json!({ "intValue": numbers.one_of(&["0", "-5", "9007199254740991", "9007199254740993"]) })),
        (
            "double",
            json!({ "doubleValue": numbers.one_of(&[0.0, 1.5, -3.0, 1e21, 1e-7, 0.1 + 0.2, 12_345_678_901.5]) }),
        ),
        ("bytes", json!({ "bytesValue": "aGVsbG8=" })),
        (
            "list",
            json!({ "arrayValue": { "values": [{ "stringValue": "x" }, { "intValue": "2" }, { "boolValue": true }, {}] } }),
        ),
        (
            "map",
            json!({ "kvlistValue": { "values": [{ "key": "z", "value": { "doubleValue": 2.5 } }, { "key": "a", "value": {} }] } }),
        ),
        ("nothing", json!({})),
        ("http.status_code", json!({ "intValue": numbers.one_of(&["200", "404"]) })),
        ("peer.ipv4", json!({ "intValue": "167772161" })),
        ("trace.number", json!({ "intValue": trace.to_string() })),
        ("same", json!({ "stringValue": "everywhere" })),
    ];
    let chosen = all.into_iter().filter(|(key, _)| *key == "same" || numbers.below(3) > 0);
    chosen.map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn events(numbers: &mut Numbers, start: u64) -> Vec<Value> {
    let text = |key: &str, text: &str| json!({ "key": key, "value": { "stringValue": text } });
    let all = [
        json!({ "name": "exception", "attributes": [text("z", "last"), text("exception.type", "Oops"), text("a", "first")] }),
        json!({ "name": "overridden", "attributes": [text("b", "other"), text("event", "by attribute")] }),
        json!({ "attributes": [text("level", "info")] }),
        json!({ "name": "bare" }),
    ];
    let chosen = all.into_iter().filter(|_| numbers.below(4) == 0).map(|mut event| {
        event["timeUnixNano"] = (start + 1_234).to_string().into();
        event
    });
    chosen.collect()
}

fn links(numbers: &mut Numbers, trace: &str) -> Vec<Value> {
    let child = json!([{ "key": "opentracing.ref_type", "value": { "stringValue": "child_of" } }]);
    let all = [
        json!({ "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331" }),
        json!({ "traceId": "0000000000000000b7ad6b7169203331", "spanId": "b7ad6b7169203332", "attributes": child }),
        json!({ "traceId": trace, "spanId": "00000000000000ff" }),
    ];
    all.into_iter().filter(|_| numbers.below(5) == 0).collect()
}
