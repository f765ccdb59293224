//! The index against a look at every span, with blocks in memory and on the disk.

use super::{disk::TestDirectory, *};

/// As a search would answer that looks at everything.
fn by_looking(spans: &[Span], kept: &BTreeSet<TraceId>, filter: &Filter, limit: usize) -> Vec<TraceId> {
    let start = |id: TraceId| spans.iter().filter(|span| span.trace_id == id).map(|span| span.start).min();
    let fit = spans.iter().filter(|span| kept.contains(&span.trace_id) && filter.fits(span));
    let mut found: Vec<_> = fit.map(|span| (start(span.trace_id), span.trace_id)).collect();
    found.sort();
    found.dedup();
    found.into_iter().rev().map(|(_, id)| id).take(limit).collect()
}

#[test]
fn the_index_finds_what_a_look_at_every_span_finds() {
    let limits = Limits { spans: 250, ..Limits::default() };
    // Never opened again, and opened again ever so often.
    compare(in_memory(limits), |store| store);
    let directory = TestDirectory::new();
    let mut inserted = 0;
    compare(directory.open(limits), |store| {
        inserted += 1;
        if inserted % 50 > 0 {
            return store;
        }
        drop(store);
        directory.open(limits)
    });
}

fn compare(mut store: Store, mut again: impl FnMut(Store) -> Store) {
    let mut number = 1_u64;
    let mut below = move |end: u64| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (number >> 33) % end
    };
    let services = ["a", "b", "c", "rare"];
    let mut spans = Vec::new();
    for id in 0..600 {
        let service = if id % 60 == 0 { "rare" } else { services[below(3) as usize] };
        // Traces come, grow backwards in time, and go.
        let trace = u8::try_from(1 + id / 6 - below(4).min(id / 6)).unwrap();
        let mut span = span(trace, 1, 0, 1_000 - below(900), service);
        span.id = SpanId::from_bytes(&(id + 1).to_be_bytes()).unwrap();
        span.name = format!("op {}", below(5));
        span.end = span.start + below(50);
        span.kind = i32::try_from(below(6)).unwrap();
        let tag = AnyValue { value: Some(Value::IntValue(below(20).cast_signed())) };
        span.attributes = vec![KeyValue { key: "n".into(), value: Some(tag), ..Default::default() }];
        if store.trace(span.trace_id).is_none() {
            // A trace that had gone begins anew.
            spans.retain(|known: &Span| known.trace_id != span.trace_id);
        }
        spans.push(span.clone());
        store.insert([span]);
        store = again(store);
        let kept = kept_traces(&store);
        let mut text = |list: &[&str]| (below(2) == 0).then(|| list[below(list.len() as u64) as usize].to_owned());
        let (service, operation) = (text(&services), text(&["op 0", "op 1", "op 9"]));
        let tags = text(&["0", "7", "99"]).map(|value| ("n".to_owned(), value)).into_iter().collect();
        let (from, shortest) = (below(1_000), below(50));
        let near = (id / 6).saturating_sub(below(9));
        let traces =
            (below(3) == 0).then(|| (near..near + 9).map(|id| trace_id(1 + u8::try_from(id).unwrap())).collect());
        let filter = Filter {
            traces,
            service,
            operation,
            tags,
            start: from..=from + below(1_000),
            duration: shortest..=shortest + below(50),
        };
        for filter in [filter, Filter { service: Some("rare".into()), ..Filter::default() }, Filter::default()] {
            let expected = by_looking(&spans, &kept, &filter, 5);
            assert_eq!(store.search(&filter, 5), expected, "{filter:?} after {id}");
        }
    }
    // What went has left no name behind.
    let kept = kept_traces(&store);
    spans.retain(|span| kept.contains(&span.trace_id));
    for service in services {
        let of_service = spans.iter().filter(|span| span.service() == service);
        let expected: BTreeSet<_> = of_service.map(|span| (span.name.clone(), span.kind)).collect();
        let operations = store.operations(service);
        let found = operations.into_iter().map(|(name, kind)| (name.into_string(), kind as i32));
        assert_eq!(found.collect::<BTreeSet<_>>(), expected, "{service}");
    }
    let expected: BTreeSet<&str> = spans.iter().map(Span::service).collect();
    assert_eq!(store.services().iter().map(|name| &**name).collect::<BTreeSet<_>>(), expected);
}
