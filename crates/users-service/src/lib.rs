//! `GET /api/users/{id}`: the page's user lookup natively, over a database, in the trace of whoever asks.
//!
//! The traced functions are those of the page (`inprocess::user`). What is added here, each in a file: the `database` that they read,
//! with a span per read; the `routes`; the `trace` of a request, from its headers to those of the answer; `cors`, which says whose
//! pages may ask; `serve`, which bounds how long a client may take; and `export`, which says when spans are lost.

pub mod cli;
mod cors;
mod database;
mod export;
mod routes;
mod serve;
mod trace;

pub use cors::{Origin, Origins};
pub use database::{Database, DatabaseError};
pub use export::Telling;
pub use routes::router;
pub use serve::{HEADER_TIMEOUT, serve};
