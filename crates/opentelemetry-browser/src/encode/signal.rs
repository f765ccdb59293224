//! What a kind of records is to the encoder and to delivery: the protocol's names for it, and how one of them is written.

use opentelemetry::InstrumentationScope;

/// The protocol's names of a signal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    /// The list of all resources, `resourceSpans`.
    pub(crate) resources: &'static str,
    /// The list of all scopes, `scopeSpans`.
    pub(crate) scopes: &'static str,
    /// The list of records, and what messages call them.
    pub(crate) records: &'static str,
}

/// A kind of records.
pub(crate) trait Signal: Send + Sync + 'static {
    /// A record, as it waits.
    type Item: Clone + Send + Sync + 'static;

    const NAMES: Names;

    /// About how many bytes a record takes in memory.
    fn weight(item: &Self::Item) -> usize;

    fn scope(item: &Self::Item) -> &InstrumentationScope;

    fn write(item: &Self::Item, out: &mut Vec<u8>);
}
