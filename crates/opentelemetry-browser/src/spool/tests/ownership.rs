//! Pages at the same time: each sends its own.

use super::*;

#[test]
fn a_living_pages_copies_are_left_alone() {
    let receiver = Receiver::default();
    let first = Page::open(&receiver);
    receiver.set_down(true);
    first.trace(&["a"]);
    advance(SECOND * 2);
    assert_eq!(contents().len(), 1);
    receiver.set_down(false);
    let second = Page::open(&receiver);
    advance(Duration::from_millis(100));
    assert_eq!(second.processor.diagnostics().resent, 0);
    advance(SECOND * 60);
    assert_eq!(receiver.names(), ["a"]);
    assert_eq!(contents(), []);
}

#[test]
fn without_locks_a_living_pages_copies_are_left_alone_for_as_long_as_it_lives() {
    locks::support(false);
    let receiver = Receiver::default();
    receiver.set_down(true);
    let first = Page::open(&receiver);
    first.trace(&["a"]);
    // A page looks when the first one has waited for longer than a lease lasts that is not renewed.
    let mut waited = Duration::ZERO;
    let mut of_one_record = String::new();
    while waited < SECOND * 17 {
        advance(SECOND);
        let copies: Vec<String> =
            contents().into_iter().map(|(key, _)| key).filter(|key| !key.starts_with("lease:")).collect();
        waited = if copies == [of_one_record.as_str()] { waited + SECOND } else { Duration::ZERO };
        of_one_record = copies.concat();
    }
    let reachable = Receiver::default();
    let second = Page::open(&reachable);
    advance(SECOND * 2);
    assert_eq!(reachable.names(), [""; 0], "the first page will send it itself");
    receiver.set_down(false);
    advance(SECOND * 120);
    assert_eq!(receiver.names(), ["a"]);
    assert_eq!((second.processor.diagnostics().resent, contents()), (0, vec![]));
    first.check_books();
}

#[test]
fn without_locks_a_page_whose_timers_run_once_a_minute_keeps_its_copies() {
    locks::support(false);
    let receiver = Receiver::default();
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).build().expect("exporter");
    let open = || Arc::new(Spool::new(SpoolConfig::default(), URL.into(), Arc::default()));
    let (looking, hidden) = (open(), open());
    let look = || {
        let (looking, exporter) = (looking.clone(), exporter.clone());
        crate::platform::spawn(async move {
            looking.drain(&exporter.pipe().sender).await;
        });
        advance(SECOND);
    };
    hidden.claim();
    let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}"#.to_vec();
    let _ = hidden.put(body, 1, false, drop);
    for minute in 0..6 {
        advance(SECOND * 58);
        look();
        assert_eq!((receiver.names(), records()), (vec![], 1), "after {minute} turns");
        advance(SECOND);
        hidden.claim();
    }
    // Gone without a word, it is waited for three minutes after it has renewed its lease the last time.
    advance(SECOND * 100);
    look();
    assert_eq!((receiver.names(), records()), (vec![], 1));
    advance(SECOND * 80);
    look();
    assert_eq!((receiver.names(), records()), (vec!["a".to_owned()], 0));
}

#[test]
fn a_page_that_writes_its_first_copy_while_another_looks_keeps_it() {
    for turns in 0..10 {
        let receiver = Receiver::default();
        let exporter = SpanExporter::builder().with_transport(receiver.clone()).build().expect("exporter");
        let open = || Arc::new(Spool::new(SpoolConfig::default(), URL.into(), Arc::default()));
        let (looking, writing) = (open(), open());
        crate::platform::spawn(async move {
            looking.drain(&exporter.pipe().sender).await;
        });
        let writer = writing.clone();
        crate::platform::spawn(async move {
            for _ in 0..turns {
                let _ = crate::platform::locks::held().await;
            }
            writer.claim();
            let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}"#.to_vec();
            let _ = writer.put(body, 1, false, drop);
        });
        advance(SECOND);
        assert_eq!((receiver.names(), records()), (vec![], 1), "after {turns} turns");
        contents().into_iter().for_each(|(key, _)| writing.remove(&key, 0));
        writing.disclaim();
    }
}

#[test]
fn a_page_does_not_take_its_own_copies_for_those_of_a_page_that_is_gone() {
    for has_locks in [true, false] {
        locks::support(has_locks);
        let receiver = Receiver::default();
        receiver.set_down(true);
        let one_by_one = BatchConfig { max_export_batch_size: 1, ..BatchConfig::default() };
        let page = Page::batching(&receiver, SpoolConfig::default(), one_by_one);
        // Three requests, each with its copy.
        for name in ["a", "b", "c"] {
            page.trace(&[name]);
            advance(SECOND * 6);
        }
        assert_eq!(records(), 3);
        // The first that arrives has the spool looked at, while the others still wait for their turn.
        receiver.set_down(false);
        receiver.set_delay(SECOND);
        advance(SECOND * 120);
        assert_eq!(receiver.names(), ["a", "b", "c"], "locks: {has_locks}");
        assert_eq!((page.processor.diagnostics().resent, contents()), (0, vec![]), "locks: {has_locks}");
        page.check_books();
    }
}
