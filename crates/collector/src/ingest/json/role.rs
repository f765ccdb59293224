//! What a message is in a request, as far as it matters for what cannot be read, and for what is not known.

/// What a field that cannot be read costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What holds the message.
    Part,
    /// An attribute: this alone, where records share what holds it.
    Attribute,
    /// What records share: the field alone.
    Shared,
    /// A record: itself, and none of its neighbours.
    Record,
}

impl Role {
    /// Whether what is not known in it is kept.
    pub const fn keeps(self) -> bool {
        matches!(self, Self::Record | Self::Shared)
    }
}
