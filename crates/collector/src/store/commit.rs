//! The committer: a thread that writes what has come.
//!
//! In: drafts of requests. All that wait are written in one synced commit, then indexed, and then each sender is told. So
//! what can be seen is always durable, and a commit that failed has left nothing in the index to take back.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use opentelemetry_proto::tonic::{common::v1::InstrumentationScope, resource::v1::Resource};
use tokio::sync::oneshot;

use super::{
    Inner, Inserted,
    block::{Block, set_arrival},
    blocks::{Batch, Failed},
    clock::{Clock, Now},
    kept::Committed,
    live::Due,
    trouble::Trouble,
    unindexed::Unindexed,
};
use crate::model::Origin;

/// What comes of one request.
#[derive(Debug)]
pub struct Submission {
    pub blocks: Vec<(Vec<u8>, Unindexed)>,
    pub answer: oneshot::Sender<Result<Inserted, Failed>>,
}

/// How often it looks whether something is due, when nothing comes.
const TICK: Duration = Duration::from_secs(1);
/// How often it looks for what has become too old, in milliseconds.
const LOOK: u64 = 1_000;
/// How many bytes of blocks one commit takes, or a little more.
const GROUP: usize = 16 << 20;

#[derive(Debug)]
pub struct Committer {
    pub inner: Arc<Inner>,
    /// The sequence number of the next block.
    pub next: u64,
    /// Up to where there may be blocks of a commit that failed: its last step may have been done for all that.
    pub tried: u64,
    pub clock: Clock,
    pub trouble: Trouble,
    /// When in this run it looks next for what has become too old (ms).
    pub next_look: u64,
}

impl Committer {
    /// Ends when nobody can submit any more, or when there is no use in going on: then it tells why.
    pub fn run(mut self, submissions: &Receiver<Submission>) -> Result<(), Failed> {
        // What has become too old meanwhile.
        self.turn(Vec::new())?;
        loop {
            let first = match submissions.recv_timeout(TICK) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let mut group = Vec::from_iter(first);
            let mut bytes = 0;
            while bytes < GROUP
                && let Ok(submission) = submissions.try_recv()
            {
                bytes += submission.blocks.iter().map(|(bytes, _)| bytes.len()).sum::<usize>();
                group.push(submission);
            }
            self.turn(group)?;
        }
        self.turn(Vec::new())?;
        self.inner.blocks.close();
        Ok(())
    }

    /// One commit with what is due anyway. An error is the end.
    fn turn(&mut self, group: Vec<Submission>) -> Result<(), Failed> {
        let now = self.clock.now();
        let due = self.due(now);
        let mut batch = self.batch(&due);
        let mut sequence = self.next;
        let mut waiting = Vec::new();
        for Submission { blocks, answer } in group {
            let mut unindexed = Vec::new();
            for (mut bytes, new) in blocks {
                set_arrival(&mut bytes, now.wall);
                let arrival = i64::try_from(now.run).unwrap_or(i64::MAX);
                unindexed.push((new, Committed { sequence, arrival, size: bytes.len() }));
                batch.put.push((sequence, bytes));
                sequence += 1;
            }
            waiting.push((unindexed, answer));
        }
        batch.remove.extend(sequence..self.tried);
        self.tried = self.tried.max(sequence);
        let committed = self.commit(due, &batch);
        if committed.is_ok() {
            self.tried = sequence;
            if sequence > self.next {
                self.trouble.written();
            }
            self.next = sequence;
        }
        let mut answers = Vec::new();
        for (unindexed, answer) in waiting {
            let mut inserted = committed.clone().map(|()| Inserted::default());
            if let Ok(inserted) = &mut inserted {
                for (new, committed) in unindexed {
                    *inserted += self.inner.write().index(&new, committed, &self.inner.limits);
                }
            }
            answers.push((answer, inserted));
        }
        let held = self.hold();
        let is_there = self.inner.blocks.check();
        for (answer, inserted) in answers {
            // Who does not wait any more needs no answer.
            let _ = answer.send(is_there.clone().and(held.clone()).and(inserted));
        }
        is_there
    }

    /// What is due, now that it is so late.
    fn due(&mut self, now: Now) -> Due {
        let mut kept = self.inner.write();
        if now.run >= self.next_look {
            if let Some(origin) = now.origin {
                kept.live.date(origin);
            }
            let age = i64::try_from(self.inner.limits.age.as_millis()).unwrap_or(i64::MAX);
            kept.expire(i64::try_from(now.run).unwrap_or(i64::MAX).saturating_sub(age));
            self.next_look = now.run + LOOK;
        }
        kept.live.take_due()
    }

    /// Writes at once what the answers rely on.
    fn hold(&mut self) -> Result<(), Failed> {
        if !self.inner.read().live.is_urgent() {
            return Ok(());
        }
        let due = self.inner.write().live.take_due();
        let batch = self.batch(&due);
        self.commit(due, &batch)
    }

    fn commit(&mut self, due: Due, batch: &Batch) -> Result<(), Failed> {
        let committed = if batch.is_empty() { Ok(()) } else { self.inner.blocks.commit(batch) };
        match &committed {
            Ok(()) => self.rewritten(&due, batch),
            Err(why) => {
                self.inner.write().live.put_back(due);
                self.trouble.failed(why);
            }
        }
        committed
    }

    fn batch(&self, due: &Due) -> Batch {
        let mut batch = Batch {
            remove: due.removed.clone(),
            gone: due.gone.clone(),
            forgotten: due.forgotten.clone(),
            put: Vec::new(),
        };
        for number in &due.rewritten {
            batch.put.extend(self.again(*number));
        }
        batch
    }

    /// The block with nothing but its live spans. None if it cannot be read: then it stays as it is.
    fn again(&self, number: u32) -> Option<(u64, Vec<u8>)> {
        let sequence = self.inner.read().live.get(number)?.sequence;
        let bytes = self.inner.block(sequence)?;
        let block = Block::new(&bytes)?;
        // What they come from does not matter here.
        let origin = Arc::new(Origin::new(Resource::default(), InstrumentationScope::default()));
        let traces = (0..block.len()).filter_map(|ordinal| Some(block.span(ordinal, &origin)?.trace_id)).collect();
        let live = self.inner.read().ordinals(&traces, number);
        Some((sequence, block.only(|ordinal| live.contains(&ordinal))?))
    }

    fn rewritten(&self, due: &Due, batch: &Batch) {
        let mut kept = self.inner.write();
        // In the order of `batch`; those that could not be read are missing there.
        let mut written = batch.put.iter().peekable();
        for number in &due.rewritten {
            let sequence = kept.live.get(*number).map(|block| block.sequence);
            if let Some((_, bytes)) = written.next_if(|(of, _)| Some(*of) == sequence) {
                let overhead = Block::new(bytes).map_or(0, |block| block.overhead(bytes.len()));
                kept.live.rewritten(*number, bytes.len(), overhead);
            }
        }
    }
}
