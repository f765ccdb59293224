//! Who is compared. Ours is the first.

/// One of the compared.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Of its module, and of its path at the receiver.
    pub id: &'static str,
    /// In tables.
    pub name: &'static str,
    /// Whether it only sends what was made beforehand.
    pub is_floor: bool,
}

impl Peer {
    pub const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name, is_floor: false }
    }
}

pub const PEERS: [Peer; 7] = [
    Peer::new("ours", "opentelemetry-browser"),
    Peer::new("ours-worker", "the same, sent by a worker"),
    Peer::new("otel-js", "OpenTelemetry JS"),
    Peer::new("otel-js-zone", "the same with Zone.js"),
    Peer::new("otlp-rust", "opentelemetry-otlp 0.32"),
    Peer::new("emit-otlp", "emit_otlp"),
    Peer { id: "bare-fetch", name: "fetch alone", is_floor: true },
];
