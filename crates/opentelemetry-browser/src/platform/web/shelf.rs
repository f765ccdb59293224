//! Records in `localStorage`: the one place where what a page writes while it is left is there afterwards.
//!
//! Web Storage is written at once, and only holds text: a body's bytes are kept as the characters of the same numbers.

use std::cell::Cell;

use super::super::{Area, StoredRecord};
use super::key_value;

const PREFIX: &str = "opentelemetry-browser:spool:";

/// The page has its own use for most of the 5 MiB that browsers give an origin.
const MAX_CHARACTERS: usize = 2 * 1024 * 1024;

thread_local! {
    /// How much of it is used, as far as this page knows.
    static USED: Cell<usize> = const { Cell::new(0) };
}

fn items() -> Vec<String> {
    key_value::keys(Area::Origin).into_iter().filter(|key| key.starts_with(PREFIX)).collect()
}

/// Whether an item holds a record, and not what is said of one.
pub(super) fn is_record(item: &str) -> bool {
    item.strip_prefix(PREFIX).is_some_and(|key| !key.contains(':'))
}

/// The keys of all records here.
pub(super) fn keys() -> impl Iterator<Item = String> {
    items().into_iter().filter_map(|item| Some(item.strip_prefix(PREFIX)?.to_owned()))
}

/// Writes a record; false if there is no room, or no access.
pub(super) fn put(key: &str, record: &StoredRecord) -> bool {
    let StoredRecord { format, url, created, spans, attempts, body } = record;
    // Whole milliseconds, as Date.now() gives them: reading any double takes 10 KB of WebAssembly.
    let created = *created as u64;
    let used = USED.get() + body.len();
    if used > MAX_CHARACTERS {
        return false;
    }
    USED.set(used);
    let text: String = body.iter().copied().map(char::from).collect();
    key_value::set(
        Area::Origin,
        &format!("{PREFIX}{key}"),
        &format!("{format} {created} {spans} {attempts} {url}\n{text}"),
    )
}

/// Looks how much is here already.
pub(super) fn measure() {
    let texts = items().into_iter().filter_map(|item| key_value::get(Area::Origin, &item));
    USED.set(texts.map(|text| text.len()).sum());
}

/// The record of a key; `None` if there is none, or none that this code understands.
pub(super) fn get(key: &str) -> Option<StoredRecord> {
    let item = key_value::get(Area::Origin, &format!("{PREFIX}{key}"))?;
    let (head, text) = item.split_once('\n')?;
    let format = head.split(' ').next()?.parse::<u32>().ok()?;
    // The first format had no number of attempts.
    let mut words = head.splitn(if format > 1 { 5 } else { 4 }, ' ').skip(1);
    let mut number = || words.next()?.parse::<u64>().ok();
    Some(StoredRecord {
        format,
        created: number()? as f64,
        spans: number()? as u32,
        attempts: if format > 1 { number()? as u32 } else { 0 },
        url: words.next()?.to_owned(),
        body: text.chars().map(|character| character as u8).collect(),
    })
}

/// Removes a record, if there is one.
pub(super) fn remove(key: &str) {
    key_value::remove(Area::Origin, &format!("{PREFIX}{key}"));
}

/// Removes all records.
#[cfg(feature = "consent")]
pub(super) fn empty() {
    items().iter().for_each(|item| key_value::remove(Area::Origin, item));
    USED.set(0);
}
