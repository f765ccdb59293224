//! The databases behind one interface: numbered blocks in, synced groups of them, and out again.

use std::{ops::Range, path::Path};

use fjall::{KeyspaceCreateOptions, KvSeparationOptions, PersistMode};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use rusqlite::{Connection, OptionalExtension};

use crate::Result;

pub trait Database {
    /// Adds these and removes those, all or nothing, and synced when it returns.
    fn commit(&mut self, blocks: &[(u64, Vec<u8>)], gone: Range<u64>) -> Result<()>;
    fn read(&self, key: u64) -> Result<Option<Vec<u8>>>;
    /// How many blocks and bytes there are.
    fn scan(&self) -> Result<(usize, usize)>;
}

pub fn open(kind: &str, directory: &Path) -> Result<Box<dyn Database>> {
    Ok(match kind {
        "redb" => Box::new(Redb { database: redb::Database::create(directory.join("redb"))?, quick: false }),
        "redb-quick" => Box::new(Redb { database: redb::Database::create(directory.join("redb"))?, quick: true }),
        "fjall" => Box::new(Fjall::open(directory)?),
        "sqlite" => Box::new(Sqlite::open(directory, 4_096)?),
        "sqlite-60" => Box::new(Sqlite::open(directory, 65_536)?),
        _ => return Err("no such database".into()),
    })
}

const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");

struct Redb {
    database: redb::Database,
    quick: bool,
}

impl Database for Redb {
    fn commit(&mut self, blocks: &[(u64, Vec<u8>)], gone: Range<u64>) -> Result<()> {
        let mut write = self.database.begin_write()?;
        write.set_quick_repair(self.quick);
        {
            let mut table = write.open_table(BLOCKS)?;
            for (key, block) in blocks {
                table.insert(key, block.as_slice())?;
            }
            for key in gone {
                table.remove(key)?;
            }
        }
        Ok(write.commit()?)
    }

    fn read(&self, key: u64) -> Result<Option<Vec<u8>>> {
        let table = self.database.begin_read()?.open_table(BLOCKS)?;
        Ok(table.get(key)?.map(|block| block.value().to_vec()))
    }

    fn scan(&self) -> Result<(usize, usize)> {
        let table = self.database.begin_read()?.open_table(BLOCKS)?;
        let mut found = (0, 0);
        for entry in table.iter()? {
            found = (found.0 + 1, found.1 + entry?.1.value().len());
        }
        Ok(found)
    }
}

struct Fjall {
    database: fjall::Database,
    blocks: fjall::Keyspace,
}

impl Fjall {
    fn open(directory: &Path) -> Result<Self> {
        let database = fjall::Database::builder(directory).open()?;
        let options = || KeyspaceCreateOptions::default().with_kv_separation(Some(KvSeparationOptions::default()));
        let blocks = database.keyspace("blocks", options)?;
        Ok(Self { database, blocks })
    }
}

impl Database for Fjall {
    fn commit(&mut self, blocks: &[(u64, Vec<u8>)], gone: Range<u64>) -> Result<()> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (key, block) in blocks {
            batch.insert(&self.blocks, key.to_be_bytes(), block.as_slice());
        }
        for key in gone {
            batch.remove(&self.blocks, key.to_be_bytes());
        }
        Ok(batch.commit()?)
    }

    fn read(&self, key: u64) -> Result<Option<Vec<u8>>> {
        Ok(self.blocks.get(key.to_be_bytes())?.map(|block| block.to_vec()))
    }

    fn scan(&self) -> Result<(usize, usize)> {
        let mut found = (0, 0);
        for entry in self.blocks.iter() {
            found = (found.0 + 1, found.1 + entry.value()?.len());
        }
        Ok(found)
    }
}

struct Sqlite(Connection);

impl Sqlite {
    fn open(directory: &Path, page: u32) -> Result<Self> {
        let connection = Connection::open(directory.join("sqlite"))?;
        connection.execute_batch(&format!(
            "PRAGMA page_size = {page}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS blocks (key INTEGER PRIMARY KEY, block BLOB NOT NULL);"
        ))?;
        Ok(Self(connection))
    }
}

impl Database for Sqlite {
    fn commit(&mut self, blocks: &[(u64, Vec<u8>)], gone: Range<u64>) -> Result<()> {
        let write = self.0.transaction()?;
        for (key, block) in blocks {
            write.prepare_cached("INSERT INTO blocks VALUES (?, ?)")?.execute((*key as i64, block))?;
        }
        for key in gone {
            write.prepare_cached("DELETE FROM blocks WHERE key = ?")?.execute([key as i64])?;
        }
        Ok(write.commit()?)
    }

    fn read(&self, key: u64) -> Result<Option<Vec<u8>>> {
        let mut statement = self.0.prepare_cached("SELECT block FROM blocks WHERE key = ?")?;
        Ok(statement.query_row([key as i64], |row| row.get(0)).optional()?)
    }

    fn scan(&self) -> Result<(usize, usize)> {
        let mut statement = self.0.prepare("SELECT block FROM blocks")?;
        let mut rows = statement.query([])?;
        let mut found = (0, 0);
        while let Some(row) = rows.next()? {
            found = (found.0 + 1, found.1 + row.get_ref(0)?.as_blob()?.len());
        }
        Ok(found)
    }
}
