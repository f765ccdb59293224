//! What pages that are gone have left.

use super::*;

#[test]
fn what_was_spooled_outlives_a_page_that_cannot_send_it_either() {
    for is_left in [false, true] {
        let receiver = Receiver::default();
        leave_in_an_outage(&receiver);

        // It ends within the time that an ordinary request is tried again and again.
        let second = Page::open(&receiver);
        advance(SECOND * 3);
        if is_left {
            raise(PageEvent::PageHide { persisted: false });
        }
        crash();
        assert_eq!(contents().len(), 1, "left: {is_left}");
        receiver.set_down(false);
        let _next = Page::open(&receiver);
        advance(SECOND);
        assert_eq!((receiver.names(), contents()), (vec!["a".to_owned()], vec![]), "left: {is_left}");
        drop(second);
    }
}

#[test]
fn what_was_spooled_is_sent_when_the_receiver_is_back() {
    let receiver = Receiver::default();
    leave_in_an_outage(&receiver);
    let next = Page::open(&receiver);
    advance(SECOND * 40);
    receiver.set_down(false);
    advance(SECOND * 30);
    assert_eq!((receiver.names(), next.processor.diagnostics().resent), (vec!["a".to_owned()], 1));
}

#[test]
fn what_fails_after_a_success_is_tried_again_soon() {
    let created = crate::platform::clock::date_now();
    for number in 0..3 {
        let body = br#"{"resourceSpans":[]}"#.to_vec();
        let record = StoredRecord { format: 1, url: URL.to_owned(), created, spans: 1, attempts: 0, body };
        plant(&format!("0000000000000{number}-gone-0"), Some(record));
    }
    let receiver = scripted::Receiver::new(status(200));
    receiver.then([status(200), Answer::Down]);
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).build().expect("exporter");
    let processor = BatchSpanProcessor::builder(exporter).build();
    advance(SECOND * 2);
    assert_eq!((processor.diagnostics().resent, contents()), (3, vec![]));
}

#[test]
fn what_was_spooled_waits_for_room_among_the_requests_that_outlive_the_page() {
    let receiver = Receiver::default();
    leave_in_an_outage(&receiver);
    receiver.set_down(false);
    let taken = crate::transport::unload::Permit::acquire(crate::transport::unload::MAX_BYTES);
    let _next = Page::open(&receiver);
    advance(SECOND * 3);
    assert_eq!((receiver.names().len(), contents().len()), (0, 1));
    drop(taken);
    advance(SECOND);
    assert_eq!(receiver.names(), ["a"]);
}

#[test]
fn what_is_in_doubt_is_sent_again_only_if_asked_for() {
    let config = SpoolConfig { resend_in_doubt: true, ..SpoolConfig::default() };
    let receiver = Receiver::default();
    let page = Page::with(&receiver, config);
    page.trace(&["a"]);
    advance(SECOND * 2);
    receiver.set_silent(true);
    advance(SECOND * 4);
    crash();
    receiver.set_silent(false);
    let _next = Page::with(&receiver, config);
    advance(SECOND);
    assert_eq!(receiver.names(), ["a"]);
    assert_eq!(contents(), []);
    drop(page);
}

#[test]
fn what_is_old_too_much_or_not_understood_is_removed_with_words() {
    let record = |age_hours: f64, format: u32, bytes: usize| StoredRecord {
        format,
        url: URL.to_owned(),
        created: crate::platform::clock::date_now() - age_hours * 3_600_000.0,
        spans: 1,
        attempts: 0,
        body: vec![b' '; bytes],
    };
    plant("00000000000001-old-0", Some(record(25.0, 1, 10)));
    plant("00000000000002-corrupt-0", None);
    plant("garbage", None);
    plant("00000000000003-older-0", Some(record(0.0, 0, 10)));
    plant("00000000000004-newer-0", Some(record(0.0, 3, 10)));
    plant("00000000000005-large-0", Some(record(0.0, 1, 6 * 1024 * 1024)));
    plant("00000000000006-other-0", Some(StoredRecord { url: "http://elsewhere/".into(), ..record(0.0, 1, 10) }));
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    advance(SECOND);
    let keys: Vec<String> = contents().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["00000000000004-newer-0", "00000000000006-other-0"]);
    assert_eq!(page.processor.diagnostics().spool_lost, 5, "each was of one span");
    assert!(page.processor.diagnostics().last_error.is_some());
    page.check_books();
}

#[test]
fn what_is_too_long_for_the_receiver_is_halved() {
    let receiver = scripted::Receiver::new(status(200));
    receiver.set_most(1);
    plant("00000000000001-gone-0", Some(three_spans()));
    let processor = sending_to(&receiver);
    advance(SECOND * 5);
    let books = processor.diagnostics();
    assert_eq!((books.resent, books.spool_lost, contents()), (3, 0, vec![]));
    let mut names = receiver.delivered();
    names.sort();
    assert_eq!(names, ["a", "b", "c"]);
}

/// A page that has the spool's defaults, and no spans of its own.
fn sending_to(receiver: &scripted::Receiver) -> BatchSpanProcessor {
    let exporter = SpanExporter::builder().with_transport(receiver.clone()).build();
    BatchSpanProcessor::builder(exporter.expect("an exporter")).build()
}

/// A request of three spans that a page before this one has left.
fn three_spans() -> StoredRecord {
    let span = |name: &str| format!(r#"{{"name":"{name}"}}"#);
    let spans = ["a", "b", "c"].map(span).join(",");
    let body = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#).into_bytes();
    let created = crate::platform::clock::date_now();
    StoredRecord { format: 2, url: URL.to_owned(), created, spans: 3, attempts: 0, body }
}

#[test]
fn what_is_too_long_and_has_no_room_for_its_halves_is_counted_as_lost() {
    let receiver = scripted::Receiver::new(status(200));
    receiver.set_most(1);
    plant("00000000000001-gone-0", Some(three_spans()));
    spoil(false, true);
    let processor = sending_to(&receiver);
    advance(SECOND * 5);
    spoil(false, false);
    let books = processor.diagnostics();
    assert_eq!((books.resent, books.spool_lost, contents()), (0, 3, vec![]));
}

/// The spans of one record fail while others are delivered.
#[test]
fn what_fails_by_itself_stays_where_it_is_if_there_is_no_room_to_write_that_down() {
    let receiver = scripted::Receiver::new(status(200));
    receiver.set_poison("b", status(503));
    plant("00000000000001-gone-0", Some(three_spans()));
    spoil(false, true);
    let processor = sending_to(&receiver);
    advance(SECOND * 300);
    spoil(false, false);
    assert_eq!(contents().len(), 1, "{:?}", processor.diagnostics());
    advance(SECOND * 300);
    let books = processor.diagnostics();
    assert_eq!((books.resent, books.spool_lost, contents()), (2, 1, vec![]));
    let mut names = receiver.delivered();
    names.sort();
    assert_eq!(names, ["a", "c"]);
}

#[test]
fn a_receiver_that_says_when_it_wants_to_be_asked_again_is_left_alone_until_then() {
    for (asked, quiet, done) in [("300", 299, 302), ("9999999999", 3599, 3602)] {
        let receiver = scripted::Receiver::new(Answer::Http(503, Some(asked.to_owned()), String::new()));
        for page in 0..5 {
            plant(&format!("0000000000000{page}-gone-0"), Some(three_spans()));
        }
        let processor = sending_to(&receiver);
        advance(SECOND * quiet);
        // One other is tried: the first one may have itself to blame.
        assert_eq!(receiver.sizes(), [3, 3], "Retry-After: {asked}");
        receiver.set_usual(status(200));
        advance(SECOND * (done - quiet));
        assert_eq!((processor.diagnostics().resent, contents()), (15, vec![]), "Retry-After: {asked}");
        crash();
    }
}

#[test]
fn what_is_turned_away_is_counted_as_lost() {
    for (answer, resent, lost) in
        [(status(400), 0, 3), (Answer::Http(200, None, r#"{"partialSuccess":{"rejectedSpans":"1"}}"#.to_owned()), 2, 1)]
    {
        let body = br#"{"resourceSpans":[]}"#.to_vec();
        let created = crate::platform::clock::date_now();
        plant(
            "00000000000001-gone-0",
            Some(StoredRecord { format: 1, url: URL.to_owned(), created, spans: 3, attempts: 0, body }),
        );
        let exporter = SpanExporter::builder().with_transport(scripted::Receiver::new(answer)).build();
        let processor = BatchSpanProcessor::builder(exporter.expect("an exporter")).build();
        advance(SECOND);
        let books = processor.diagnostics();
        assert_eq!((books.resent, books.spool_lost, books.recorded), (resent, lost, 0));
        assert_eq!(contents(), []);
    }
}
