//! What is asked of every reader of text from outside, and of the encoder: each function takes any bytes, and panics where a promise is
//! broken.
//!
//! In: the bytes that a fuzzer comes up with (`fuzz/` in the repository, by `cargo fuzz`), or, in the tests, those of `fuzz/seeds` with
//! changes that are the same on every run. Compiled for these two alone.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use crate::delivery::queue::{Item, Measure};
use crate::encode::spans::SPANS;
use crate::encode::{Encoder, Fragment, Frame};
use crate::propagation::{W3cPropagator, headers_of, merge_baggage, remote_parent_with};
use crate::redaction::{SENSITIVE_QUERY_KEYS, redact_urls};
use crate::spool::split::halves;
use crate::transport::Response;
use crate::transport::response::Outcome;

/// What is asked of bytes; it panics where a promise is broken.
pub type Question = fn(&[u8]);

/// What is asked of each kind of bytes, by name: the names of `fuzz/fuzz_targets` and of the folders of `fuzz/seeds`.
pub const TARGETS: [(&str, Question); 5] = [
    ("url_redaction", url_redaction),
    ("propagation", propagation),
    ("spool_record", spool_record),
    ("answer", answer),
    ("encoder", |bytes| drop(encoded(bytes))),
];

/// Stands for what must not be seen.
const SECRET: &str = "5ecr3t";

/// A text with URLs in it. What is redacted is so at once, and no secret of a query, or of who signs in, is left.
pub fn url_redaction(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for urls in
        [redact_urls(), redact_urls().keep_query_keys(["a"]), redact_urls().only_query_keys(SENSITIVE_QUERY_KEYS)]
    {
        let once = urls.redact_text(&text).into_owned();
        assert_eq!(urls.redact_text(&once), once, "redacted twice, of {text:?}");
    }
    // One word, as a browser writes a URL.
    let ends_word = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`');
    let word: String = text.chars().filter(|c| !ends_word(*c)).collect();
    let host: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    // What is left of a text may have the secret where the text has something in between.
    if word.contains(SECRET) || host.contains(SECRET) {
        return;
    }
    for url in [
        format!("https://h/p?{word}&token={SECRET}"),
        format!("https://h/{word}?token={SECRET}#{word}"),
        format!("/p?token={SECRET}&{word}"),
        format!("https://ann:{SECRET}@{host}/{word}"),
        format!("https://h/?https://ann:{SECRET}@{host}/{word}"),
        format!("https://h/#https://ann:{SECRET}@{host}/{word}"),
    ] {
        let redacted = redact_urls().redact_text(&url).into_owned();
        assert!(!redacted.contains(SECRET), "{url} became {redacted}");
    }
}

/// Headers, a line each: `traceparent`, `tracestate`, `baggage`. What is taken of them goes out again as headers that are valid, and is the
/// same when it comes back.
pub fn propagation(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let [parent, state, baggage] = [(); 3].map(|()| lines.next());
    let parent = remote_parent_with(parent.unwrap_or_default(), state, baggage);
    let context = parent.unwrap_or_else(|error| error.into_usable().unwrap_or_default());
    goes_out(&context);
    let names = ["traceparent", "tracestate", "baggage"];
    let carrier: HashMap<String, String> =
        names.iter().zip(text.split('\n')).map(|(name, line)| ((*name).to_owned(), line.to_owned())).collect();
    goes_out(&W3cPropagator::new().extract_with_context(&Context::new(), &carrier));
    let entries = text.split('\n').map(|line| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        KeyValue::new(key.to_owned(), value.to_owned())
    });
    goes_out(&merge_baggage(&context, entries).unwrap_or_else(|error| error.into_context()));
}

fn goes_out(context: &Context) {
    opentelemetry::global::set_text_map_propagator(W3cPropagator::new());
    let headers = headers_of(context).unwrap_or_else(|error| error.into_usable());
    for (name, value) in &headers {
        let is_valid = value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        assert!(is_valid, "the header {name} has {value:?}");
    }
    let carrier: HashMap<String, String> = headers.iter().cloned().collect();
    let again = W3cPropagator::new().extract_with_context(&Context::new(), &carrier);
    assert_eq!(again.span().span_context().trace_id(), context.span().span_context().trace_id());
    let same = headers_of(&again).unwrap_or_else(|error| error.into_usable());
    assert_eq!(in_order(&same), in_order(&headers), "sent on a second time");
}

/// The entries of baggage are a hash map: their order means nothing.
fn in_order(headers: &[(String, String)]) -> Vec<(&str, Vec<&str>)> {
    let mut list = Vec::new();
    for (name, value) in headers {
        let mut entries: Vec<&str> = value.split(',').collect();
        entries.sort_unstable();
        list.push((name.as_str(), entries));
    }
    list
}

/// A request that was stored. It is cut in two until that cannot be; whatever was JSON still is, with all of its records.
pub fn spool_record(bytes: &[u8]) {
    let is_json = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body);
    // As it is written: without blanks between tokens.
    let compact = is_json(bytes).ok().map(|value| value.to_string().into_bytes());
    for (body, was_json) in [(Some(bytes.to_vec()), false), (compact, true)] {
        let mut waiting: Vec<_> = body.into_iter().collect();
        let mut most = 100;
        while let Some(body) = waiting.pop().filter(|_| most > 0) {
            most -= 1;
            if let Some((first, halves)) = halves(&body) {
                assert!(first > 0);
                for half in halves {
                    assert!(half.len() < body.len());
                    assert!(!was_json || is_json(&half).is_ok(), "{} is no JSON", String::from_utf8_lossy(&half));
                    waiting.push(half);
                }
            }
        }
    }
}

/// What a receiver answers: two bytes of status, then a line for `Retry-After`, then the body.
pub fn answer(bytes: &[u8]) {
    let Some((status, rest)) = bytes.split_first_chunk() else { return };
    let text = String::from_utf8_lossy(rest);
    let (retry_after, body) = text.split_once('\n').unwrap_or((&text, ""));
    for status in [u16::from_le_bytes(*status), 200, 400, 503] {
        let response = Response { status, retry_after: Some(retry_after.to_owned()), body: body.to_owned() };
        match Outcome::judge(Ok(response), "http://localhost/v1/traces", "rejectedSpans", 7) {
            Outcome::Delivered { rejected, message } => {
                assert!(rejected <= 7 && message.is_none_or(|message| message.chars().count() <= 500));
            }
            Outcome::Unavailable { error, .. } | Outcome::InDoubt { error } | Outcome::Refused { error } => {
                assert!(error.message.len() < 4000, "{} bytes of an answer", error.message.len());
            }
        }
    }
}

/// Spans made of these bytes, and the request that they become: JSON of just the length that was foreseen.
pub fn encoded(bytes: &[u8]) -> (Vec<SpanData>, Resource, Vec<u8>) {
    let mut source = Source(bytes);
    let resource = Resource::builder_empty().with_attributes(source.pairs()).build();
    let spans: Vec<_> = (0..=source.byte() % 4).map(|_| source.span()).collect();
    let mut encoder = Encoder::default();
    let lens: Vec<_> = spans.iter().map(|span| encoder.encode(SPANS, span)).collect();
    let fragments = encoder.take();
    let frame = Frame::new(&(&resource).into(), SPANS);
    let body = frame.around(fragments.iter());
    let items: Vec<Item> = fragments.iter().map(Fragment::item).collect();
    assert!(items.iter().map(|item| item.len as usize).eq(lens), "{items:?}");
    assert_eq!(body.len(), Measure::of(frame.len(), &items));
    let read: Result<serde_json::Value, _> = serde_json::from_slice(&body);
    assert!(read.is_ok(), "{read:?}: {}", String::from_utf8_lossy(&body));
    (spans, resource, body)
}

/// What is made of bytes, as long as there are some; then of zeros.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let [byte] = self.chunk();
        byte
    }

    fn chunk<const N: usize>(&mut self) -> [u8; N] {
        let mut chunk = [0; N];
        let (taken, rest) = self.0.split_at(self.0.len().min(N));
        chunk[..taken.len()].copy_from_slice(taken);
        self.0 = rest;
        chunk
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.chunk())
    }

    fn text(&mut self) -> String {
        let length = usize::from(self.byte() % 32).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    fn list<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.byte() % 4).map(|_| make(self)).collect()
    }

    fn finite(&mut self) -> f64 {
        let number = f64::from_bits(self.number());
        if number.is_finite() { number } else { 0.5 }
    }

    fn value(&mut self) -> Value {
        match self.byte() % 8 {
            0 => Value::Bool(self.byte() & 1 == 1),
            1 => Value::I64(self.number().cast_signed()),
            2 => Value::F64(self.finite()),
            3 => Value::Array(Array::Bool(self.list(|source| source.byte() & 1 == 1))),
            4 => Value::Array(Array::I64(self.list(|source| source.number().cast_signed()))),
            5 => Value::Array(Array::F64(self.list(Self::finite))),
            6 => Value::Array(Array::String(self.list(|source| source.text().into()))),
            _ => self.text().into(),
        }
    }

    /// Keys are different.
    fn pairs(&mut self) -> Vec<KeyValue> {
        let pairs = self.list(|source| (source.text(), source.value()));
        pairs.into_iter().enumerate().map(|(at, (key, value))| KeyValue::new(format!("{at}{key}"), value)).collect()
    }

    fn time(&mut self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.number())
    }

    fn context(&mut self) -> SpanContext {
        let (trace, span) = (TraceId::from_bytes(self.chunk()), SpanId::from_bytes(self.chunk()));
        let state = TraceState::from_key_value([(self.text(), self.text())]).unwrap_or_default();
        SpanContext::new(trace, span, TraceFlags::new(self.byte()), self.byte() & 1 == 1, state)
    }

    fn span(&mut self) -> SpanData {
        let mut events = SpanEvents::default();
        events.events =
            self.list(|source| Event::new(source.text(), source.time(), source.pairs(), u32::from(source.byte())));
        events.dropped_count = u32::from(self.byte());
        let mut links = SpanLinks::default();
        links.links = self.list(|source| Link::new(source.context(), source.pairs(), u32::from(source.byte())));
        links.dropped_count = u32::from(self.byte());
        let status = match self.byte() % 3 {
            0 => Status::Unset,
            1 => Status::Ok,
            _ => Status::error(self.text()),
        };
        let kinds = [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
        SpanData {
            span_context: self.context(),
            parent_span_id: SpanId::from_bytes(self.chunk()),
            parent_span_is_remote: self.byte() & 1 == 1,
            span_kind: kinds[usize::from(self.byte()) % kinds.len()].clone(),
            name: self.text().into(),
            start_time: self.time(),
            end_time: self.time(),
            attributes: self.pairs(),
            dropped_attributes_count: u32::from(self.byte()),
            events,
            links,
            status,
            instrumentation_scope: InstrumentationScope::builder(self.text()).with_attributes(self.pairs()).build(),
        }
    }
}

#[cfg(test)]
#[path = "../../../fuzz/mutate.rs"]
mod mutate;

#[cfg(test)]
mod tests {
    use super::mutate::ask_all;
    use super::*;

    #[test]
    fn whatever_comes_no_promise_is_broken() {
        ask_all(&TARGETS, 300);
    }
}
