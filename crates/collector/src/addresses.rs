//! What the program says when everything listens.

use std::{fmt, net::SocketAddr};

/// Where everything is. Its text is what the program prints: per line a word, spaces and a URL or words.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub page: String,
    pub otlp: Otlp,
    pub viewer: String,
    /// Where OTLP/gRPC is taken, if it is.
    pub grpc: Option<String>,
    /// Where requests are handed on to.
    pub forward: Vec<String>,
    /// Where traces are kept; nothing if they are another program's.
    pub traces: Option<String>,
    /// What is not as wanted.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub enum Otlp {
    /// Spans are taken at this URL.
    Receiving(String),
    /// Another program has the address, and receives them.
    Taken(SocketAddr),
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "page    {}/", self.page)?;
        match &self.otlp {
            Otlp::Receiving(url) => writeln!(f, "OTLP    {url}/v1/traces")?,
            Otlp::Taken(address) => writeln!(
                f,
                "OTLP    port {} is taken by another program (a Jaeger?): that one receives the page's spans, not this collector",
                address.port()
            )?,
        }
        writeln!(f, "viewer  {}/", self.viewer)?;
        self.forward.iter().try_for_each(|forward| writeln!(f, "forward {forward}"))?;
        if let Some(traces) = &self.traces {
            writeln!(f, "traces  {traces}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "note    {note}"))?;
        self.grpc.iter().try_for_each(|grpc| writeln!(f, "gRPC    {grpc}"))
    }
}
