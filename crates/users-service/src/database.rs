//! Users in an embedded database, a table for each part; every read is a span by the database conventions.
//!
//! <https://opentelemetry.io/docs/specs/semconv/db/database-spans/>

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use inprocess::source::{BuiltIn, Part, Source};
use opentelemetry::trace::{Span, SpanKind, Status, Tracer};
use opentelemetry::{InstrumentationScope, KeyValue, global};
use redb::{ReadableDatabase, ReadableTable, TableDefinition, backends::FileBackend};
use serde_json::Value;

type Table = TableDefinition<'static, u64, &'static [u8]>;

/// `db.namespace`: what the database is called.
const NAME: &str = "users";

/// The open database. It is closed when it is dropped.
pub struct Database(redb::Database);

/// Why users cannot be read.
#[derive(Debug)]
pub struct DatabaseError {
    /// By this, spans and metrics tell one failure from another (`error.type`).
    kind: &'static str,
    message: String,
}

impl DatabaseError {
    fn new(kind: &'static str, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string() }
    }

    fn database(error: impl Into<redb::Error>) -> Self {
        Self::new("redb", error.into())
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DatabaseError {}

impl Database {
    /// Opens the database in this file, made if need be, and writes the example's users into it if they are missing.
    ///
    /// # Errors
    /// If the file cannot be had, or is no such database.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let opened = guarded(|| Self(redb::Database::create(path).map_err(DatabaseError::database)?).seeded());
        opened.map_err(|error| {
            let advice = "give another file, or none for a database that goes with the program";
            DatabaseError::new("open", format!("the database {} cannot be opened: {error}; {advice}", path.display()))
        })
    }

    /// A database for as long as the program runs: its file has no name, and goes with it.
    ///
    /// # Errors
    /// If no temporary file can be made.
    pub fn temporary() -> Result<Self, DatabaseError> {
        let file = tempfile::tempfile()
            .map_err(|error| DatabaseError::new("open", format!("no temporary file can be made: {error}")))?;
        let backend = FileBackend::new(file).map_err(DatabaseError::database)?;
        Self(redb::Builder::new().create_with_backend(backend).map_err(DatabaseError::database)?).seeded()
    }

    fn seeded(self) -> Result<Self, DatabaseError> {
        self.seed().map_err(DatabaseError::database)?;
        Ok(self)
    }

    /// Rows that are there stay as they are.
    fn seed(&self) -> Result<(), redb::Error> {
        let transaction = self.0.begin_write()?;
        for part in Part::ALL {
            let mut table = transaction.open_table(table(part))?;
            for id in BuiltIn::IDS {
                let is_missing = table.get(id)?.is_none();
                let Ok(value) = BuiltIn.read(part, id);
                if let Some(value) = value.filter(|_| is_missing) {
                    table.insert(id, value.to_string().as_bytes())?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    fn get(&self, part: Part, id: u64) -> Result<Option<Value>, DatabaseError> {
        let row = || -> Result<Option<Vec<u8>>, redb::Error> {
            let table = self.0.begin_read()?.open_table(table(part))?;
            Ok(table.get(id)?.map(|row| row.value().to_vec()))
        };
        let Some(row) = guarded(|| row().map_err(DatabaseError::database))? else { return Ok(None) };
        let value = serde_json::from_slice(&row).map_err(|error| {
            DatabaseError::new("row", format!("row {id} of {} is no JSON: {error}", table_name(part)))
        })?;
        Ok(Some(value))
    }
}

impl Source for Database {
    type Error = DatabaseError;

    /// Reads one row, in a span `get TABLE`.
    fn read(&self, part: Part, id: u64) -> Result<Option<Value>, DatabaseError> {
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME")).with_version(env!("CARGO_PKG_VERSION"));
        let tracer = global::tracer_with_scope(scope.build());
        let table = table_name(part);
        let builder = tracer.span_builder(format!("get {table}")).with_kind(SpanKind::Client).with_attributes([
            KeyValue::new("db.system.name", "redb"),
            KeyValue::new("db.namespace", NAME),
            KeyValue::new("db.collection.name", table),
            KeyValue::new("db.operation.name", "get"),
        ]);
        let mut span = tracer.build(builder);
        let read = self.get(part, id);
        match &read {
            Ok(row) => span.set_attribute(KeyValue::new("db.response.returned_rows", i64::from(row.is_some()))),
            Err(error) => {
                span.set_attribute(KeyValue::new("error.type", error.kind));
                span.set_status(Status::error(error.to_string()));
            }
        }
        span.end();
        read
    }
}

/// The database panics where a file contradicts itself in a way that it does not expect.
fn guarded<T>(work: impl FnOnce() -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
    let failed = |_| Err(DatabaseError::new("redb", "it is damaged, and what is in it cannot be read"));
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(failed)
}

fn table(part: Part) -> Table {
    TableDefinition::new(table_name(part))
}

fn table_name(part: Part) -> &'static str {
    match part {
        Part::Info => "user_info",
        Part::Detail => "user_detail",
        Part::Scores => "user_scores",
    }
}
