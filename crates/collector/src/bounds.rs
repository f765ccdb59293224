//! How much may be under way at once.

use std::time::Duration;

/// The largest body that is read, compressed as well as inflated.
pub const MAX_BODY: usize = 64 << 20;

/// What goes in and out at once, and how long either may pause.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Requests that bring spans.
    pub requests: usize,
    /// What they take: their bodies, compressed and inflated, what is read from these, and what is on its way to the disk; and what
    /// answers hold before they have a head.
    pub bytes: usize,
    /// How long the other side may pause, in a body that it sends or in an answer that it is sent, before it is given up: so that
    /// those who hang don't keep others out.
    pub idle: Duration,
    /// Answers of the query API that are being written.
    pub answers: usize,
    /// How long one of them may become, in bytes.
    pub answer: usize,
    /// Streams of events that are open.
    pub streams: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            // More than there are connections: what they hold is bounded in bytes.
            requests: 8_192,
            // Room for the largest request: its body, what is read from it, and what of it is on its way to the disk.
            bytes: 6 * MAX_BODY,
            idle: Duration::from_secs(30),
            answers: 4,
            // More than any trace that a person looks at, and far below what would fill the memory.
            answer: 128 << 20,
            streams: 64,
        }
    }
}
