//! Which embedded database takes blocks of spans best.
//!
//! In: a directory for the databases. Out: a line per database, in one run: synced groups of blocks, small synced commits,
//! appending while the oldest go, the size of the files, reads, and opening after the process was aborted.

mod database;

use std::{
    env, error, fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use database::{Database, open};

pub type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

const KINDS: [&str; 5] = ["redb", "redb-quick", "fjall", "sqlite", "sqlite-60"];
const BLOCK: usize = 60_000;
const GROUP: u64 = 8;
const BLOCKS: u64 = 2_048;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [directory] => compare(Path::new(directory)),
        ["fill", kind, directory] => fill(kind, Path::new(directory)),
        ["reopen", kind, directory] => reopen(kind, Path::new(directory)),
        _ => Err("usage: stores DIRECTORY".into()),
    }
}

fn compare(directory: &Path) -> Result<()> {
    for kind in KINDS {
        let directory = directory.join(kind);
        if directory.exists() {
            return Err(format!("{} exists already: remove it first", directory.display()).into());
        }
        fs::create_dir_all(&directory)?;
        for step in ["fill", "reopen"] {
            // The first ends by abort: nothing is closed.
            Command::new(env::current_exe()?).args([step, kind]).arg(&directory).status()?;
        }
        println!();
        fs::remove_dir_all(&directory)?;
    }
    Ok(())
}

fn fill(kind: &str, directory: &Path) -> Result<()> {
    let mut database = open(kind, directory)?;
    let mut next = 0;
    let begun = Instant::now();
    while next < BLOCKS {
        next = group(&mut *database, next, 0..0)?;
    }
    report(kind, "append", &per_second(begun.elapsed()));
    report(kind, "size", &size(directory)?);

    let mut times = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        database.commit(&[(next, vec![7; 400])], 0..0)?;
        times.push(begun.elapsed());
        next += 1;
    }
    times.sort();
    report(kind, "small", &format!("p50 {:.2?} p99 {:.2?}", times[100], times[197]));

    let (begun, mut first) = (Instant::now(), 0);
    let end = next + 2 * BLOCKS;
    while next < end {
        next = group(&mut *database, next, first..first + GROUP)?;
        first += GROUP;
    }
    report(kind, "steady", &per_second(begun.elapsed() / 2));
    report(kind, "size", &size(directory)?);

    let begun = Instant::now();
    for number in 0..1_000 {
        let key = first + noise(number) % (next - first);
        database.read(key)?.ok_or("a block is missing")?;
    }
    report(kind, "read", &format!("{:.2?}", begun.elapsed() / 1_000));
    std::process::abort()
}

fn reopen(kind: &str, directory: &Path) -> Result<()> {
    let begun = Instant::now();
    let database = open(kind, directory)?;
    report(kind, "open", &format!("{:.2?}", begun.elapsed()));
    let begun = Instant::now();
    let (blocks, bytes) = database.scan()?;
    report(kind, "scan", &format!("{blocks} blocks, {} MiB in {:.2?}", bytes >> 20, begun.elapsed()));
    Ok(())
}

fn group(database: &mut dyn Database, next: u64, gone: std::ops::Range<u64>) -> Result<u64> {
    let blocks: Vec<_> = (next..next + GROUP).map(|key| (key, block(key))).collect();
    database.commit(&blocks, gone)?;
    Ok(next + GROUP)
}

fn block(key: u64) -> Vec<u8> {
    (0..BLOCK as u64 / 8).flat_map(|word| noise(key << 20 | word).to_le_bytes()).collect()
}

fn noise(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ mixed >> 17
}

fn per_second(time: Duration) -> String {
    format!("{:.0} MB/s", (BLOCKS * BLOCK as u64) as f64 / 1e6 / time.as_secs_f64())
}

fn size(directory: &Path) -> Result<String> {
    Ok(format!("{} MiB", bytes(directory)? >> 20))
}

fn bytes(directory: &Path) -> Result<u64> {
    let mut bytes_in_all = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        bytes_in_all += if entry.file_type()?.is_dir() { bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes_in_all)
}

fn report(kind: &str, what: &str, figure: &str) {
    println!("{kind:<12}{what:<8}{figure}");
}
