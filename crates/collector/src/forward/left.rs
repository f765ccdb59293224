//! The queues of targets that are not named any more: what waits in them is said, and goes when it is too old.

use std::{
    collections::HashSet,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use super::queue;
use crate::{store::directory::REQUESTS, terminal};

/// Looks at the queues of this directory that are not in use. One that is empty, or in which everything is older than this, is removed.
pub fn look(directory: &Path, used: &HashSet<String>, age: Duration) {
    // Without the directory there is none.
    for queue in fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok) {
        let (path, name) = (queue.path(), queue.file_name());
        if !path.join(REQUESTS).is_file() || name.to_str().is_some_and(|name| used.contains(name)) {
            continue;
        }
        // Another collector may have it, or it may be something else.
        let Ok(waiting) = queue::waiting(&path) else { continue };
        let is_over = SystemTime::now().checked_sub(age).is_some_and(|old| waiting.latest <= old);
        let (place, age) = (path.display(), humantime::format_duration(age));
        let requests = if waiting.count == 1 { "request" } else { "requests" };
        let what = format!("{} {requests} for a target that is not named any more", waiting.count);
        if waiting.count > 0 && !is_over {
            terminal::say(format_args!(
                "forward: {what} wait in {place}: they are sent when it is named again, and given up after {age}"
            ));
        } else if fs::remove_dir_all(&path).is_ok() && waiting.count > 0 {
            terminal::say(format_args!("forward: {what} are given up: they have waited for {age}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        blocks::{Batch, Blocks},
        directory::Directory,
        tests::disk::TestDirectory,
    };

    #[test]
    fn a_database_that_has_something_else_in_it_is_left_as_it_is() {
        let directory = TestDirectory::new();
        for (name, bytes) in [("other", &b"no request"[..]), ("no_signal", &[8, 99])] {
            let queue = directory.path().join(name);
            let opened = Directory::open(&queue).unwrap();
            let blocks = opened.database(REQUESTS).unwrap();
            blocks.commit(&Batch { put: vec![(0, bytes.to_vec())], ..Batch::default() }).unwrap();
            blocks.close();
            drop(opened);
            let why = queue::waiting(&queue).unwrap_err().to_string();
            assert!(why.contains("something else than requests"), "{why}");
            look(directory.path(), &HashSet::new(), Duration::ZERO);
            assert!(queue.join(REQUESTS).is_file(), "{name}");
        }
    }
}
