//! Why a request is not taken, whichever way it came. The text goes to its sender.

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It cannot be read.
    Invalid(String),
    TooLarge(String),
    /// It did not come to its end in time.
    Slow(String),
    /// Nobody takes such records here.
    NotTaken(String),
    /// It has come through this collector before.
    Loop(String),
    /// There is no room now.
    Overloaded,
    /// It could not be kept, and may be sent again later.
    Unavailable(String),
    /// Too much waits to be forwarded.
    QueueFull(String),
    Internal,
}

impl Refusal {
    /// Says more, where it says something that depends on what was sent.
    pub fn and(mut self, more: &str) -> Self {
        match &mut self {
            Self::Invalid(message) | Self::TooLarge(message) | Self::Slow(message) | Self::Unavailable(message) => {
                message.push_str("; ");
                message.push_str(more);
            }
            Self::NotTaken(_) | Self::Loop(_) | Self::Overloaded | Self::QueueFull(_) | Self::Internal => {}
        }
        self
    }

    /// The number of the `google.rpc.Code` that stands for it.
    pub const fn code(&self) -> i32 {
        match self {
            Self::Invalid(_) => 3,
            Self::Slow(_) => 4,
            Self::TooLarge(_) | Self::Overloaded => 8,
            Self::Loop(_) => 9,
            Self::NotTaken(_) => 12,
            Self::Internal => 13,
            Self::Unavailable(_) | Self::QueueFull(_) => 14,
        }
    }

    /// After how many seconds the sender may come again, if that may help.
    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            // Requests are done within milliseconds.
            Self::Overloaded => Some(1),
            // The disk failed, or another endpoint, which takes longer to be mended.
            Self::Unavailable(_) | Self::QueueFull(_) => Some(5),
            _ => None,
        }
    }

    pub fn into_message(self) -> String {
        match self {
            Self::Invalid(message)
            | Self::TooLarge(message)
            | Self::Slow(message)
            | Self::NotTaken(message)
            | Self::Loop(message)
            | Self::Unavailable(message)
            | Self::QueueFull(message) => message,
            Self::Overloaded => "too much is being received at once; send it again later".into(),
            Self::Internal => "the collector failed on this request".into(),
        }
    }
}
