//! The committer: a thread that writes what has come.
//!
//! In: drafts of requests. All that wait are written in one synced commit, then indexed, and then each sender is told. So
//! what can be seen is always durable, and a commit that failed has left nothing to take back.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, SystemTime},
};

use tokio::sync::oneshot;

use super::{
    Inner, Inserted,
    block::{Block, set_arrival},
    blocks::{Batch, Failed},
    kept::Committed,
    live::Due,
    unindexed::Unindexed,
};
use crate::model::{Origin, Span};

/// What comes of one request.
#[derive(Debug)]
pub struct Submission {
    pub blocks: Vec<(Vec<u8>, Unindexed)>,
    pub answer: oneshot::Sender<Result<Inserted, Failed>>,
}

/// How often it looks for what has become too old.
const TICK: Duration = Duration::from_secs(1);
/// How many bytes of blocks one commit takes, or a little more.
const GROUP: usize = 16 << 20;

#[derive(Debug)]
pub struct Committer {
    pub inner: Arc<Inner>,
    /// The sequence number of the next block.
    pub next: u64,
    /// When the last block arrived: what arrives later is not older, whatever the clock says.
    pub latest: u64,
}

impl Committer {
    /// Ends when nobody can submit any more.
    pub fn run(mut self, submissions: &Receiver<Submission>) {
        // What has become too old meanwhile.
        self.turn(Vec::new());
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
            self.turn(group);
        }
        self.turn(Vec::new());
        self.inner.blocks.close();
    }

    /// One commit with what is due anyway.
    fn turn(&mut self, group: Vec<Submission>) {
        self.latest = self.latest.max(now());
        let age = u64::try_from(self.inner.limits.age.as_millis()).unwrap_or(u64::MAX);
        let due = {
            let mut kept = self.inner.write();
            kept.expire(self.latest.saturating_sub(age));
            kept.live.take_due()
        };
        let mut batch = self.batch(&due);
        let mut sequence = self.next;
        let mut waiting = Vec::new();
        for Submission { blocks, answer } in group {
            let mut unindexed = Vec::new();
            for (mut bytes, new) in blocks {
                set_arrival(&mut bytes, self.latest);
                unindexed.push((new, Committed { sequence, arrival: self.latest, size: bytes.len() }));
                batch.put.push((sequence, bytes));
                sequence += 1;
            }
            waiting.push((unindexed, answer));
        }
        let committed = if batch.is_empty() { Ok(()) } else { self.inner.blocks.commit(&batch) };
        if let Err(failed) = committed {
            self.inner.write().live.put_back(due);
            for (_, answer) in waiting {
                // Who does not wait any more needs no answer.
                let _ = answer.send(Err(failed.clone()));
            }
            return;
        }
        self.next = sequence;
        self.resized(&due, &batch);
        for (unindexed, answer) in waiting {
            let mut inserted = Inserted::default();
            for (new, committed) in unindexed {
                inserted += self.inner.write().index(&new, committed, &self.inner.limits);
            }
            let _ = answer.send(Ok(inserted));
        }
    }

    fn batch(&self, due: &Due) -> Batch {
        let mut batch = Batch {
            remove: due.dead.clone(),
            gone: due.gone.clone(),
            forgotten: due.forgotten.clone(),
            put: Vec::new(),
        };
        for number in &due.sparse {
            batch.put.extend(self.rewritten(*number));
        }
        batch
    }

    /// The block with nothing but its live spans. None if it cannot be read: then it stays as it is.
    fn rewritten(&self, number: u32) -> Option<(u64, Vec<u8>)> {
        let sequence = self.inner.read().live.get(number)?.sequence;
        let bytes = self.inner.block(sequence)?;
        let block = Block::new(&bytes)?;
        let origin = Arc::new(Origin::decode(block.origin_bytes())?);
        let kept = self.inner.read();
        let lives = |ordinal| {
            let span: Option<Span> = block.span(ordinal, &origin);
            span.is_some_and(|span| kept.is_at(span.trace_id, span.id, number, ordinal))
        };
        Some((sequence, block.only(lives)))
    }

    fn resized(&self, due: &Due, batch: &Batch) {
        let mut kept = self.inner.write();
        // In the order of `batch`; those that could not be read are missing there.
        let mut written = batch.put.iter();
        for number in &due.sparse {
            let sequence = kept.live.get(*number).map(|block| block.sequence);
            if let Some((_, bytes)) = written.clone().next().filter(|(of, _)| Some(*of) == sequence) {
                kept.live.resized(*number, bytes.len());
                written.next();
            }
        }
    }
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
