//! A stored request cut in two, between its records.

/// How deep the list of a scope's records lies: below the lists of resources and of scopes, each with its object. Nothing else at this
/// depth is a list.
const LIST: usize = 6;

/// The places of the records in a request's JSON, each with its first byte and the one after its last.
fn records(body: &[u8]) -> Vec<(usize, usize)> {
    let (mut places, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    let (mut is_text, mut is_escaped, mut is_list) = (false, false, false);
    for (at, byte) in body.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            _ if is_text => {}
            b'{' | b'[' => {
                depth += 1;
                if depth == LIST {
                    is_list = *byte == b'[';
                } else if depth == LIST + 1 {
                    start = at;
                }
            }
            b'}' | b']' => {
                if depth == LIST + 1 && is_list {
                    places.push((start, at + 1));
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    places
}

/// A request with only some of the records.
fn with_only(body: &[u8], records: &[(usize, usize)], kept: std::ops::Range<usize>) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    for (index, (start, end)) in records.iter().enumerate() {
        out.extend_from_slice(&body[at..*start]);
        at = *end;
        if kept.contains(&index) {
            out.extend_from_slice(&body[*start..*end]);
        } else if body.get(at) == Some(&b',') {
            at += 1;
        } else if out.last() == Some(&b',') {
            out.pop();
        }
    }
    out.extend_from_slice(&body[at..]);
    out
}

/// Two requests of one, and how many records the first one has; `None` if it has not two.
pub(crate) fn halves(body: &[u8]) -> Option<(usize, [Vec<u8>; 2])> {
    let records = records(body);
    let middle = records.len() / 2;
    (middle > 0).then(|| (middle, [0..middle, middle..records.len()].map(|kept| with_only(body, &records, kept))))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::encode::spans::SPANS;
    use crate::encode::{Encoder, Frame};
    use crate::platform::test;
    use crate::testing::span;

    fn names(body: &[u8]) -> Vec<String> {
        let request: Value = serde_json::from_slice(body).expect("JSON");
        let scopes = request["resourceSpans"][0]["scopeSpans"].as_array().expect("scopes").clone();
        let spans = scopes.iter().flat_map(|scope| scope["spans"].as_array().expect("spans").clone());
        spans.map(|span| span["name"].as_str().expect("a name").to_owned()).collect()
    }

    #[test]
    fn every_record_is_in_one_of_the_halves() {
        for count in 2..9 {
            let mut encoder = Encoder::default();
            for number in 0..count {
                let mut span = span(format!("\"{{[{number}\\"));
                span.attributes = vec![opentelemetry::KeyValue::new("a", "}]},{")];
                span.instrumentation_scope = opentelemetry::InstrumentationScope::builder(format!("{}", number % 2))
                    .with_attributes([opentelemetry::KeyValue::new("b", 1)])
                    .build();
                encoder.encode(SPANS, &span);
            }
            let resource = opentelemetry_sdk::Resource::builder_empty().with_service_name("s").build();
            let body = Frame::new(&(&resource).into(), SPANS).around(encoder.take().iter());
            let (first, [one, other]) = halves(&body).expect("there are two");
            assert_eq!(names(&one).len(), first);
            assert_eq!([names(&one), names(&other)].concat(), names(&body));
        }
    }

    #[test]
    fn what_cannot_be_cut_is_left_as_it_is() {
        for body in [&b""[..], b"{}", b"]]]}}}", b"\"\\", br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}"#] {
            assert!(halves(body).is_none());
        }
    }
}
