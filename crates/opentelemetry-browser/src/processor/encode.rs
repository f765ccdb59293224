//! Spans off the front of the queue into requests, cut at span boundaries, so that each may be as long as its way allows.

use std::sync::Arc;
use std::time::Duration;

use super::flush::Range;
use super::pump::Shared;
use super::queue::{Job, State};
use crate::SpanExporter;
use crate::exporter::json::BatchEncoder;
use crate::exporter::{Payload, unload};
use crate::platform::clock::uptime;
use crate::platform::lifecycle;

/// How many times longer than its compressed form a request is at most assumed to be, before that is known.
const MOST_COMPRESSED: usize = 10;

/// How long a request may be at most, in bytes: receivers have limits, and so has the time for which a task may keep the page.
const MAX_BYTES: usize = 1024 * 1024;

/// A page that has begun to be left and is still there after this has stayed.
const LONGEST_NAVIGATION: Duration = Duration::from_secs(30);

/// How long a request may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Its body's bytes.
    bytes: usize,
    /// Whether those are counted after compression, which must not wait then.
    is_compressed: bool,
}

impl Room {
    /// For the body as it is encoded.
    pub(super) fn plain(bytes: usize) -> Self {
        Self { bytes, is_compressed: false }
    }

    /// For what is sent from a page that may have no other turn: compressed, if `exporter` does that without waiting.
    pub(super) fn at_once(bytes: usize, exporter: &SpanExporter) -> Self {
        Self { bytes, is_compressed: exporter.compresses_at_once() }
    }
}

/// Whether the page will not be left just now.
fn stays(state: &State) -> bool {
    let is_leaving = state.leaving_since.is_some_and(|since| uptime().saturating_sub(since) < LONGEST_NAVIGATION);
    lifecycle::tells_of_leaving() && !is_leaving
}

impl Shared {
    /// How long a request may be. No more than what can outlive the page, so that nothing is in doubt if the page is left while it
    /// is under way; a hidden page, which may end at any time, does not even send what has to wait for room.
    ///
    /// A full batch is the exception, since a request costs the main thread the most by being one, whatever its length: it is sent
    /// whole where the page is told before it is left, so that there is time for an answer. A tab that is closed has no such notice.
    pub(super) fn room(&self, exporter: &SpanExporter) -> Room {
        let state = self.state();
        if state.is_hidden {
            Room::at_once(unload::available(), exporter)
        } else if exporter.compresses() || (state.queue.len() >= self.config.max_export_batch_size && stays(&state)) {
            Room::plain(MAX_BYTES)
        } else {
            Room::plain(unload::MAX_BYTES)
        }
    }

    /// Encodes what is at the front of the queue, up to a batch and to a number of bytes.
    pub(super) fn encode(&self, exporter: &SpanExporter, most: usize, room: Room) -> Option<Job> {
        let (from, mut spans) = self.state().take(self.config.max_export_batch_size.min(most));
        if spans.is_empty() {
            return None;
        }
        let limit = if room.is_compressed { room.bytes.saturating_mul(MOST_COMPRESSED) } else { room.bytes };
        let frame = exporter.frame();
        let mut encoder = BatchEncoder::new(&frame, spans.len(), limit);
        let mut redacted = self.state().redacted;
        let mut place = from;
        let mut fitting = 0;
        for span in &mut spans {
            place += 1;
            // One that is put back comes here again.
            if redacted < place {
                exporter.redact([&mut *span].map(Arc::make_mut));
                redacted = place;
            }
            if !encoder.push(span, limit) {
                break;
            }
            fitting += 1;
        }
        self.state().redacted = redacted;
        // A span that could never outlive its page must not hold up the others: it goes by itself, as a plain request.
        if fitting == 0 && limit >= unload::MAX_BYTES && encoder.push(&spans[0], usize::MAX) {
            fitting = 1;
        }
        let mut body = encoder.finish();
        while room.is_compressed && fitting > 0 {
            let Some(compressed) = exporter.compress_at_once(&body) else { break };
            let length = compressed.len();
            if length <= room.bytes || (fitting == 1 && room.bytes >= unload::MAX_BYTES) {
                body = compressed;
                break;
            }
            // A little less than would fit if every span took the same share.
            fitting = (fitting * room.bytes / length * 15 / 16).min(fitting - 1);
            body = exporter.encode_all(&spans[..fitting]);
        }
        self.state().put_back(spans.drain(fitting..));
        if fitting == 0 {
            return None;
        }
        let payload = Payload { spans: fitting, body: Arc::new(body) };
        Some(Job { range: Range { from, to: from + fitting as u64 }, payload })
    }

    /// Compresses a request, once for all attempts to send it; `None` if somebody has taken it meanwhile.
    ///
    /// While that is under way it can be taken as it is: a page that is left cannot wait for it.
    pub(super) async fn compress(&self, exporter: &SpanExporter, mut job: Job) -> Option<Job> {
        if self.state().is_hidden {
            return Some(job);
        }
        let Some(compressing) = exporter.compress(&job.payload.body) else { return Some(job) };
        self.state().compressing = Some(job);
        let compressed = compressing.await;
        job = self.state().compressing.take()?;
        if let Some(body) = compressed {
            job.payload.body = Arc::new(body);
        }
        Some(job)
    }
}
