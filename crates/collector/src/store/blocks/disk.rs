//! Blocks in a redb database, in one file. What is in the file is known to be ours and whole before anything of it changes.

use std::{
    fmt::Display,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};

use super::{Batch, Blocks, Failed, Stored, staged::Staged};
use crate::model::TraceId;

const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// Traces that went, and up to which block.
const GONE: TableDefinition<&[u8], u64> = TableDefinition::new("gone");
const META: TableDefinition<&str, &str> = TableDefinition::new("meta");

const PROGRAM: (&str, &str) = ("program", "collector of opentelemetry-browser");
/// Changes whenever a program of earlier could not read what is written.
const FORMAT: (&str, &str) = ("format", "1");

/// Blocks are read once, mostly; the operating system keeps the rest.
const CACHE: usize = 16 << 20;

#[derive(Debug)]
pub struct Disk {
    file: Staged,
    state: RwLock<State>,
}

#[derive(Debug)]
enum State {
    Open(Database),
    /// It could not write, and does nothing any more until it is opened again.
    Failed,
    Closed,
}

impl Disk {
    /// Makes a database of an empty file.
    pub fn create(file: File) -> Result<Self, Failed> {
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
        Ok(Self { file, state: RwLock::new(State::Open(database)) })
    }

    /// The database in this file, or why it is none of ours or damaged. The file is unchanged until all is loaded.
    pub fn open(file: File) -> Result<Self, Failed> {
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
        if format != FORMAT.1 {
            let known = FORMAT.1;
            return Err(Failed(format!("its format is {format:?} and this collector knows only {known:?}")));
        }
        Ok(Self { file, state: RwLock::new(State::Open(database)) })
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_state(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// What the database gives, if it is open.
    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Failed> {
        match &*self.state() {
            State::Open(database) => guarded(|| work(database).map_err(failed)),
            State::Failed => Err(Failed("the database could not be written, and is opened again".into())),
            State::Closed => Err(Failed("the collector is ending".into())),
        }
    }

    #[cfg(test)]
    pub fn set_full(&self, full: bool) {
        self.file.set_full(full);
    }
}

impl Blocks for Disk {
    fn commit(&self, batch: &Batch) -> Result<(), Failed> {
        if matches!(*self.state(), State::Failed) {
            let database = guarded(|| builder(false).create_with_backend(self.file.clone()).map_err(failed))?;
            self.set_state(State::Open(database));
        }
        let written = self.with(|database| write(database, batch));
        if written.is_err() && matches!(*self.state(), State::Open(_)) {
            self.set_state(State::Failed);
        }
        written
    }

    fn read(&self, sequence: u64) -> Result<Option<Arc<[u8]>>, Failed> {
        self.with(|database| get(database, sequence))
    }

    fn last(&self) -> Result<Option<u64>, Failed> {
        self.with(|database| {
            let blocks = database.begin_read()?.open_table(BLOCKS)?;
            Ok(blocks.last()?.map(|(sequence, _)| sequence.value()))
        })
    }

    fn load(&self, found: &mut dyn FnMut(Stored<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
        if let State::Open(database) = &*self.state() {
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
        }
        Ok(())
    }

    fn release(&self) -> Result<(), Failed> {
        self.file.release().map_err(failed)
    }

    fn close(&self) {
        self.set_state(State::Closed);
    }
}

fn write(database: &Database, batch: &Batch) -> Result<(), redb::Error> {
    let mut write = database.begin_write()?;
    // So a damaged page is never taken for a commit that was not completed.
    write.set_two_phase_commit(true);
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
