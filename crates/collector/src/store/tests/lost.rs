//! When nothing can be kept any more: senders are told why, and so is who runs the store.

use super::{disk::TestDirectory, *};
use crate::store::blocks::{Batch, Stored};

/// Fails in a way that nobody has thought of.
#[derive(Debug)]
struct Faulty;

impl Blocks for Faulty {
    fn commit(&self, batch: &Batch) -> Result<(), Failed> {
        panic!("{} blocks are too many", batch.put.len())
    }

    fn check(&self) -> Result<(), Failed> {
        Ok(())
    }

    fn read(&self, _: u64) -> Result<Option<Arc<[u8]>>, Failed> {
        Ok(None)
    }

    fn last(&self) -> Result<Option<u64>, Failed> {
        Ok(None)
    }

    fn load(&self, _: &mut dyn FnMut(Stored<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
        Ok(())
    }

    fn close(&self) {}
}

#[test]
fn a_committer_that_failed_is_no_end_without_a_reason() {
    let clock = TestClock::new().clock();
    let store = Store::start(Limits::default(), Box::new(Faulty), clock, "here".into(), None).unwrap();
    let why = Failed("the thread that writes traces failed: 1 blocks are too many".into());
    for _ in 0..2 {
        assert_eq!(store.try_insert([span(1, 1, 0, 5, "a")]), Err(why.clone()));
    }
    assert_eq!(wait(store.lost()), why);
    store.close();
    assert_eq!(wait(store.lost()), why);
}

#[test]
fn a_store_that_is_closed_says_so() {
    let store = in_memory(Limits::default());
    store.close();
    assert_eq!(store.try_insert([span(1, 1, 0, 5, "a")]), Err(Failed("the collector is ending".into())));
}

#[cfg(unix)]
#[test]
fn a_file_that_vanished_takes_no_more() {
    let remove: fn(&std::path::Path) = |directory| std::fs::remove_dir_all(directory).unwrap();
    let replace: fn(&std::path::Path) = |directory| {
        let file = directory.join("traces.redb");
        std::fs::copy(&file, directory.join("copy")).unwrap();
        std::fs::rename(directory.join("copy"), file).unwrap();
    };
    let unlock: fn(&std::path::Path) = |directory| std::fs::remove_file(directory.join("lock")).unwrap();
    let cases =
        [(remove, "traces.redb was removed"), (replace, "traces.redb was replaced"), (unlock, "lock was removed")];
    for (what, words) in cases {
        let directory = TestDirectory::new();
        let store = directory.open(Limits::default());
        store.insert([span(1, 1, 0, 5, "a")]);
        what(directory.path());
        // Whether or not somebody sends.
        let why = wait(store.lost());
        assert!(why.0.contains(words), "{why}");
        assert_eq!(store.try_insert([span(2, 1, 0, 5, "a")]), Err(why));

        let directory = TestDirectory::new();
        let store = directory.open(Limits::default());
        what(directory.path());
        assert!(store.try_insert([span(2, 1, 0, 5, "a")]).is_err(), "no success for what is written to nowhere");
    }
}
