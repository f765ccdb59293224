//! What is measured, and what came out.

use std::collections::HashMap;

use super::peers::Peer;
use crate::stats::Spread;

/// One kind of figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    Record,
    /// The same in the main thread's CPU time, which is no figure of its own.
    RecordCost,
    Unsampled,
    Send,
    SendGzip,
    Bytes,
    BytesGzip,
    Memory,
    LongestTask,
}

impl Figure {
    pub const ALL: [Self; 8] = [
        Self::Record,
        Self::Unsampled,
        Self::Send,
        Self::SendGzip,
        Self::Bytes,
        Self::BytesGzip,
        Self::Memory,
        Self::LongestTask,
    ];

    /// As a table's row has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Record | Self::RecordCost => "record, ns/span",
            Self::Unsampled => "unsampled span, ns",
            Self::Send => "encode and send, main thread, ns/span",
            Self::SendGzip => "the same with gzip, ns/span",
            Self::Bytes => "sent, bytes/span",
            Self::BytesGzip => "sent with gzip, bytes/span",
            Self::Memory => "queued, bytes of memory/span",
            Self::LongestTask => "longest task while sending, ms",
        }
    }
}

/// The samples of one figure, in the order of the rounds.
#[derive(Debug, Default)]
pub struct Figures(HashMap<(&'static str, Figure), Vec<f64>>);

impl Figures {
    pub fn add(&mut self, peer: Peer, figure: Figure, sample: f64) {
        self.0.entry((peer.id, figure)).or_default().push(sample);
    }

    pub fn samples(&self, peer: Peer, figure: Figure) -> &[f64] {
        self.0.get(&(peer.id, figure)).map_or(&[], Vec::as_slice)
    }

    pub fn spread(&self, peer: Peer, figure: Figure) -> Option<Spread> {
        Spread::of(self.samples(peer, figure))
    }

    /// How many times as much as ours, round by round.
    pub fn ratio(&self, peer: Peer, ours: Peer, figure: Figure) -> Option<Spread> {
        Spread::of_ratios(self.samples(peer, figure), self.samples(ours, figure))
    }
}
