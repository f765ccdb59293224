//! The database's file, of which nothing changes until it is known to be ours and whole.
//!
//! Opening a database writes to its file: marks that it is open, repairs what a crash left. So at first what is written stays
//! in memory, above the file, and is read from there. [`Staged::release`] writes it down, and from then on it goes straight to the
//! file. So a database can also be opened and read while its file cannot be written. The locks of the file are left out: the
//! directory has one.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, ErrorKind},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use redb::{StorageBackend, backends::FileBackend};

const PAGE: usize = 4 << 10;

#[derive(Debug, Clone)]
pub struct Staged(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: FileBackend,
    above: RwLock<Option<Above>>,
    /// Why writing failed last.
    cause: Mutex<Option<io::Error>>,
    /// For tests: how many more times something can be written.
    #[cfg(test)]
    room: std::sync::atomic::AtomicUsize,
    /// For tests: how many of the next reads fail.
    #[cfg(test)]
    unreadable: std::sync::atomic::AtomicUsize,
}

/// What differs from the file.
#[derive(Debug)]
struct Above {
    length: u64,
    /// How much of the file still counts.
    in_file: u64,
    pages: BTreeMap<u64, Box<[u8]>>,
}

impl Staged {
    /// Nothing is written to the file until it is released.
    pub fn new(file: File) -> io::Result<Self> {
        let staged = Self::with(file, None)?;
        staged.stage()?;
        Ok(staged)
    }

    /// A file that is known already.
    pub fn released(file: File) -> io::Result<Self> {
        Self::with(file, None)
    }

    fn with(file: File, above: Option<Above>) -> io::Result<Self> {
        let inner = Inner {
            file: FileBackend::new(file).map_err(io::Error::other)?,
            above: RwLock::new(above),
            cause: Mutex::default(),
            #[cfg(test)]
            room: usize::MAX.into(),
            #[cfg(test)]
            unreadable: 0.into(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// From here on nothing is written to the file until it is released. For a database that is opened next, not for one that
    /// is open.
    pub fn stage(&self) -> io::Result<()> {
        let length = self.0.file.len()?;
        *self.above_mut() = Some(Above { length, in_file: length, pages: BTreeMap::new() });
        Ok(())
    }

    /// Writes down what there is, the first page last: it says which of the others count.
    pub fn release(&self) -> io::Result<()> {
        let mut above = self.above_mut();
        if let Some(staged) = &*above {
            self.writing(|| staged.write_down(&self.0.file))?;
        }
        *above = None;
        Ok(())
    }

    /// Why writing failed last, once.
    pub fn take_cause(&self) -> Option<io::Error> {
        self.0.cause.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The same, kept apart: the database tells it only the first time, and not in a form that can be judged.
    pub fn writing(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.check_room().and_then(|()| write()).map_err(|error| {
            let told = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
            *self.0.cause.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            told
        })
    }

    fn above(&self) -> RwLockReadGuard<'_, Option<Above>> {
        self.0.above.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn above_mut(&self) -> RwLockWriteGuard<'_, Option<Above>> {
        self.0.above.write().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub fn set_room(&self, writes: usize) {
        self.0.room.store(writes, std::sync::atomic::Ordering::Relaxed);
    }

    #[cfg(test)]
    pub fn fail_reads(&self, reads: usize) {
        self.0.unreadable.store(reads, std::sync::atomic::Ordering::Relaxed);
    }

    fn check_room(&self) -> io::Result<()> {
        #[cfg(test)]
        {
            use std::sync::atomic::Ordering::Relaxed;
            let less = |room: usize| if room == usize::MAX { Some(room) } else { room.checked_sub(1) };
            self.0.room.fetch_update(Relaxed, Relaxed, less).map_err(|_| ErrorKind::StorageFull)?;
        }
        Ok(())
    }
}

impl Above {
    fn write_down(&self, file: &FileBackend) -> io::Result<()> {
        for length in [self.in_file, self.length] {
            if file.len()? != length {
                file.set_len(length)?;
            }
        }
        for (number, page) in self.pages.iter().rev() {
            let offset = number * PAGE as u64;
            let within = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(PAGE).min(PAGE);
            if *number == 0 {
                file.sync_data()?;
            }
            file.write(offset, page.get(..within).unwrap_or_default())?;
        }
        file.sync_data()
    }

    /// What is cut off reads as zeros if it is there again.
    fn set_length(&mut self, length: u64) {
        self.length = length;
        self.in_file = self.in_file.min(length);
        self.pages.retain(|number, page| {
            let left = usize::try_from(length.saturating_sub(number * PAGE as u64)).unwrap_or(PAGE).min(PAGE);
            page.iter_mut().skip(left).for_each(|byte| *byte = 0);
            left > 0
        });
    }

    fn read(&self, file: &FileBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset + out.len() as u64 > self.length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let in_file = usize::try_from(self.in_file.saturating_sub(offset)).unwrap_or(usize::MAX).min(out.len());
        let (from_file, beyond) = out.split_at_mut(in_file);
        beyond.fill(0);
        if !from_file.is_empty() {
            file.read(offset, from_file)?;
        }
        for (number, within, piece) in pieces(offset, out.len()) {
            if let (Some(page), Some(out)) = (self.pages.get(&number), out.get_mut(piece)) {
                let end = within + out.len();
                out.copy_from_slice(page.get(within..end).ok_or(ErrorKind::InvalidInput)?);
            }
        }
        Ok(())
    }

    fn write(&mut self, file: &FileBackend, offset: u64, data: &[u8]) -> io::Result<()> {
        self.length = self.length.max(offset + data.len() as u64);
        for (number, within, piece) in pieces(offset, data.len()) {
            if !self.pages.contains_key(&number) {
                let start = number * PAGE as u64;
                let mut page = vec![0; PAGE].into_boxed_slice();
                let known = usize::try_from(self.length - start).unwrap_or(PAGE).min(PAGE);
                self.read(file, start, page.get_mut(..known).ok_or(ErrorKind::InvalidInput)?)?;
                self.pages.insert(number, page);
            }
            if let (Some(page), Some(data)) = (self.pages.get_mut(&number), data.get(piece)) {
                let place = page.get_mut(within..within + data.len()).ok_or(ErrorKind::InvalidInput)?;
                place.copy_from_slice(data);
            }
        }
        Ok(())
    }
}

/// The pages of a range of the file: the number of each, where in it the range begins, and which piece of the range it has.
fn pieces(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let within = usize::try_from(at % PAGE as u64).ok()?;
        let piece = done..length.min(done + PAGE - within);
        done = piece.end;
        (!piece.is_empty()).then_some((at / PAGE as u64, within, piece))
    })
}

impl StorageBackend for Staged {
    fn len(&self) -> io::Result<u64> {
        self.above().as_ref().map_or_else(|| self.0.file.len(), |above| Ok(above.length))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        #[cfg(test)]
        {
            use std::sync::atomic::Ordering::Relaxed;
            if self.0.unreadable.fetch_update(Relaxed, Relaxed, |reads| reads.checked_sub(1)).is_ok() {
                return Err(io::Error::other("unreadable"));
            }
        }
        match &*self.above() {
            Some(above) => above.read(&self.0.file, offset, out),
            None => self.0.file.read(offset, out),
        }
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        if let Some(above) = &mut *self.above_mut() {
            above.set_length(length);
            return Ok(());
        }
        self.writing(|| self.0.file.set_len(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.above().is_some() {
            return Ok(());
        }
        self.writing(|| self.0.file.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let is_staged = self.above().is_some();
        if is_staged && let Some(above) = &mut *self.above_mut() {
            return above.write(&self.0.file, offset, data);
        }
        self.writing(|| self.0.file.write(offset, data))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;

    #[test]
    fn the_file_changes_when_it_is_released() {
        let path = std::env::temp_dir().join(format!("collector-staged-{}", std::process::id()));
        let mut file = File::create(&path).unwrap();
        file.write_all(&[1; 5_000]).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let staged = Staged::new(file).unwrap();
        staged.write(4_000, &[2; 200]).unwrap();
        staged.set_len(9_000).unwrap();
        staged.write(8_990, &[3; 10]).unwrap();
        let read = |offset, length| {
            let mut out = vec![9; length];
            staged.read(offset, &mut out).map(|()| out)
        };
        let expect = || {
            let mut expected = vec![1; 5_000];
            expected[4_000..4_200].fill(2);
            expected.resize(8_990, 0);
            expected.resize(9_000, 3);
            expected
        };
        assert_eq!(read(0, 9_000).unwrap(), expect());
        assert_eq!(read(4_199, 2).unwrap(), [2, 1]);
        assert!(read(8_999, 2).is_err());
        assert_eq!(fs::read(&path).unwrap(), [1; 5_000]);
        staged.release().unwrap();
        assert_eq!(fs::read(&path).unwrap(), expect());
        staged.write(0, &[4]).unwrap();
        assert_eq!((fs::read(&path).unwrap()[0], read(0, 1).unwrap()[0]), (4, 4));
        fs::remove_file(&path).unwrap();
    }
}
