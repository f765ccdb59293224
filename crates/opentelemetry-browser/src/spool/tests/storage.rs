//! A storage that is late, full, or denied.

use super::*;

#[test]
fn a_page_that_is_left_before_its_storage_is_open_leaves_its_spans_all_the_same() {
    hold_up();
    let receiver = Receiver::default();
    let page = Page::open(&receiver);
    let names: Vec<&'static str> = (0..2000).map(|_| "a span with a name that takes some room").collect();
    // These have copies, which wait as well.
    page.trace(&names[..300]);
    advance(SECOND * 2);
    page.trace(&names[300..]);
    raise(PageEvent::PageHide { persisted: false });
    page.check_books();
    let spooled = page.processor.diagnostics().spooled;
    assert!(spooled > 1000, "{spooled}");
    crash();
    let next = Page::open(&receiver);
    advance(SECOND * 10);
    assert_eq!((receiver.names().len(), next.processor.diagnostics().resent), (2000, spooled));
    assert_eq!(contents(), []);
}

#[test]
fn what_this_page_has_in_the_spool_counts_against_its_bound_also_after_a_look() {
    let max_bytes = 1500;
    let receiver = Receiver::default();
    receiver.set_down(true);
    // What a living page keeps makes this one look again after half a minute.
    let living = locks::hold("opentelemetry-browser:living").expect("a lock");
    let created = crate::platform::clock::date_now();
    let record = StoredRecord { format: 1, url: URL.to_owned(), created, spans: 0, attempts: 0, body: Vec::new() };
    plant("00000000000001-living-0", Some(record));
    let page = Page::with(&receiver, SpoolConfig { max_bytes, ..SpoolConfig::default() });
    let stored = || contents().iter().filter_map(|(_, record)| Some(record.as_ref()?.body.len())).sum::<usize>();
    page.trace(&["a", "b"]);
    advance(SECOND * 31);
    let before = stored();
    assert!(before > max_bytes / 4 && before < max_bytes, "{before}");
    for name in ["c", "d", "e", "f", "g", "h"] {
        page.trace(&[name]);
        advance(SECOND);
        assert!(stored() <= max_bytes, "{} bytes", stored());
    }
    drop(living);
}

#[test]
fn storage_that_is_denied_or_full_is_said_and_never_in_the_way() {
    for (denied, full) in [(true, false), (false, true)] {
        spoil(denied, full);
        let receiver = Receiver::default();
        let page = Page::open(&receiver);
        page.trace(&["a"]);
        advance(SECOND * 2);
        assert!(page.processor.diagnostics().last_error.is_some());
        assert!(block_on(page.processor.flush()).is_ok());
        assert_eq!(receiver.names(), ["a"]);
        page.check_books();
        spoil(false, false);
        crash();
    }
}

#[test]
fn what_the_storage_refuses_is_dropped_not_spooled() {
    for (denied, full) in [(true, false), (false, true)] {
        for has_copies in [true, false] {
            let receiver = Receiver::default();
            receiver.set_down(true);
            spoil(denied, full);
            let page = Page::open(&receiver);
            page.trace(&["a", "b"]);
            if has_copies {
                advance(SECOND * 2);
            }
            let report = block_on(page.processor.shutdown()).expect_err("down").report();
            assert_eq!((report.delivered, report.retrying, report.spooled, report.dropped), (0, 0, 0, 2));
            let books = page.processor.diagnostics();
            assert_eq!((books.spooled, books.dropped.storage + books.dropped.shutdown), (0, 2), "{books:?}");
            page.check_books();
            spoil(false, false);
            crash();
        }
    }
}

#[test]
fn what_the_storage_refuses_when_a_page_is_left_is_told_if_it_comes_back() {
    let receiver = Receiver::default();
    receiver.set_down(true);
    let page = Page::open(&receiver);
    page.trace(&["a", "b"]);
    advance(SECOND * 7);
    // The copies are there; what comes after them is not taken.
    spoil(false, true);
    page.trace(&["c"]);
    raise(PageEvent::PageHide { persisted: true });
    raise(PageEvent::PageShow);
    advance(SECOND);
    let books = page.processor.diagnostics();
    assert_eq!((books.spooled, books.dropped.storage, books.queued), (2, 1, 0));
    let report = block_on(page.processor.flush()).expect_err("one is lost").report();
    assert_eq!((report.spooled, report.dropped), (2, 1));
    page.check_books();
    spoil(false, false);
}
