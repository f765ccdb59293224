//! Where the database's file is to be found, and whether it still is: an open file outlives its name, and what is written to it
//! then is gone when it is closed.

use std::{
    fs::{self, File, Metadata},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::Failed;
use crate::store::private;

/// Ends the name of a file that is there for a moment only.
const ROOM: &str = "room";

static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

#[derive(Debug)]
pub struct Place {
    /// Where it is tried whether there is room.
    room: PathBuf,
    /// The files that must stay, and what tells them from others.
    files: Vec<(PathBuf, Option<(u64, u64)>)>,
}

impl Place {
    /// Of these open files, each with its name in the directory; the first one is the database.
    pub fn new(directory: &Path, files: &[(&str, &File)]) -> io::Result<Self> {
        let file = |(name, file): &(&str, &File)| Ok((directory.join(name), identity(&file.metadata()?)));
        let database = files.first().map_or("", |(name, _)| name);
        let room = directory.join(format!("{database}.{ROOM}"));
        Ok(Self { room, files: files.iter().map(file).collect::<io::Result<_>>()? })
    }

    /// Whether so many bytes can be written beside the file.
    pub fn try_room(&self, bytes: usize) -> io::Result<()> {
        let written = private::create(&self.room).and_then(|mut file| {
            for _ in 0..bytes.div_ceil(ZEROS.len()) {
                file.write_all(&ZEROS)?;
            }
            file.sync_data()
        });
        let removed = fs::remove_file(&self.room);
        written.and(removed)
    }

    pub fn check(&self) -> Result<(), Failed> {
        for (path, known) in &self.files {
            let what = match fs::metadata(path) {
                Ok(metadata) if identity(&metadata) == *known => continue,
                Ok(_) => "was replaced by another file",
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    "was removed"
                }
                // Nothing is known then; writing fails if it is gone.
                Err(_) => continue,
            };
            return Err(Failed(format!("{} {what}: nothing can be kept there any more", path.display())));
        }
        Ok(())
    }
}

/// What tells a file from others.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
