//! The rounds: in each, every one of the compared does the same work once, and another one begins.

use serde_json::{Value, json};

use super::figures::{Figure, Figures};
use super::page::{Page, Pipeline};
use super::peers::Peer;
use super::receiver::{Received, Receiver};

/// Spans of a tree.
const TREE: usize = 4;

/// The specification's batch.
const BATCH: usize = 512;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub spans: usize,
    /// Rounds that count.
    pub rounds: usize,
    /// Rounds before them, in which engines compile and optimise.
    pub warm_ups: usize,
    /// Rounds for memory, each with a page of its own.
    pub memory_rounds: usize,
}

/// What all rounds need.
pub struct Course<'a> {
    pub page: &'a mut Page,
    pub receiver: &'a Receiver,
    pub peers: &'a [Peer],
    pub plan: Plan,
}

impl Course<'_> {
    /// All figures for one number of spans.
    pub async fn run(&mut self) -> Result<Figures, String> {
        let mut figures = Figures::default();
        self.page.open(self.peers).await;
        self.page.calibrate(self.peers[0]).await;
        let (mut able, mut compressing) = (Vec::new(), Vec::new());
        for peer in self.peers {
            let features = self.page.features(*peer).await;
            // A queue that cannot be made larger may not hold so many.
            let holds = features["maxQueueSize"].as_u64().is_none_or(|most| most >= self.plan.spans as u64);
            if holds {
                able.push(*peer);
                compressing.extend(Some(*peer).filter(|_| features["gzip"] == true));
            }
        }
        let recording: Vec<Peer> = able.iter().copied().filter(|peer| !peer.is_floor).collect();
        self.record(&recording, &mut figures).await?;
        self.unsampled(&recording, &mut figures).await?;
        self.send(&able, &mut figures, false).await?;
        self.send(&compressing, &mut figures, true).await?;
        self.memory(&recording, &mut figures).await?;
        Ok(figures)
    }

    async fn start(&self, peers: &[Peer], pipeline: Pipeline) {
        for peer in peers {
            self.page.start_pipeline(*peer, self.receiver.endpoint(peer.id), pipeline).await;
        }
    }

    async fn stop(&self, peers: &[Peer]) {
        for peer in peers {
            self.page.run(*peer, "stop", Value::Null).await;
        }
    }

    /// Makes the spans; the time that took, in milliseconds.
    async fn make(&self, peer: Peer) -> f64 {
        self.page.run(peer, "record", json!(self.plan.spans / TREE)).await
    }

    async fn flush(&self, peer: Peer) {
        self.page.run(peer, "flush", Value::Null).await;
    }

    fn per_span(&self, millis: f64) -> f64 {
        millis * 1e6 / self.plan.spans as f64
    }

    /// A figure is none unless every span has arrived.
    fn received(&self, peer: Peer, expected: usize) -> Result<Received, String> {
        let received = self.receiver.take(peer.id)?;
        if received.spans != expected {
            return Err(format!("{} of {expected} spans of {} have arrived", received.spans, peer.name));
        }
        Ok(received)
    }

    /// Recording alone: batches are so large that nothing is exported meanwhile.
    async fn record(&mut self, peers: &[Peer], figures: &mut Figures) -> Result<(), String> {
        let queue = self.plan.spans * 2;
        self.start(peers, Pipeline { sampled: true, max_queue: queue, max_batch: queue, gzip: false }).await;
        for round in 0..self.plan.warm_ups + self.plan.rounds {
            for peer in order(peers, round) {
                let (cost, millis) = self.page.cost(self.make(peer)).await;
                self.flush(peer).await;
                self.received(peer, self.plan.spans)?;
                if round >= self.plan.warm_ups {
                    figures.add(peer, Figure::Record, self.per_span(millis));
                    figures.add(peer, Figure::RecordCost, self.per_span(cost));
                }
            }
        }
        self.stop(peers).await;
        Ok(())
    }

    async fn unsampled(&mut self, peers: &[Peer], figures: &mut Figures) -> Result<(), String> {
        let queue = self.plan.spans * 2;
        self.start(peers, Pipeline { sampled: false, max_queue: queue, max_batch: BATCH, gzip: false }).await;
        for round in 0..self.plan.warm_ups + self.plan.rounds {
            for peer in order(peers, round) {
                let millis = self.make(peer).await;
                self.flush(peer).await;
                self.received(peer, 0)?;
                if round >= self.plan.warm_ups {
                    figures.add(peer, Figure::Unsampled, self.per_span(millis));
                }
            }
        }
        self.stop(peers).await;
        Ok(())
    }

    /// From the queue to the answer: the main thread's CPU time, what was sent, and, in other rounds, the longest task.
    ///
    /// Some send their first batch while they record: the time of both is taken, and that of recording alone taken off it.
    async fn send(&mut self, peers: &[Peer], figures: &mut Figures, gzip: bool) -> Result<(), String> {
        let (sending, bytes) = if gzip { (Figure::SendGzip, Figure::BytesGzip) } else { (Figure::Send, Figure::Bytes) };
        let max_queue = self.plan.spans * 2;
        self.start(peers, Pipeline { sampled: true, max_queue, max_batch: BATCH, gzip }).await;
        for round in 0..self.plan.warm_ups + self.plan.rounds {
            for peer in order(peers, round) {
                let (making, _) = self.page.cost(self.make(peer)).await;
                let (flushing, ()) = self.page.cost(self.flush(peer)).await;
                let received = self.received(peer, self.plan.spans)?;
                let longest = if gzip { None } else { Some(self.longest_task(peer).await?) };
                if round >= self.plan.warm_ups {
                    let recording = figures.spread(peer, Figure::RecordCost).map(|spread| spread.median);
                    let early = recording.map_or(0.0, |recording| self.per_span(making) - recording).max(0.0);
                    figures.add(peer, sending, self.per_span(flushing) + early);
                    figures.add(peer, bytes, received.bytes as f64 / self.plan.spans as f64);
                    longest.into_iter().for_each(|longest| figures.add(peer, Figure::LongestTask, longest));
                }
            }
        }
        self.stop(peers).await;
        Ok(())
    }

    async fn longest_task(&self, peer: Peer) -> Result<f64, String> {
        self.make(peer).await;
        let longest = self.page.run(peer, "longestPauseOfFlush", Value::Null).await;
        self.received(peer, self.plan.spans)?;
        Ok(longest)
    }

    /// What waiting spans take, each time in a page that has had no others.
    async fn memory(&mut self, peers: &[Peer], figures: &mut Figures) -> Result<(), String> {
        let max_queue = self.plan.spans * 2;
        let pipeline = Pipeline { sampled: true, max_queue, max_batch: max_queue, gzip: false };
        for round in 0..self.plan.memory_rounds {
            for peer in order(peers, round) {
                self.page.open(&[peer]).await;
                self.start(&[peer], pipeline).await;
                // What is made once for all spans is no span's.
                self.page.run(peer, "record", json!(100)).await;
                self.flush(peer).await;
                self.received(peer, 100 * TREE)?;
                let before = self.page.memory(peer).await;
                self.make(peer).await;
                let after = self.page.memory(peer).await;
                self.flush(peer).await;
                self.received(peer, self.plan.spans)?;
                figures.add(peer, Figure::Memory, (after - before) / self.plan.spans as f64);
                self.stop(&[peer]).await;
            }
        }
        Ok(())
    }
}

/// The compared, beginning with another one in each round.
fn order(peers: &[Peer], round: usize) -> impl Iterator<Item = Peer> + use<> {
    let mut peers = peers.to_vec();
    let count = peers.len().max(1);
    peers.rotate_left(round % count);
    peers.into_iter()
}
