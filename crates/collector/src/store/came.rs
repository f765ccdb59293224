//! When spans come, beside when they say they were: in whose place of the order of starts a trace is.

/// How far ahead of this machine's clock another one may be, in nanoseconds: an hour.
const AHEAD: u64 = 60 * 60 * 1_000_000_000;

/// When something came, by the clock of this machine, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Came(pub u64);

impl Came {
    /// The time in whose place a start is listed.
    pub fn listed(self, start: u64) -> u64 {
        let came = self.0.saturating_mul(1_000_000);
        if start > came.saturating_add(AHEAD) { came } else { start }
    }
}

/// What a trace was before spans were added to it.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    pub spans: usize,
    pub start: u64,
    pub listed: u64,
}
