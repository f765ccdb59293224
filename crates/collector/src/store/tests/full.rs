//! A disk that cannot be written, or read, for a while: what is kept can be seen, who is told so may come again, and nothing is
//! half there.

use std::time::Duration;

use super::{disk::TestDirectory, *};

/// Takes everything and gives nothing back.
#[derive(Debug, Default)]
pub struct Unreadable;

impl Blocks for Unreadable {
    fn commit(&self, _: &blocks::Batch) -> Result<(), Failed> {
        Ok(())
    }

    fn check(&self) -> Result<(), Failed> {
        Ok(())
    }

    fn read(&self, _: u64) -> Result<Option<Arc<[u8]>>, Failed> {
        Err(Failed("unreadable".into()))
    }

    fn last(&self) -> Result<Option<u64>, Failed> {
        Ok(None)
    }

    fn load(&self, _: &mut dyn FnMut(blocks::Stored<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
        Ok(())
    }

    fn close(&self) {}
}

/// How many traces of its kind there are, as they are read from the disk.
fn readable(store: &Store) -> usize {
    kept_traces(store).into_iter().filter(|id| store.trace(*id).is_some()).count()
}

#[test]
fn a_full_disk_takes_nothing_and_loses_nothing() {
    let (directory, clock) = (TestDirectory::new(), TestClock::new());
    let (store, disk) = directory.open_disk(Limits::default(), &clock);
    store.insert([span(1, 1, 0, 5, "a")]);
    disk.set_room(0);
    for _ in 0..3 {
        let failed = store.try_insert([span(1, 2, 1, 6, "a"), span(2, 1, 0, 6, "a")]).unwrap_err();
        assert!(failed.0.starts_with("no space left on the disk"), "{failed}");
        assert_eq!((store.totals().spans, readable(&store)), (1, 1));
    }
    disk.set_room(usize::MAX);
    assert_eq!(readable(&store), 1, "before anybody has written");
    assert_eq!(store.insert([span(1, 2, 1, 6, "a"), span(2, 1, 0, 6, "a")]).stored, 2);
    drop(store);
    let store = directory.open(Limits::default());
    assert_eq!(store.totals().spans, 3);
    assert_eq!(store.trace(trace_id(1)).unwrap().len(), 2);
}

#[test]
fn on_a_full_disk_not_every_request_tries_to_write() {
    let (directory, clock) = (TestDirectory::new(), TestClock::new());
    let (store, disk) = directory.open_disk(Limits::default(), &clock);
    let insert = || store.try_insert([span(1, 1, 0, 5, "a")]);
    disk.set_room(0);
    // A failure to write, and one to find room for it.
    for _ in 0..2 {
        assert!(insert().is_err());
        disk.set_first_pause(Duration::from_secs(86_400));
        disk.set_room(usize::MAX);
        for _ in 0..20 {
            let failed = insert().unwrap_err();
            assert!(failed.0.starts_with("no space left on the disk"), "it would have found room: {failed}");
        }
        disk.set_first_pause(Duration::ZERO);
        disk.set_room(0);
    }
    disk.set_room(usize::MAX);
    assert_eq!(insert().unwrap().stored, 1);
}

#[test]
fn writing_may_fail_at_any_point() {
    let mut failed = 0;
    for room in 0.. {
        let (directory, clock) = (TestDirectory::new(), TestClock::new());
        let (store, disk) = directory.open_disk(Limits { spans: 8, ..Limits::default() }, &clock);
        for number in 1..=12 {
            store.insert([span(number, 1, 0, 5, "a"), span(255, 1 + number % 4, 0, 5, "a")]);
        }
        for number in (50..).take_while(|_| store.totals().spans < 8) {
            store.insert([span(number, 1, 0, 5, "a")]);
        }
        let kept = kept_traces(&store);
        disk.set_room(room);
        let taken = store.try_insert([span(100, 1, 0, 5, "a")]);
        assert_eq!(readable(&store), store.totals().traces, "{room}");
        // What is on the disk now, should it end here.
        let copied = directory.copied();
        disk.set_room(usize::MAX);
        assert_eq!(store.insert([span(101, 1, 0, 5, "a")]).stored, 1);
        assert_eq!(readable(&store), store.totals().traces, "{room}");
        assert_eq!(kept_traces(&store).contains(&trace_id(100)), taken.is_ok());
        let last = kept_traces(&store);
        drop(store);
        assert_eq!(kept_traces(&directory.open(Limits::default())), last, "{room}");
        // Whoever was told that it failed cannot know how far it came.
        let copied = kept_traces(&copied.open(Limits { spans: 8, ..Limits::default() }));
        let is_there = copied.contains(&trace_id(100));
        let missing = kept.difference(&copied).count();
        assert!(missing == usize::from(is_there) && (is_there || taken.is_err()), "{room}: {missing} are missing");
        if taken.is_ok() {
            break;
        }
        failed += 1;
    }
    assert!(failed > 3, "a commit writes more than {failed} times");
}

#[test]
fn a_read_that_fails_is_only_that_one() {
    let (directory, clock) = (TestDirectory::new(), TestClock::new());
    let store = directory.open_at(Limits::default(), &clock);
    store.insert([span(1, 1, 0, 5, "a")]);
    drop(store);
    // Nothing of it is in the database's cache.
    let (store, disk) = directory.open_disk(Limits::default(), &clock);
    disk.fail_reads(1);
    assert_eq!(readable(&store), 1, "at once");
}

#[test]
fn what_is_kept_can_be_seen_when_the_disk_is_full_at_the_start() {
    let (directory, clock) = (TestDirectory::new(), TestClock::new());
    let store = directory.open_at(Limits::default(), &clock);
    store.insert([span(1, 1, 0, 5, "a")]);
    drop(store);
    let before = std::fs::read(directory.path().join("traces.redb")).unwrap();
    let disk = Directory::open(directory.path()).unwrap().database(TRACES).unwrap();
    disk.set_room(0);
    disk.set_first_pause(Duration::ZERO);
    let disk = Arc::new(disk);
    let store =
        Store::start(Limits::default(), Box::new(Arc::clone(&disk)), clock.clock(), "here".into(), None).unwrap();
    assert_eq!(readable(&store), 1);
    assert!(store.try_insert([span(2, 1, 0, 5, "a")]).is_err());
    assert_eq!(readable(&store), 1);
    assert!(before == std::fs::read(directory.path().join("traces.redb")).unwrap(), "the file has changed");
    disk.set_room(usize::MAX);
    assert_eq!(store.insert([span(2, 1, 0, 5, "a")]).stored, 1);
    assert_eq!(readable(&store), 2);
}

#[test]
fn a_trace_that_cannot_be_read_is_an_error_and_not_an_absence() {
    let clock = TestClock::new().clock();
    let store = Store::start(Limits::default(), Box::<Unreadable>::default(), clock, "here".into(), None).unwrap();
    store.insert([span(1, 1, 0, 5, "a")]);
    assert_eq!(store.spans(trace_id(1)).map(|_| ()).unwrap_err(), Failed("unreadable".into()));
    assert!(store.spans(trace_id(2)).unwrap().is_none());
}
