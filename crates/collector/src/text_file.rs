//! Files of settings: read whole, and no further than such a file is long. A device has no end.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The text of a file; none if it has more bytes than this.
pub fn read(path: &Path, most: u64) -> io::Result<Option<String>> {
    let mut text = String::new();
    File::open(path)?.take(most.saturating_add(1)).read_to_string(&mut text)?;
    Ok((text.len() as u64 <= most).then_some(text))
}
