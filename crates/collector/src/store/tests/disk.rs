//! What stays when the store is opened again, and what does not come back.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use super::*;

/// Removed when dropped.
pub struct TestDirectory(PathBuf);

impl TestDirectory {
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// Where syncing is free, if there is such a place: for tests that do it thousands of times.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::new() }
    }

    fn below(path: &Path) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(path.join(format!("collector-store-{}-{number}", std::process::id())))
    }

    pub fn open(&self, limits: Limits) -> Store {
        self.try_open(limits).unwrap()
    }

    fn try_open(&self, limits: Limits) -> Result<Store, Unusable> {
        Store::open(limits, Arc::new(Directory::open(&self.0)?))
    }

    /// With a clock of the test.
    pub fn open_at(&self, limits: Limits, clock: &TestClock) -> Store {
        let (store, _) = self.open_disk(limits, clock);
        store
    }

    /// With the disk, which the store shares with the test.
    pub fn open_disk(&self, limits: Limits, clock: &TestClock) -> (Store, Arc<blocks::Disk>) {
        let directory = Arc::new(Directory::open(&self.0).unwrap());
        let disk = Arc::new(directory.database(TRACES).unwrap());
        disk.set_first_pause(Duration::ZERO);
        let blocks = Box::new(Arc::clone(&disk));
        let store = Store::start(limits, blocks, clock.clock(), "here".into(), Some(directory)).unwrap();
        (store, disk)
    }

    /// Another directory with what is in this one, as if the program had ended just now.
    pub fn copied(&self) -> Self {
        let copy = Self::below(self.0.parent().unwrap());
        fs::create_dir(&copy.0).unwrap();
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
        for name in names.filter(|name| Path::new(name).extension() == Some("redb".as_ref())) {
            fs::copy(self.0.join(&name), copy.0.join(&name)).unwrap();
        }
        copy
    }

    pub fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn refusal(&self) -> String {
        self.try_open(Limits::default()).unwrap_err().to_string()
    }

    fn file(&self) -> PathBuf {
        self.0.join("traces.redb")
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Everything that can be asked.
fn everything(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let newest = store.newest(usize::MAX);
    let traces: Vec<_> = newest.iter().map(|summary| store.trace(summary.trace_id)).collect();
    let services = store.services();
    let operations: Vec<_> = services.iter().map(|service| store.operations(service)).collect();
    let filter = Filter { tags: vec![("otel.status_code".into(), "ERROR".into())], ..Filter::default() };
    let listed = store.summaries(&store.search(&filter, 100));
    (newest, traces, services, operations, store.dependencies(&(0..=u64::MAX)), listed, store.totals())
}

#[test]
fn opened_again_it_answers_as_before() {
    let directory = TestDirectory::new();
    let limits = Limits { spans: 60, ..Limits::default() };
    let store = directory.open(limits);
    for number in 1..=30 {
        let mut failed = span(number, 2, 1, 20, "api");
        failed.status = StatusCode::Error.into();
        store.insert([span(number, 1, 0, u64::from(number), "web"), failed]);
        // Long-lived traces, in many blocks.
        store.insert([span(200, number, 0, 5, "web"), span(1, 100 + number, 0, 5, "db")]);
    }
    let before = everything(&store);
    assert!(store.totals().traces < 31, "some have gone");
    drop(store);
    let store = directory.open(limits);
    assert_eq!(everything(&store), before);
    let again = store.insert([span(200, 30, 0, 5, "web")]);
    assert_eq!(again, Inserted { duplicates: 1, ..Inserted::default() });
    assert_eq!(everything(&store), before);
}

#[test]
fn what_went_does_not_come_back() {
    let directory = TestDirectory::new();
    let limits = Limits { spans: 20, ..Limits::default() };
    let store = directory.open(limits);
    // Of each request one span is of a trace that stays, so that the blocks stay too.
    for number in 1..=60 {
        store.insert([span(number, 1, 0, 5, "a"), span(255, number, 0, 5, "a")]);
    }
    let kept = kept_traces(&store);
    assert!(kept.len() < 20);
    drop(store);
    let store = directory.open(Limits::default());
    assert_eq!(kept_traces(&store), kept);
    // One that comes anew begins anew, and stays so.
    assert_eq!(store.insert([span(1, 1, 0, 9, "b")]).stored, 1);
    drop(store);
    assert_eq!(directory.open(Limits::default()).trace(trace_id(1)).unwrap()[0].start, 9);
}

#[test]
fn the_space_stays_bounded() {
    let directory = TestDirectory::new();
    let limits = Limits { bytes: 2 << 20, ..Limits::default() };
    let store = directory.open(limits);
    let mut sizes = Vec::new();
    for round in 0..6_u64 {
        for request in 0..30_u64 {
            // A trace of its own for most spans, and one that lives as long as it can.
            store.insert((0..100_u64).map(|number| {
                let id = 1 + (round * 30 + request) * 100 + number;
                let mut span = span(1, 1, 0, id, "a");
                span.trace_id = TraceId::parse(&format!("{:x}", if number == 0 { 1 } else { id + 1 })).unwrap();
                span.id = SpanId::from_bytes(&id.to_be_bytes()).unwrap();
                span.status_message = "x".repeat(300);
                span
            }));
            assert!(store.totals().bytes <= limits.bytes);
        }
        sizes.push(fs::metadata(directory.file()).unwrap().len());
    }
    assert!(sizes[5] <= 4 * limits.bytes as u64 && sizes[5] <= sizes[2], "{sizes:?}");
    // What is due is written.
    store.tick();
    store.tick();
    let before = everything(&store);
    drop(store);
    assert!(everything(&directory.open(limits)) == before);
}

#[test]
fn what_is_taken_after_a_restart_is_there() {
    let (directory, clock) = (TestDirectory::new(), TestClock::new());
    let store = directory.open_at(Limits { age: Duration::from_secs(4), ..Limits::default() }, &clock);
    store.insert([span(1, 1, 0, 5, "a")]);
    clock.pass(2_000);
    let origin = origin("a");
    store.insert([span_of(&origin, 1, 2, 1, 5), span_of(&origin, 2, 1, 0, 5), span_of(&origin, 2, 2, 1, 5)]);
    store.insert([span(1, 3, 1, 5, "a")]);
    store.insert([span(1, 4, 1, 5, "a")]);
    clock.pass(3_000);
    store.tick();
    assert_eq!(
        kept_traces(&store),
        [trace_id(2)].into(),
        "the last blocks are gone, and one before them has dead spans"
    );
    drop(store);
    let store = directory.open_at(Limits::default(), &clock);
    assert_eq!(store.insert([span(1, 5, 0, 5, "a")]).stored, 1);
    assert_eq!(store.trace(trace_id(1)).map(|spans| spans.len()), Some(1));
}

#[test]
fn what_was_a_duplicate_or_refused_does_not_come_back() {
    let (directory, clock) = (TestDirectory::new(), TestClock::new());
    let limits = Limits { spans: 2, age: Duration::from_secs(4), ..Limits::default() };
    let store = directory.open_at(limits, &clock);
    store.insert([span(1, 1, 0, 5, "a")]);
    clock.pass(2_000);
    // A duplicate in the block of another trace.
    let origin = origin("a");
    store.insert([span_of(&origin, 1, 1, 0, 5), span_of(&origin, 2, 1, 0, 5)]);
    clock.pass(3_000);
    store.tick();
    assert_eq!(kept_traces(&store), [trace_id(2)].into());
    let refused = store.insert([span_of(&origin, 2, 2, 1, 5), span_of(&origin, 2, 3, 1, 5)]);
    assert_eq!(refused, Inserted { stored: 1, duplicates: 0, refused: 1 });
    // As it is on the disk when the senders have their answers.
    let copied = directory.copied();
    let store = copied.open_at(Limits::default(), &clock);
    assert_eq!(kept_traces(&store), [trace_id(2)].into());
    assert_eq!(store.trace(trace_id(2)).unwrap().len(), 2, "its sender was told that one is not kept");
}

#[cfg(unix)]
#[test]
fn it_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set_mode = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let directory = TestDirectory::new();
    let lock = directory.path().join("lock");
    let modes = || [directory.path(), &directory.file(), &lock].map(mode);
    let remark = || {
        let opened = Arc::new(Directory::open(directory.path()).unwrap());
        Store::open(Limits::default(), Arc::clone(&opened)).unwrap();
        opened.remark.clone()
    };
    assert_eq!((remark(), modes()), (None, [0o700, 0o600, 0o600]));
    // As it was made by an earlier version.
    for (path, mode) in [(directory.path(), 0o755), (&directory.file(), 0o644), (&lock, 0o664)] {
        set_mode(path, mode);
    }
    assert_eq!((remark(), modes()), (None, [0o700, 0o600, 0o600]));
    // Others may need what else is in it.
    fs::write(directory.path().join("index.html"), "").unwrap();
    set_mode(directory.path(), 0o755);
    let remark = remark().unwrap_or_default();
    assert!(remark.contains("other files"), "{remark}");
    assert_eq!(modes(), [0o755, 0o600, 0o600]);
}

#[test]
fn the_old_goes_even_when_nothing_comes() {
    let directory = TestDirectory::new();
    let old = Limits { age: Duration::from_millis(1), ..Limits::default() };
    let store = directory.open(Limits::default());
    store.insert([span(1, 1, 0, 5, "a")]);
    drop(store);
    let store = directory.open(old);
    while store.totals().spans > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(store);
    assert_eq!(directory.open(Limits::default()).totals(), Totals::default());
}

#[test]
fn what_is_damaged_or_foreign_is_refused_and_left_as_it_is() {
    let directory = TestDirectory::new();
    let store = directory.open(Limits::default());
    for number in 1..=200 {
        let mut big = span(number, 1, 0, 5, "a");
        big.status_message = "x".repeat(2_000);
        store.insert([big]);
    }
    assert!(directory.refusal().contains("another collector"), "while it is in use");
    drop(store);
    let whole = fs::read(directory.file()).unwrap();
    let flipped = |place: usize| {
        let mut bytes = whole.clone();
        bytes[place] ^= 4;
        bytes
    };
    let text = whole.windows(64).position(|window| window == [b'x'; 64]).unwrap();
    let newer = {
        fs::write(directory.file(), &whole).unwrap();
        let database = redb::Database::open(directory.file()).unwrap();
        let write = database.begin_write().unwrap();
        write.open_table(redb::TableDefinition::<&str, &str>::new("meta")).unwrap().insert("format", "3").unwrap();
        write.commit().unwrap();
        drop(database);
        fs::read(directory.file()).unwrap()
    };
    let foreign = {
        fs::remove_file(directory.file()).unwrap();
        drop(redb::Database::create(directory.file()).unwrap());
        fs::read(directory.file()).unwrap()
    };
    let cases = [
        (b"not a database".to_vec(), "damaged"),
        (Vec::new(), "damaged"),
        (whole[..whole.len() / 2].to_vec(), "damaged"),
        (whole[..100].to_vec(), "damaged"),
        (flipped(text + 10), "damaged"),
        (flipped(3), "damaged"),
        (newer, "format"),
        (foreign, "another program"),
    ];
    for (bytes, word) in cases {
        fs::write(directory.file(), &bytes).unwrap();
        let words = directory.refusal();
        assert!(words.contains(word) && words.contains("traces.redb") && words.contains("--data-dir"), "{words}");
        assert!(fs::read(directory.file()).unwrap() == bytes, "{word}: it is another file now");
    }
    fs::write(directory.file(), &whole).unwrap();
    assert_eq!(directory.open(Limits::default()).totals().spans, 200);
}

/// At places that nobody has chosen: either all is as it was, or it is refused in words and left alone.
#[test]
fn damage_at_any_place_is_refused_or_touches_nothing() {
    let directory = TestDirectory::in_memory();
    let store = directory.open(Limits::default());
    for number in 1..=60 {
        store.insert([span(number, 1, 0, 5, "a"), span(number, 2, 1, 7, "b")]);
    }
    let before = format!("{:?}", everything(&store));
    drop(store);
    let whole = fs::read(directory.file()).unwrap();
    let mut number = 19_u64;
    let mut below = |end: usize| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(number >> 33).unwrap() % end
    };
    let (mut refused, mut unharmed) = (0, 0);
    for round in 0..120 {
        let mut bytes = whole.clone();
        match round % 3 {
            0 => bytes.truncate(below(whole.len())),
            1 => bytes[below(whole.len())] ^= 1 << below(8),
            _ => {
                let from = below(whole.len() - 4_096);
                bytes[from..from + 4_096].fill(0);
            }
        }
        fs::write(directory.file(), &bytes).unwrap();
        match directory.try_open(Limits::default()) {
            Ok(store) => {
                assert_eq!(format!("{:?}", everything(&store)), before, "round {round}");
                unharmed += 1;
            }
            Err(why) => {
                let words = why.to_string();
                assert!(words.contains("traces.redb") && words.contains("--data-dir"), "round {round}: {words}");
                assert!(fs::read(directory.file()).unwrap() == bytes, "round {round}: it is another file now");
                refused += 1;
            }
        }
    }
    assert!(refused > 40, "{refused} of 120 were refused, {unharmed} did no harm");
}
