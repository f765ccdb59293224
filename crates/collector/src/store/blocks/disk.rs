//! Blocks in a redb database, in one file. What is in the file is known to be ours and whole before anything of it changes.

use std::{
    fmt::Display,
    fs::File,
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};

use super::{Batch, Blocks, Failed, Stored, place::Place, staged::Staged};
use crate::{measures, model::TraceId};

const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// Traces that went, and up to which block.
const GONE: TableDefinition<&[u8], u64> = TableDefinition::new("gone");
const META: TableDefinition<&str, &str> = TableDefinition::new("meta");

const PROGRAM: (&str, &str) = ("program", "collector of opentelemetry-browser");
/// Changes whenever a program of earlier could not read what is written.
const FORMAT: (&str, &str) = ("format", "2");
/// What is read as well, and carried over by the first commit: its blocks stay as they are until they are written again.
const EARLIER: &str = "1";

/// Blocks are read once, mostly; the operating system keeps the rest.
const CACHE: usize = 16 << 20;

/// How long nothing is written after a failure, and how long at most after further ones: to try takes some room itself, and after a
/// failure the database's file is read through, to open it again. Whoever sends meanwhile is told at once.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const PAUSE: Duration = Duration::from_secs(4);
/// So much room a commit may take, beside twice its blocks.
const ROOM: usize = 128 << 10;

#[derive(Debug)]
pub struct Disk {
    file: Staged,
    place: Place,
    state: RwLock<State>,
    trouble: Mutex<Option<Trouble>>,
    first_pause: Mutex<Duration>,
    /// When it may be opened again because something could not be read.
    next_rescue: Mutex<Instant>,
    /// Until a commit has said that the format is another now.
    is_earlier: AtomicBool,
}

/// Writing failed.
#[derive(Debug)]
struct Trouble {
    why: Failed,
    /// How often in a row.
    times: u32,
    /// When it was tried last.
    tried: Instant,
}

impl Trouble {
    /// It failed once more.
    fn again(&self, why: Failed) -> Self {
        Self { why, times: self.times.saturating_add(1), tried: Instant::now() }
    }
}

#[derive(Debug)]
enum State {
    Open(Database),
    /// It could not be opened again.
    Failed(Failed),
    Closed,
}

impl Disk {
    /// Makes a database of an empty file.
    pub fn create(file: File, place: Place) -> Result<Self, Failed> {
        let file = Staged::released(file).map_err(failed)?;
        let database = builder(false).create_with_backend(file.clone()).map_err(failed)?;
        let write = database.begin_write().map_err(failed)?;
        {
            let mut meta = write.open_table(META).map_err(failed)?;
            for (key, value) in [PROGRAM, FORMAT] {
                meta.insert(key, value).map_err(failed)?;
            }
            write.open_table(BLOCKS).map_err(failed)?;
            write.open_table(GONE).map_err(failed)?;
        }
        write.commit().map_err(failed)?;
        Ok(Self::with(file, place, database, false))
    }

    /// The database in this file, or why it is none of ours or damaged. The file is unchanged until the first commit.
    pub fn open(file: File, place: Place) -> Result<Self, Failed> {
        // A database would be made of an empty file.
        if file.metadata().map_err(failed)?.len() == 0 {
            return Err(Failed("it is no database, or damaged: it is empty".into()));
        }
        let file = Staged::new(file).map_err(failed)?;
        let opened = guarded(|| builder(true).create_with_backend(file.clone()).map_err(failed));
        let database = opened.map_err(|why| Failed(format!("it is no database, or damaged: {why}")))?;
        let read = database.begin_read().map_err(failed)?;
        let no_meta = || Failed("it is the database of another program".into());
        let meta = match read.open_table(META) {
            Ok(meta) => meta,
            Err(TableError::Storage(error)) => return Err(failed(error)),
            Err(_) => return Err(no_meta()),
        };
        let value = |key| meta.get(key).map(|value| value.map(|value| value.value().to_owned())).map_err(failed);
        if value(PROGRAM.0)?.as_deref() != Some(PROGRAM.1) {
            return Err(no_meta());
        }
        let format = value(FORMAT.0)?.unwrap_or_default();
        if format != FORMAT.1 && format != EARLIER {
            let known = FORMAT.1;
            return Err(Failed(format!("its format is {format:?} and this collector knows only {known:?}")));
        }
        Ok(Self::with(file, place, database, format == EARLIER))
    }

    fn with(file: Staged, place: Place, database: Database, is_earlier: bool) -> Self {
        let (state, trouble) = (RwLock::new(State::Open(database)), Mutex::default());
        let first_pause = Mutex::new(FIRST_PAUSE);
        let next_rescue = Mutex::new(Instant::now());
        Self { file, place, state, trouble, first_pause, next_rescue, is_earlier: is_earlier.into() }
    }

    /// Whether it is too early to try to write again.
    fn pauses(&self, trouble: &Trouble) -> bool {
        let first = *self.first_pause.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.tried.elapsed() < first.saturating_mul(1 << (trouble.times - 1).min(16)).min(first.max(PAUSE))
    }

    /// What the database gives, if it is open.
    fn with_open<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Failed> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(database) => guarded(|| work(database).map_err(failed)),
            State::Failed(why) => Err(why.clone()),
            State::Closed => Err(Failed("the collector is ending".into())),
        }
    }

    fn is_open(&self) -> bool {
        matches!(*self.state.read().unwrap_or_else(PoisonError::into_inner), State::Open(_))
    }

    /// A database that failed to write does not even read any more. Opened again, it is as after its last commit; its file is
    /// left alone until the next one. Those who read wait for it.
    fn open_again(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Closed) {
            return;
        }
        // The old one writes what it can when it is dropped: before the file is read.
        *state = State::Failed(Failed("it is opened again".into()));
        let opened = guarded(|| {
            self.file.stage().map_err(failed)?;
            builder(false).create_with_backend(self.file.clone()).map_err(failed)
        });
        *state = opened.map_or_else(State::Failed, State::Open);
    }

    /// Why writing failed, in words that say what to do about it.
    fn cause(&self, otherwise: Failed) -> Failed {
        let Some(error) = self.file.take_cause() else { return otherwise };
        match error.kind() {
            ErrorKind::StorageFull => Failed(format!("no space left on the disk ({error})")),
            ErrorKind::QuotaExceeded => Failed(format!("no space left within the disk quota ({error})")),
            ErrorKind::FileTooLarge => Failed(format!("no space left below the limit for files, ulimit -f ({error})")),
            _ => Failed(error.to_string()),
        }
    }

    #[cfg(test)]
    pub fn set_first_pause(&self, pause: Duration) {
        *self.first_pause.lock().unwrap() = pause;
    }

    #[cfg(test)]
    pub fn set_room(&self, writes: usize) {
        self.file.set_room(writes);
    }

    #[cfg(test)]
    pub fn fail_reads(&self, reads: usize) {
        self.file.fail_reads(reads);
    }
}

impl Blocks for Disk {
    fn commit(&self, batch: &Batch) -> Result<(), Failed> {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trouble) = &mut *trouble {
            if self.pauses(trouble) {
                return Err(trouble.why.clone());
            }
            let bytes = batch.put.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
            if let Err(why) = self.file.writing(|| self.place.try_room(2 * bytes + ROOM)) {
                *trouble = trouble.again(self.cause(failed(why)));
                return Err(trouble.why.clone());
            }
            if !self.is_open() {
                self.open_again();
            }
        }
        // At first, and after a failure, what opening has changed comes before anything else.
        let is_earlier = self.is_earlier.load(Relaxed);
        let begun = Instant::now();
        let written = self.file.release().map_err(failed);
        let written = written.and_then(|()| self.with_open(|open| write(open, batch, is_earlier)));
        measures::committed(begun.elapsed());
        self.is_earlier.fetch_and(written.is_err(), Relaxed);
        *trouble = match &written {
            Ok(()) => None,
            Err(why) => {
                let why = self.cause(why.clone());
                self.open_again();
                let before =
                    trouble.take().unwrap_or_else(|| Trouble { times: 0, why: why.clone(), tried: Instant::now() });
                Some(before.again(why))
            }
        };
        trouble.as_ref().map_or(Ok(()), |trouble| Err(trouble.why.clone()))
    }

    fn check(&self) -> Result<(), Failed> {
        self.place.check()
    }

    fn read(&self, sequence: u64) -> Result<Option<Arc<[u8]>>, Failed> {
        let read = || self.with_open(|database| get(database, sequence));
        read().or_else(|_| {
            // After one read that failed the database refuses all others.
            let mut next = self.next_rescue.lock().unwrap_or_else(PoisonError::into_inner);
            if Instant::now() >= *next {
                self.open_again();
                *next = Instant::now() + PAUSE;
            }
            read()
        })
    }

    fn last(&self) -> Result<Option<u64>, Failed> {
        self.with_open(|database| {
            let blocks = database.begin_read()?.open_table(BLOCKS)?;
            Ok(blocks.last()?.map(|(sequence, _)| sequence.value()))
        })
    }

    fn load(&self, found: &mut dyn FnMut(Stored<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
        let State::Open(database) = &*self.state.read().unwrap_or_else(PoisonError::into_inner) else { return Ok(()) };
        let read = database.begin_read().map_err(failed)?;
        for entry in read.open_table(GONE).map_err(failed)?.iter().map_err(failed)? {
            let (id, up_to) = entry.map_err(failed)?;
            let id = TraceId::from_bytes(id.value()).ok_or_else(|| Failed("a trace id in it is none".into()))?;
            found(Stored::Gone(id, up_to.value()))?;
        }
        for entry in read.open_table(BLOCKS).map_err(failed)?.iter().map_err(failed)? {
            let (sequence, bytes) = entry.map_err(failed)?;
            found(Stored::Block(sequence.value(), bytes.value()))?;
        }
        Ok(())
    }

    fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }
}

fn write(database: &Database, batch: &Batch, is_earlier: bool) -> Result<(), redb::Error> {
    let mut write = database.begin_write()?;
    // So a damaged page is never taken for a commit that was not completed.
    write.set_two_phase_commit(true);
    if is_earlier {
        write.open_table(META)?.insert(FORMAT.0, FORMAT.1)?;
    }
    {
        let mut blocks = write.open_table(BLOCKS)?;
        for (sequence, bytes) in &batch.put {
            blocks.insert(sequence, bytes.as_slice())?;
        }
        for sequence in &batch.remove {
            blocks.remove(sequence)?;
        }
        if !batch.gone.is_empty() || !batch.forgotten.is_empty() {
            let mut gone = write.open_table(GONE)?;
            for id in &batch.forgotten {
                gone.remove(id.as_bytes().as_slice())?;
            }
            for (id, up_to) in &batch.gone {
                gone.insert(id.as_bytes().as_slice(), up_to)?;
            }
        }
    }
    Ok(write.commit()?)
}

fn get(database: &Database, sequence: u64) -> Result<Option<Arc<[u8]>>, redb::Error> {
    let blocks = database.begin_read()?.open_table(BLOCKS)?;
    Ok(blocks.get(sequence)?.map(|bytes| bytes.value().into()))
}

fn builder(check: bool) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_check_integrity_on_open(check);
    builder
}

/// The database panics where a file contradicts itself in a way that it does not expect.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Failed("the database failed on what is in it".into())))
}

fn failed(error: impl Display) -> Failed {
    Failed(error.to_string())
}
