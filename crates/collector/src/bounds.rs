//! How much may be under way at once.

use std::time::Duration;

use crate::otlp::MAX_BODY;

/// What goes in and out at once, and how long either may pause.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Requests that bring spans.
    pub requests: usize,
    /// What their bodies take, compressed and inflated.
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
            requests: 256,
            // Room for two of the largest requests, each with its compressed and its inflated body.
            bytes: 4 * MAX_BODY,
            idle: Duration::from_secs(30),
            answers: 4,
            // More than any trace that a person looks at, and far below what would fill the memory.
            answer: 128 << 20,
            streams: 64,
        }
    }
}
