//! What a kind of records is to the encoder and to delivery: the protocol's names for it, and how one of them is written.

use std::any::Any;

use opentelemetry::InstrumentationScope;

/// A signal: what the protocol, and messages, call its parts.
#[derive(Debug)]
pub(crate) struct Signal {
    /// The list of all resources, `resourceSpans`.
    pub(crate) resources: &'static str,
    /// The list of all scopes, `scopeSpans`.
    pub(crate) scopes: &'static str,
    /// The list of records, `spans`.
    pub(crate) records: &'static str,
    /// How many records a receiver has rejected, `rejectedSpans` of `partialSuccess`.
    pub(crate) rejected: &'static str,
    /// What messages call records, `spans`.
    pub(crate) words: &'static str,
    /// Whether a receiver of other signals may know nothing of it.
    pub(crate) is_optional: bool,
}

/// A record, as it waits. It is behind a pointer, so that what moves records is compiled once for all signals.
pub(crate) trait Record: Any + Send + Sync {
    /// About how many bytes it takes in memory.
    fn weight(&self) -> usize;

    fn scope(&self) -> &InstrumentationScope;

    fn write(&self, out: &mut Vec<u8>);
}
