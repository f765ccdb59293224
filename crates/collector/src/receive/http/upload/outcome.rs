//! What became of a file.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::piece::Place;
use crate::{
    ingest::{Refusal, json::Other, verdict::Verdict},
    model::TraceId,
};

/// How many traces are named.
const NAMED: usize = 5;
/// How many are told apart; beyond, there are more than so many.
const COUNTED: usize = 1 << 20;

#[derive(Debug, Default)]
pub struct Outcome {
    spans: usize,
    traces: HashSet<TraceId>,
    named: Vec<TraceId>,
    rejected: usize,
    message: String,
    refused: usize,
    refusal: String,
    other: Option<Other>,
}

impl Outcome {
    /// A trace of which spans are on their way to the disk.
    pub fn see(&mut self, trace: TraceId) {
        if self.traces.len() < COUNTED && self.traces.insert(trace) && self.named.len() < NAMED {
            self.named.push(trace);
        }
    }

    /// A part of the file that cannot be read.
    pub fn refuse(&mut self, Place { line, before }: Place, what: &str) {
        if self.refused == 0 {
            self.refusal = format!("line {line}, column {}: {what}", before + 1);
        }
        self.refused += 1;
    }

    /// A document that is one of something else.
    pub fn without_spans(&mut self, other: Other) {
        self.other = self.other.max(Some(other));
    }

    /// Spans that are durable, and what is said of others.
    pub fn add(&mut self, verdict: Verdict) {
        self.spans += verdict.taken;
        self.rejected += verdict.rejected;
        if self.message.is_empty() {
            self.message = verdict.message;
        }
    }

    /// What is answered, also if nothing could be taken: then at least one part is refused.
    pub fn answer(mut self) -> Value {
        if self.spans + self.rejected + self.refused == 0 {
            self.refused = 1;
            self.refusal = self.other.map_or_else(|| "it is empty".to_owned(), |other| other.to_string());
        }
        let ids: Vec<_> = self.named.iter().map(TraceId::to_string).collect();
        json!({
            "spans": self.spans,
            "traces": self.traces.len(),
            "traceIds": ids,
            "rejected": { "spans": self.rejected, "message": self.message },
            "refused": { "parts": self.refused, "message": self.refusal },
        })
    }

    /// A failure in the middle of a file, which says what was taken before.
    pub fn failed(&self, refusal: Refusal) -> Refusal {
        match self.spans {
            0 => refusal,
            spans => refusal.and(&format!("{spans} spans before that were taken")),
        }
    }
}
