//! The ways in: `http` and `grpc`, each of which gives bodies to `ingest` and answers as its protocol wants it.

pub mod admission;
mod body;
pub mod grpc;
pub mod http;
mod told;
