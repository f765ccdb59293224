//! An origin's storage in memory, which tests can fill, spoil and deny.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::StoredRecord;
use super::event_loop::{spawn_local, turn};

#[derive(Default)]
struct Disk {
    records: BTreeMap<String, Option<StoredRecord>>,
    /// What waits for the store to be open.
    waiting: Option<BTreeMap<String, StoredRecord>>,
    denied: bool,
    full: bool,
}

thread_local! {
    static DISK: RefCell<Disk> = RefCell::default();
}

/// The origin's store.
#[derive(Clone, Debug)]
pub(crate) struct Storage;

const DENIED: &str = "SecurityError: storage is denied";

impl Storage {
    pub(crate) fn open(on_error: impl Fn(String) + 'static) -> Self {
        if DISK.with_borrow(|disk| disk.denied) {
            on_error(DENIED.to_owned());
        }
        Self
    }

    /// Whether nothing can be written.
    pub(crate) fn has_failed(&self) -> bool {
        DISK.with_borrow(|disk| disk.denied)
    }

    pub(crate) fn put(&self, key: &str, record: StoredRecord, on_end: impl FnOnce(Result<(), String>) + 'static) {
        let result = DISK.with_borrow_mut(|disk| {
            if disk.denied {
                return Err(DENIED.to_owned());
            }
            if disk.full {
                return Err("QuotaExceededError: the disk is full".to_owned());
            }
            match &mut disk.waiting {
                Some(waiting) => drop(waiting.insert(key.to_owned(), record)),
                None => drop(disk.records.insert(key.to_owned(), Some(record))),
            }
            Ok(())
        });
        spawn_local(async move { on_end(result) });
    }

    pub(crate) fn remove(&self, key: &str) {
        DISK.with_borrow_mut(|disk| {
            disk.records.remove(key);
            disk.waiting.as_mut().and_then(|waiting| waiting.remove(key));
        });
    }

    /// Says when all that was begun is done.
    pub(crate) fn settle(&self, on_end: impl FnOnce() + 'static) {
        spawn_local(async move { on_end() });
    }

    /// Removes all records of all pages.
    #[cfg(feature = "consent")]
    pub(crate) fn empty() {
        DISK.with_borrow_mut(|disk| {
            disk.records.clear();
            disk.waiting.as_mut().into_iter().for_each(BTreeMap::clear);
        });
    }

    /// The page is being left: `puts`, and what waits for the store to be open, are written where that is done at once.
    pub(crate) fn leave<T>(&self, puts: impl FnOnce() -> T) -> T {
        let waiting = DISK.with_borrow_mut(|disk| {
            let mut waiting = disk.waiting.take();
            let records = waiting.iter_mut().flat_map(std::mem::take);
            disk.records.extend(records.map(|(key, record)| (key, Some(record))));
            waiting
        });
        let result = puts();
        DISK.with_borrow_mut(|disk| disk.waiting = waiting);
        result
    }

    pub(crate) async fn keys(&self) -> Result<Vec<String>, String> {
        let keys = DISK.with_borrow(|disk| match disk.denied {
            true => Err(DENIED.to_owned()),
            false => Ok(disk.records.keys().cloned().collect()),
        });
        turn().await;
        keys
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<StoredRecord>, String> {
        Ok(DISK.with_borrow(|disk| disk.records.get(key).cloned().flatten()))
    }

    pub(crate) async fn opened(&self) {
        turn().await;
    }
}

/// Puts something into the store; `None` is what nobody understands.
#[cfg(test)]
pub(crate) fn plant(key: &str, record: Option<StoredRecord>) {
    DISK.with_borrow_mut(|disk| disk.records.insert(key.to_owned(), record));
}

/// All keys and what is under them.
#[cfg(test)]
pub(crate) fn contents() -> Vec<(String, Option<StoredRecord>)> {
    DISK.with_borrow(|disk| disk.records.iter().map(|(key, record)| (key.clone(), record.clone())).collect())
}

/// Denies all access, or fills the disk.
#[cfg(test)]
pub(crate) fn spoil(denied: bool, full: bool) {
    DISK.with_borrow_mut(|disk| (disk.denied, disk.full) = (denied, full));
}

/// Holds the opening of the store up; writes wait for it then.
#[cfg(test)]
pub(crate) fn hold_up() {
    DISK.with_borrow_mut(|disk| disk.waiting = Some(BTreeMap::new()));
}

/// Ends the page: what waited is gone.
#[cfg(test)]
pub(super) fn clear() {
    DISK.with_borrow_mut(|disk| disk.waiting = None);
}
