//! What is asked of everybody, by version 1 of Jaeger's query API, which both have.

use super::bodies;

/// As many traces as Jaeger's UI asks for.
const LIMIT: usize = 20;

/// Kinds of searches, from what an index answers to what has to be looked for everywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Trace,
    Service,
    Operation,
    RareTag,
    CommonTag,
    AbsentTag,
    NeverTogether,
    LongOnes,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Trace,
        Self::Service,
        Self::Operation,
        Self::RareTag,
        Self::CommonTag,
        Self::AbsentTag,
        Self::NeverTogether,
        Self::LongOnes,
    ];

    /// As a table's row has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "a trace by its id",
            Self::Service => "a service",
            Self::Operation => "a service and an operation",
            Self::RareTag => "a tag that one trace has",
            Self::CommonTag => "a tag that one span in 21 has",
            Self::AbsentTag => "a tag that none has",
            Self::NeverTogether => "an operation and a tag that no span has together",
            Self::LongOnes => "longer than 999 ms",
        }
    }

    /// The path and query of the question with this number, among so many traces.
    pub fn path(self, number: usize, traces: usize) -> String {
        // Spread over all that is there; a request has the traces of one service.
        let trace = number.wrapping_mul(7_919) % traces;
        let service = bodies::service(trace / (bodies::BATCH / 4) % bodies::SERVICES);
        let shard = number % bodies::SHARDS;
        let user = bodies::user(trace);
        let more = match self {
            Self::Trace => return format!("/api/traces/{}", bodies::trace_id(trace)),
            Self::Service => String::new(),
            Self::Operation => "&operation=GetScores".to_owned(),
            Self::RareTag => format!("&tag=user.id:{user}"),
            Self::CommonTag => format!("&tag=shard:s{shard}"),
            Self::AbsentTag => format!("&tag=user.id:nobody{number}"),
            Self::NeverTogether => format!("&operation=GetUser&tag=shard:s{shard}"),
            Self::LongOnes => "&minDuration=999ms".to_owned(),
        };
        let (start, end) = (bodies::BEGIN / 1_000, bodies::BEGIN / 1_000 + traces as u64 * 1_000 + 1_000_000);
        format!("/api/traces?service={service}&start={start}&end={end}&limit={LIMIT}{more}")
    }
}
