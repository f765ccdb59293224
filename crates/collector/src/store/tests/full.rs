//! A disk on which nothing can be written for a while: who is told so may come again, and nothing is half there.

use super::{disk::TestDirectory, *};

#[test]
fn a_full_disk_takes_nothing_and_loses_nothing() {
    let directory = TestDirectory::new();
    let (store, disk) = directory.open_disk(Limits::default(), &TestClock::new());
    store.insert([span(1, 1, 0, 5, "a")]);
    disk.set_full(true);
    for _ in 0..3 {
        let failed = store.try_insert([span(1, 2, 1, 6, "a"), span(2, 1, 0, 6, "a")]).unwrap_err();
        assert!(!failed.to_string().is_empty());
    }
    assert_eq!(store.totals().spans, 1);
    disk.set_full(false);
    assert_eq!(store.insert([span(1, 2, 1, 6, "a"), span(2, 1, 0, 6, "a")]).stored, 2);
    drop(store);
    let store = directory.open(Limits::default());
    assert_eq!(store.totals().spans, 3);
    assert_eq!(store.trace(trace_id(1)).unwrap().len(), 2);
}
