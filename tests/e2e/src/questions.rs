//! Questions to the query API, put together by numbers that look like chance.

use crate::corpus::{Corpus, DURATIONS, Numbers, OPERATIONS, SERVICES};
use humantime::format_rfc3339_nanos;
use serde_json::json;
use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

/// A service, and each of the other parameters now and then.
pub fn version_1(numbers: &mut Numbers, corpus: &Corpus) -> Vec<(&'static str, String)> {
    let mut question = vec![("service", (*numbers.one_of(&SERVICES)).to_owned())];
    let mut now_and_then = |one_of: u64| numbers.below(one_of) == 0;
    let with = [4, 2, 6, 4, 4, 4, 5, 3].map(&mut now_and_then);
    if with[0] {
        question.push(("operation", (*numbers.one_of(&OPERATIONS)).to_owned()));
    }
    if with[1] {
        let (key, text) = numbers.one_of(&TAGS);
        question.push(("tag", format!("{key}:{text}")));
    }
    if with[2] {
        let (key, text) = numbers.one_of(&TAGS);
        question.push(("tags", json!({ *key: text }).to_string()));
    }
    // To the microsecond, now and then one beside it.
    let micros = |numbers: &mut Numbers| numbers.one_of(&corpus.starts) / 1_000 + numbers.below(2);
    let (mut from, mut to) = (micros(numbers), micros(numbers));
    if from > to {
        std::mem::swap(&mut from, &mut to);
    }
    if with[3] {
        question.push(("start", from.to_string()));
    }
    if with[4] {
        question.push(("end", to.to_string()));
    }
    let (mut shortest, mut longest) = (*numbers.one_of(&DURATIONS), *numbers.one_of(&DURATIONS));
    if shortest > longest {
        std::mem::swap(&mut shortest, &mut longest);
    }
    if with[5] {
        question.push(("minDuration", format!("{shortest}ns")));
    }
    if with[6] {
        question.push(("maxDuration", format!("{}us", longest as f64 / 1_000.0)));
    }
    let limit = if with[7] { 1 + numbers.below(20) } else { 1_000 };
    question.push(("limit", limit.to_string()));
    question
}

/// Of the span, its process and its events, as text; some that nothing has.
const TAGS: [(&str, &str); 40] = [
    ("text", "a"),
    ("text", "a:b"),
    ("text", ""),
    ("text", "ü \"q\" <b>"),
    ("text", "A"),
    ("flag", "true"),
    ("flag", "false"),
    ("flag", "1"),
    ("number", "0"),
    ("number", "-5"),
    ("number", "9007199254740993"),
    ("number", "9007199254740992"),
    ("double", "0"),
    ("double", "1.5"),
    ("double", "-3"),
    ("double", "1e+21"),
    ("double", "1e-07"),
    ("double", "0.3"),
    ("double", "1.23456789e+10"),
    ("bytes", "aGVsbG8="),
    ("list", "[\"x\",2,true,null]"),
    ("map", "{\"a\":null,\"z\":2.5}"),
    ("nothing", ""),
    ("http.status_code", "404"),
    ("peer.ipv4", "167772161"),
    ("same", "everywhere"),
    ("same", "nowhere"),
    ("missing", "x"),
    ("zone", "a"),
    ("host.cores", "1"),
    ("service.name", "web"),
    ("span.kind", "server"),
    ("error", "true"),
    ("otel.status_code", "OK"),
    ("otel.status_description", "it broke"),
    ("w3c.tracestate", "vendor=x,other=y"),
    ("exception.type", "Oops"),
    ("event", "exception"),
    ("event", "overridden"),
    ("event", "by attribute"),
];

/// The same for version 3, in either spelling.
pub fn version_3(numbers: &mut Numbers, corpus: &Corpus) -> Vec<(Cow<'static, str>, String)> {
    let at = |nanos| format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(nanos)).to_string();
    let (mut from, mut to) = (*numbers.one_of(&corpus.starts), *numbers.one_of(&corpus.starts));
    if from > to {
        std::mem::swap(&mut from, &mut to);
    }
    let mut question: Vec<(Cow<'static, str>, String)> = vec![
        ("query.service_name".into(), (*numbers.one_of(&SERVICES)).to_owned()),
        ("query.start_time_min".into(), at(from)),
        ("query.startTimeMax".into(), at(to)),
        ("query.num_traces".into(), (1 + numbers.below(100)).to_string()),
    ];
    if numbers.below(4) == 0 {
        question.push(("query.operation_name".into(), (*numbers.one_of(&OPERATIONS)).to_owned()));
    }
    if numbers.below(2) == 0 {
        let (key, text) = numbers.one_of(&TAGS);
        question.push((format!("query.attributes[{key}]").into(), (*text).to_owned()));
    }
    if numbers.below(3) == 0 {
        question.push(("query.duration_min".into(), "0.001s".to_owned()));
    }
    question
}
