//! Files and directories that are for this user alone: spans tell what people do.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    path::Path,
};

/// Makes the directory, with those above it, if it is not there.
pub fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            io::Error::new(error.kind(), "there is something of that name that is no directory")
        }
        _ => error,
    })
}

/// A new file, empty if it was there.
pub fn create(path: &Path) -> io::Result<File> {
    options().truncate(true).open(path)
}

/// The file, made if it is not there.
pub fn open(path: &Path) -> io::Result<File> {
    options().truncate(false).open(path)
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes away what others may do with this directory.
pub fn narrow_directory(path: &Path) -> io::Result<()> {
    narrow(path, 0o700)
}

/// Takes away what others may do with this file; nothing if it is not there.
pub fn narrow_file(path: &Path) -> io::Result<()> {
    match narrow(path, 0o600) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        narrowed => narrowed,
    }
}

/// Whether others may do something with this directory or file.
#[cfg(unix)]
pub fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 > 0)
}

#[cfg(unix)]
fn narrow(path: &Path, to: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode() & 0o777 & !to == 0 {
        return Ok(());
    }
    permissions.set_mode(permissions.mode() & (0o7000 | to));
    std::fs::set_permissions(path, permissions)?;
    // Some file systems know no modes, and say nothing.
    if is_open(path) { Err(io::Error::other("its file system keeps no modes")) } else { Ok(()) }
}

/// Elsewhere what is made below a user's directories is for that user.
#[cfg(not(unix))]
pub fn is_open(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn narrow(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
