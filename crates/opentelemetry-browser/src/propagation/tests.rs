use std::collections::HashMap;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::Sampler;

use super::*;
use crate::TracerProvider;
use crate::platform::test;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn span_context(cx: &Context) -> SpanContext {
    cx.span().span_context().clone()
}

fn injected(cx: &Context) -> HashMap<String, String> {
    let mut carrier = HashMap::new();
    W3cPropagator::new().inject_context(cx, &mut carrier);
    carrier
}

#[test]
fn a_well_formed_parent_is_taken_as_it_is() {
    for (text, flags) in [(PARENT, 1), (&format!(" {PARENT}\n"), 1), (&PARENT.replace("-01", "-00"), 0)] {
        let context = span_context(&remote_parent(text).unwrap());
        assert_eq!(context.trace_id(), TraceId::from(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736));
        assert_eq!(context.span_id(), SpanId::from(0x00f0_67aa_0ba9_02b7));
        assert_eq!(context.trace_flags(), TraceFlags::new(flags));
        assert!(context.is_remote());
    }
    let later = PARENT.replace("00-4b", "cc-4b") + "-what-the-future-brings";
    assert!(remote_parent(&later).is_ok());
}

#[test]
fn a_malformed_parent_is_explained() {
    for (text, problem) in [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("{{ traceparent }}", "it has 1 of 4 fields"),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736", "it has 2 of 4 fields"),
        (&PARENT.to_uppercase(), "the trace id"),
        (&PARENT.replace("00f0", "00g0"), "the span id \"00g067aa0ba902b7\" is not 16 lower-case hex digits"),
        (&PARENT.replace("00-", "0-"), "the version \"0\""),
        (&PARENT.replace("00-4", "+1-4"), "the version \"+1\""),
        (&PARENT.replace("00-4", "ff-4"), "version ff is forbidden"),
        (&PARENT.replace("-01", "-1"), "the flags \"1\""),
        (&format!("{PARENT}-"), "version 00 ends after the flags"),
        (&format!("{PARENT}-00"), "version 00 ends after the flags"),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", "the trace id is all zeros"),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "the span id is all zeros"),
        (&format!("{PARENT}{}", "é".repeat(10_000)), "the flags"),
    ] {
        let error = remote_parent(text).expect_err(text);
        let message = error.to_string();
        assert!(message.starts_with("traceparent ") && message.contains(problem), "{text:.80}: {message:.300}");
        assert!(error.into_usable().is_none());
    }
}

#[test]
fn malformed_companions_leave_the_parent_usable() {
    for (tracestate, baggage, problem) in [
        (Some("no equals sign"), None, "tracestate \"no equals sign\""),
        (Some("UPPER=1"), None, "UPPER is not a valid key"),
        (Some("a=1\0"), None, "it has characters that no header may have"),
        (Some("a=ü"), None, "it has characters that no header may have"),
        (None, Some("novalue"), "baggage \"novalue\": the entry \"novalue\" has no value"),
        (None, Some("ok=1,k y=2"), "in the entry \"k y=2\" the key has ' ' in it"),
        (None, Some("ok=1,k%20y=2"), "in the entry \"k%20y=2\" the key has ' ' in it"),
        (None, Some("ok=1,k=%ff"), "in the entry \"k=%ff\" the value's percent escapes are no UTF-8"),
        (None, Some("ok=1,%ff=2"), "in the entry \"%ff=2\" the key's percent escapes are no UTF-8"),
        (None, Some("=2,ok=1"), "in the entry \"=2\" the key is empty"),
        (None, Some(&*format!("k={}", "v".repeat(9000))), "it has 9002 bytes; 8192 are allowed"),
    ] {
        let error = remote_parent_with(PARENT, tracestate, baggage).expect_err(problem);
        assert!(error.to_string().contains(problem), "{error}");
        let usable = error.into_usable().expect("the traceparent is well-formed");
        assert!(span_context(&usable).is_valid());
        assert_eq!(usable.baggage().len(), usize::from(baggage.is_some_and(|text| text.contains("ok=1"))));
    }
    let parent = remote_parent_with(PARENT, Some(" a=1 , b@x=2,, "), Some("k=v;p=1 , l = %20w")).unwrap();
    assert_eq!(span_context(&parent).trace_state().header(), "a=1,b@x=2");
    assert_eq!(parent.baggage().get("k").unwrap().as_str(), "v");
    assert_eq!(parent.baggage().len(), 2);
}

#[test]
fn a_tracestate_that_no_header_can_carry_is_not_passed_on() {
    let remote = remote_parent(PARENT).unwrap();
    let known = span_context(&remote);
    let state = TraceState::from_key_value([("a", "b\r\nx: y")]).expect("upstream takes it");
    let (trace, span, flags) = (known.trace_id(), known.span_id(), known.trace_flags());
    let cx = Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, true, state));
    let headers = injected(&cx);
    assert_eq!((headers.get("tracestate"), headers["traceparent"].as_str()), (None, PARENT));
    let came =
        HashMap::from([("traceparent".to_owned(), PARENT.to_owned()), ("tracestate".to_owned(), "a=\u{1}".to_owned())]);
    let extracted = W3cPropagator::new().extract(&came);
    assert_eq!(span_context(&extracted).trace_state().header(), "");
}

#[test]
fn the_flag_of_level_2_is_passed_on() {
    for (incoming, outgoing) in [("-00", "-00"), ("-01", "-01"), ("-02", "-02"), ("-03", "-03"), ("-ff", "-03")] {
        let parent = remote_parent(&PARENT.replace("-01", incoming)).unwrap();
        assert_eq!(injected(&parent)["traceparent"], PARENT.replace("-01", outgoing));
    }
    // A span of this trace passes it on, too, sampled or not, and so do those below it.
    let unsampled = TracerProvider::builder().with_sampler(Sampler::AlwaysOff).build();
    for (provider, incoming, outgoing) in [
        (TracerProvider::builder().build(), "-03", "-03"),
        (TracerProvider::builder().build(), "-02", "-02"),
        (TracerProvider::builder().build(), "-00", "-00"),
        (unsampled, "-03", "-02"),
        (TracerProvider::builder().with_sampler(Sampler::TraceIdRatioBased(0.0)).build(), "-03", "-02"),
    ] {
        let parent = remote_parent_with(&PARENT.replace("-01", incoming), Some("a=1"), None).unwrap();
        let mut cx = parent.clone();
        for depth in 0..2 {
            cx = parent.with_span(provider.tracer("test").start_with_context("child", &cx));
            let headers = injected(&cx);
            let traceparent = &headers["traceparent"];
            assert!(
                traceparent.starts_with(&PARENT[..36]) && traceparent.ends_with(outgoing),
                "{depth}: {traceparent}"
            );
            assert_ne!(traceparent[36..52], PARENT[36..52]);
            assert_eq!(headers["tracestate"], "a=1");
        }
    }
    // A header without a valid parent changes nothing.
    let carrier = HashMap::from([("traceparent".to_owned(), "00-bad-bad-03".to_owned())]);
    let unchanged = W3cPropagator::new().extract_with_context(&remote_parent(PARENT).unwrap(), &carrier);
    assert_eq!(injected(&unchanged)["traceparent"], PARENT);
}

#[test]
fn headers_of_a_context_have_no_empty_values() {
    global::set_text_map_propagator(W3cPropagator::new());
    assert_eq!(headers_of(&Context::new()).unwrap(), []);
    let cx = remote_parent(PARENT).unwrap();
    assert_eq!(headers_of(&cx).unwrap(), [("traceparent".to_owned(), PARENT.to_owned())]);
    let cx = merge_baggage(&cx, [KeyValue::new("k", "ä b")]).unwrap();
    let state = TraceState::from_key_value([("a", "1")]).unwrap();
    let context = span_context(&cx);
    let (trace_id, span_id, flags) = (context.trace_id(), context.span_id(), context.trace_flags());
    let cx = cx.with_remote_span_context(SpanContext::new(trace_id, span_id, flags, true, state));
    let headers = headers_of(&cx).unwrap();
    assert_eq!(headers[1..], [("tracestate".into(), "a=1".into()), ("baggage".into(), "k=%C3%A4%20b".into())]);
}

#[test]
fn baggage_that_no_receiver_takes_is_named() {
    global::set_text_map_propagator(W3cPropagator::new());
    // Upstream's bound counts characters before they are escaped.
    let cx = remote_parent(PARENT).unwrap().with_baggage([KeyValue::new("k", "ä".repeat(4000))]);
    let error = headers_of(&cx).unwrap_err();
    assert_eq!(error.headers().collect::<Vec<_>>(), ["baggage"]);
    assert!(error.to_string().contains("receivers drop more than 8192"), "{error}");
    assert_eq!(error.into_usable(), [("traceparent".to_owned(), PARENT.to_owned())]);
}

#[test]
fn baggage_is_passed_on_as_it_came() {
    for (incoming, value, metadata, outgoing) in [
        ("k=v", "v", "", "k=v"),
        ("k=YQ==", "YQ==", "", "k=YQ%3D%3D"),
        ("k = a%20b ; p ; q=1 ;", "a b", "p;q=1", "k=a%20b;p;q=1"),
        ("k=v;p=%2Cx=1", "v", "p=%2Cx=1", "k=v;p=%2Cx=1"),
        ("k=v;p=%3Bq%0D%0A", "v", "p=%3Bq%0D%0A", "k=v;p=%3Bq%0D%0A"),
        ("k=50%2525", "50%25", "", "k=50%2525"),
        ("k=%", "%", "", "k=%25"),
        ("k=%C3%A4%2c%5C", "ä,\\", "", "k=%C3%A4%2C%5C"),
        ("k=", "", "", "k="),
    ] {
        let cx = remote_parent_with(PARENT, None, Some(incoming)).unwrap();
        let (arrived, properties) = cx.baggage().get_with_metadata("k").expect(incoming);
        assert_eq!((arrived.as_str(), properties.as_str()), (value, metadata), "{incoming}");
        assert_eq!(injected(&cx)["baggage"], outgoing);
        let again = W3cPropagator::new().extract(&injected(&cx));
        assert_eq!(again.baggage().get_with_metadata("k"), Some(&(arrived.clone(), properties.clone())));
    }
    for key in ["a%b", "a%2541", "100%"] {
        let cx = remote_parent_with(PARENT, None, Some(&format!("{key}=1"))).unwrap();
        assert_eq!(injected(&cx)["baggage"], format!("{key}=1"));
    }
    // What a program gives as metadata begins no entry of its own either.
    let entry = opentelemetry::baggage::KeyValueMetadata::new("k", "v", "p=ä,evil=1\r\n");
    assert_eq!(injected(&Context::new().with_baggage([entry]))["baggage"], "k=v;p=%C3%A4%2Cevil=1");
    // Entries that are malformed are left out, and the others stay.
    let carrier = HashMap::from([("baggage".to_owned(), "a=1,b,c=%ff,d%20=1,,e=2".to_owned())]);
    let cx = W3cPropagator::new().extract_with_context(&remote_parent(PARENT).unwrap(), &carrier);
    assert!(span_context(&cx).is_valid());
    let mut keys: Vec<&str> = cx.baggage().iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["a", "e"]);
}

#[test]
fn merged_baggage_keeps_what_was_there_and_arrives_as_it_is() {
    let cx = remote_parent_with(PARENT, None, Some("kept=1;meta=data,replaced=old")).unwrap();
    let cx = merge_baggage(
        &cx,
        [
            KeyValue::new("replaced", "new"),
            KeyValue::new("text", "a,b;c=\"d\" 100% ä\\"),
            KeyValue::new("number", 7),
            KeyValue::new("escaped", "50%25"),
        ],
    )
    .unwrap();
    let arrived = W3cPropagator::new().extract(&injected(&cx));
    assert_eq!(span_context(&arrived), span_context(&cx));
    let get = |key: &str| arrived.baggage().get(key).map(|value| value.as_str().to_owned());
    assert_eq!(get("kept").as_deref(), Some("1"));
    assert_eq!(arrived.baggage().get_with_metadata("kept").unwrap().1.as_str(), "meta=data");
    assert_eq!(get("replaced").as_deref(), Some("new"));
    assert_eq!(get("text").as_deref(), Some("a,b;c=\"d\" 100% ä\\"));
    assert_eq!(get("number").as_deref(), Some("7"));
    assert_eq!(get("escaped").as_deref(), Some("50%25"));
    assert_eq!(remove_baggage(&cx, &["kept", "text", "absent"]).baggage().len(), 3);
}

#[test]
fn baggage_that_cannot_be_added_is_named() {
    let cx = merge_baggage(&Context::new(), [KeyValue::new("there", "before")]).unwrap();
    let long = "ä".repeat(1400);
    let entries = [
        KeyValue::new("", "x"),
        KeyValue::new("with space", "x"),
        KeyValue::new("schlüssel", "x"),
        KeyValue::new("padded", " x"),
        KeyValue::new("es%63aped", "x"),
        KeyValue::new("long", long),
        KeyValue::new("good", "x"),
    ];
    let error = merge_baggage(&cx, entries).unwrap_err();
    let dropped: Vec<(&str, &str)> = error.dropped().collect();
    let reasons = [
        ("", "the key is empty"),
        ("with space", "the key has ' ' in it"),
        ("schlüssel", "the key has 'ü' in it"),
        ("padded", "white space"),
        ("es%63aped", "percent escape"),
        ("long", "8192 are allowed"),
    ];
    assert_eq!(dropped.len(), reasons.len());
    for ((key, reason), (expected_key, expected)) in dropped.iter().zip(reasons) {
        assert_eq!(*key, expected_key);
        assert!(reason.contains(expected), "{key}: {reason}");
        assert!(error.to_string().contains(reason));
    }
    let cx = error.into_context();
    assert_eq!(cx.baggage().len(), 2);

    let many = (0..70).map(|n| KeyValue::new(format!("k{n}"), n));
    let error = merge_baggage(&cx, many).unwrap_err();
    assert_eq!(error.dropped().count(), 8);
    assert!(error.to_string().contains("64 entries already"), "{error}");
    let full = error.into_context();
    assert_eq!(full.baggage().len(), 64);
    // What replaces an entry needs no new place.
    assert!(merge_baggage(&full, [KeyValue::new("k1", "again")]).is_ok());
}

#[test]
fn the_room_of_baggage_is_that_of_its_header() {
    let mut cx = Context::new();
    let mut size = 0;
    for n in 0.. {
        let entry = KeyValue::new(format!("key{n:02}"), "\"ä,".repeat(20));
        match merge_baggage(&cx, [entry]) {
            Ok(merged) => cx = merged,
            Err(_) => break,
        }
        size = injected(&cx)["baggage"].len();
        assert!(size <= 8192);
        assert_eq!(W3cPropagator::new().extract(&injected(&cx)).baggage().len(), n + 1);
    }
    assert!(size > 8192 - 300, "{size}");
}

#[test]
fn spans_without_a_parent_join_the_default_parent() {
    let parent = span_context(&remote_parent(PARENT).unwrap());
    let provider = TracerProvider::builder().with_default_parent(parent.clone()).build();
    let tracer = provider.tracer("test");
    let cx = Context::new().with_span(tracer.start_with_context("root", &Context::new()));
    assert_eq!(span_context(&cx).trace_id(), parent.trace_id());
    // Others keep theirs.
    let other = remote_parent(&PARENT.replace("4bf9", "5bf9")).unwrap();
    let child = tracer.start_with_context("child", &other);
    assert_eq!(child.span_context().trace_id(), span_context(&other).trace_id());
    // What the server has not sampled is not sampled here either.
    let unsampled = span_context(&remote_parent(&PARENT.replace("-01", "-00")).unwrap());
    let provider = TracerProvider::builder().with_default_parent(unsampled).build();
    assert!(!provider.tracer("test").start("root").is_recording());
    let provider = TracerProvider::builder().with_default_parent(SpanContext::NONE).build();
    assert!(provider.tracer("test").start("root").span_context().is_valid());
}

#[test]
fn the_propagator_takes_what_is_well_formed_and_nothing_else() {
    let mut variants =
        vec![PARENT.to_owned(), PARENT.replace("00-4", "cc-4"), PARENT.replace("00-4", "cc-4") + "-more"];
    for at in 0..PARENT.len() {
        variants.push(PARENT[..at].to_owned());
        for other in ["", "-", "0", "f", "F", "g", "é", "ff", " "] {
            variants.push(format!("{}{other}{}", &PARENT[..at], &PARENT[at + 1..]));
        }
    }
    for zeros in ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"] {
        variants.push(PARENT.replace(zeros, &"0".repeat(zeros.len())));
    }
    for variant in variants {
        let carrier = HashMap::from([("traceparent".to_owned(), variant.clone())]);
        let extracted = span_context(&W3cPropagator::new().extract(&carrier));
        let expected = remote_parent(&variant).map(|cx| span_context(&cx));
        assert_eq!(extracted, expected.unwrap_or(SpanContext::NONE), "{variant}");
    }
}

#[test]
fn errors_tell_which_part_is_wrong() {
    use std::error::Error;

    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let parent = |traceparent, state, baggage| remote_parent_with(traceparent, state, baggage).expect_err("an error");
    let parts = |error: &ParentError| [error.is_traceparent(), error.is_tracestate(), error.is_baggage()];
    let error = parent("00-xyz", Some("a=1"), None);
    assert_eq!((parts(&error), error.source().is_some()), ([true, false, false], false));
    let error = parent(good, Some("no state"), None);
    assert_eq!((parts(&error), error.source().is_some()), ([false, true, false], true));
    let error = parent(good, None, Some("no entry"));
    assert_eq!((parts(&error), error.into_usable().is_some()), ([false, false, true], true));

    let cx = Context::new();
    let error = merge_baggage(&cx, [KeyValue::new("no token", "x")]).expect_err("no key");
    assert!(error.is_invalid() && !error.is_full(), "{error}");
    let error = merge_baggage(&cx, [KeyValue::new("a", "x".repeat(9000))]).expect_err("too long");
    assert!(error.is_full() && !error.is_invalid(), "{error}");
}
