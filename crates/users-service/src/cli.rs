//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;

use crate::Origin;

/// Answers GET /api/users/{id} with what is known of a user, and sends the spans of each answer to an OTLP/HTTP receiver.
///
/// The receiver is OTEL_EXPORTER_OTLP_ENDPOINT, by default http://localhost:4318. The address is printed when the service listens.
/// Ctrl-C ends it.
#[derive(Debug, Parser)]
#[command(name = "users-service", version)]
pub struct Cli {
    /// Where it listens. Port 0: any free port
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8081")]
    pub addr: SocketAddr,

    /// Listens on any free port if that one is taken
    #[arg(long)]
    pub or_any_port: bool,

    /// The database, made with the example's users if need be [default: one that goes with the program]
    #[arg(long, value_name = "FILE")]
    pub database: Option<PathBuf>,

    /// Lets pages of this origin ask too; * for all. Pages of this machine may. May be repeated
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<Origin>,

    /// Lets pages ask too that call this machine by this name, as http://NAME:8080 does. May be repeated
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,

    /// Ends with the process that started it, however that ends
    #[cfg(unix)]
    #[arg(long)]
    pub with_parent: bool,
}
