//! The directory of the database: one collector at a time has it, what is in it is never overwritten, and it is for this user alone.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    blocks::{Blocks, Disk, Failed, Place},
    private,
};

/// The databases.
pub const TRACES: &str = "traces.redb";
pub const LOGS: &str = "logs.redb";
/// Of requests that wait to be forwarded.
pub const REQUESTS: &str = "requests.redb";
/// Ends the name of a database that is not complete yet.
const NEW: &str = ".new";
const LOCK: &str = "lock";
/// Where the queues of what is handed on have directories of their own.
pub const QUEUES: &str = "forward";

/// All files that it may have. What is written to see whether there is room had another name once.
const FILES: [&str; 11] = [
    TRACES,
    "traces.redb.new",
    "traces.redb.room",
    LOGS,
    "logs.redb.new",
    "logs.redb.room",
    REQUESTS,
    "requests.redb.new",
    "requests.redb.room",
    LOCK,
    "room",
];

/// Has the directory until it is dropped.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// What is not as it should be, in words.
    pub remark: Option<String>,
    lock: File,
}

/// Why traces cannot be kept in the directory, in words.
#[derive(Debug)]
pub enum Unusable {
    /// Another collector has it.
    InUse(String),
    NotWritable(String),
    /// What is there is not to be touched.
    Refused(String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::InUse(words) | Self::NotWritable(words) | Self::Refused(words)) = self;
        f.write_str(words)
    }
}

impl std::error::Error for Unusable {}

impl Directory {
    pub fn open(path: &Path) -> Result<Self, Unusable> {
        let not_writable =
            |error| Unusable::NotWritable(format!("traces cannot be kept in {}: {error}", path.display()));
        private::create_directory(path).map_err(not_writable)?;
        let mut lock = private::open(&path.join(LOCK)).map_err(not_writable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                // Not every system lets others read it.
                let _ = lock.read_to_string(&mut process);
                let who = Some(process.trim()).filter(|process| !process.is_empty());
                let who = who.map_or_else(String::new, |process| format!(" (process {process})"));
                return Err(Unusable::InUse(format!("another collector{who} keeps its traces in {}", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(not_writable(error)),
        }
        lock.set_len(0).map_err(not_writable)?;
        match writeln!(lock, "{}", std::process::id()) {
            // It is there for those who ask; what is kept can be read without it.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
            written => written.map_err(not_writable)?,
        }
        Ok(Self { path: path.to_owned(), remark: narrow(path), lock })
    }

    /// Its path, in words.
    pub fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// What keeps records in the database of this name, which is started with it, with where it is in words, and with the directory.
    pub fn keeper<T>(
        self: &Arc<Self>,
        name: &str,
        start: impl FnOnce(Box<dyn Blocks>, String, Arc<Self>) -> Result<T, Failed>,
    ) -> Result<T, Unusable> {
        let database = Box::new(self.database(name)?);
        start(database, self.shown(), Arc::clone(self)).map_err(|why| self.refused(name, &why))
    }

    /// The database of this name in the directory, a new one if there is none.
    pub fn database(&self, name: &str) -> Result<Disk, Unusable> {
        let path = self.path.join(name);
        match File::options().read(true).write(true).open(&path) {
            Ok(file) => self
                .place(name, &file)
                .and_then(|place| Disk::open(file, place))
                .map_err(|why| self.refused(name, &why)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.create(name).map_err(|why| {
                let what = name.split('.').next().unwrap_or(name);
                Unusable::NotWritable(format!("{what} cannot be kept in {}: {why}", self.path.display()))
            }),
            Err(error) => Err(Unusable::NotWritable(format!("{} cannot be opened: {error}", path.display()))),
        }
    }

    fn place(&self, name: &str, database: &File) -> Result<Place, Failed> {
        // Without the lock, another collector could take the directory as well.
        Place::new(&self.path, &[(name, database), (LOCK, &self.lock)]).map_err(|error| Failed(error.to_string()))
    }

    pub fn refused(&self, name: &str, why: &Failed) -> Unusable {
        let path = self.path.join(name);
        Unusable::Refused(format!(
            "{} is not used, and left as it is: {why}; move it away, or choose another --data-dir",
            path.display()
        ))
    }

    /// Under another name until it is complete, so that an end in between leaves nothing that would be refused.
    fn create(&self, name: &str) -> Result<Disk, Failed> {
        let failed = |error: io::Error| Failed(error.to_string());
        let new = self.path.join(format!("{name}{NEW}"));
        let file = private::create(&new).map_err(failed)?;
        let place = self.place(name, &file)?;
        let disk = Disk::create(file, place)?;
        fs::rename(&new, self.path.join(name)).map_err(failed)?;
        // The name is durable only when its directory is; not every system can tell that a directory is.
        #[cfg(unix)]
        File::open(&self.path).and_then(|directory| directory.sync_all()).map_err(failed)?;
        Ok(disk)
    }
}

/// Closes the directory to others. It stays open, and that is told, if there are other things in it: they may be meant for others.
fn narrow(path: &Path) -> Option<String> {
    // The queues close their own directories.
    let own = || FILES.iter().chain([&QUEUES]);
    let others =
        |entry: io::Result<fs::DirEntry>| entry.is_ok_and(|entry| own().all(|file| entry.file_name() != *file));
    let is_shared = fs::read_dir(path).is_ok_and(|mut entries| entries.any(others));
    let mut narrowed = FILES.iter().try_for_each(|file| private::narrow_file(&path.join(file)));
    if !is_shared {
        narrowed = narrowed.and_then(|()| private::narrow_directory(path));
    }
    let shown = path.display();
    match narrowed {
        Err(error) => Some(format!("{shown} cannot be closed to other users of this machine: {error}")),
        Ok(()) if is_shared && private::is_open(path) => Some(format!(
            "{shown} has other files in it, and stays open to other users; what is kept is for this one alone"
        )),
        Ok(()) => None,
    }
}
