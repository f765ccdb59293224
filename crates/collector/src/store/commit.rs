//! The committer: a thread that writes what has come.
//!
//! In: the blocks of requests. All that wait are written in one synced commit, then indexed, and then each sender is told. So
//! what can be seen is always durable, and a commit that failed has left nothing in the index to take back.

use std::{
    fmt,
    ops::AddAssign,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use tokio::sync::oneshot;

use super::{
    block::set_arrival,
    blocks::{Batch, Blocks, Failed},
    clock::{Clock, Now},
    trouble::Trouble,
};

/// What blocks are committed for: it knows what is in them, and which of them have become useless.
pub trait Index: fmt::Debug + Send + Sync + 'static {
    /// What it will have of a block, made before it is written.
    type New: fmt::Debug + Send;
    /// What became of what came in a block.
    type Outcome: fmt::Debug + Default + AddAssign + Send;
    /// What the next commit has to do, beside what comes new.
    type Due;

    fn blocks(&self) -> &dyn Blocks;

    /// Lets go what has become too old by now.
    fn expire(&self, now: Now);

    /// Takes what is due, with what a commit of it changes.
    fn take_due(&self) -> (Self::Due, Batch);

    /// The same, if what is answered would not hold without it.
    fn take_urgent(&self) -> Option<(Self::Due, Batch)>;

    /// What was due is done.
    fn committed(&self, due: Self::Due, batch: &Batch);

    /// What was due could not be done.
    fn put_back(&self, due: Self::Due);

    /// Adds what is in a block that is committed.
    fn add(&self, new: Self::New, committed: Committed) -> Self::Outcome;
}

/// What a block is in the database.
#[derive(Debug, Clone, Copy)]
pub struct Committed {
    pub sequence: u64,
    /// In milliseconds since this run began; since 1970 if it is of an earlier one.
    pub arrival: i64,
    /// When it came, in milliseconds since 1970, as far as that was known.
    pub wall: u64,
    pub size: usize,
}

/// What comes of one request.
#[derive(Debug)]
pub struct Submission<I: Index> {
    pub blocks: Vec<(Vec<u8>, I::New)>,
    pub answer: oneshot::Sender<Result<I::Outcome, Failed>>,
}

/// How often it looks whether something is due, when nothing comes.
const TICK: Duration = Duration::from_secs(1);
/// How often it looks for what has become too old, in milliseconds.
const LOOK: u64 = 1_000;
/// How many bytes of blocks one commit takes, or a little more.
const GROUP: usize = 16 << 20;

#[derive(Debug)]
pub struct Committer<I> {
    pub index: Arc<I>,
    /// The sequence number of the next block.
    pub next: u64,
    /// Up to where there may be blocks of a commit that failed: its last step may have been done for all that.
    pub tried: u64,
    pub clock: Clock,
    pub trouble: Trouble,
    /// When in this run it looks next for what has become too old (ms).
    pub next_look: u64,
}

impl<I: Index> Committer<I> {
    /// Ends when nobody can submit any more, or when there is no use in going on: then it tells why.
    pub fn run(mut self, submissions: &Receiver<Submission<I>>) -> Result<(), Failed> {
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
        self.index.blocks().close();
        Ok(())
    }

    /// One commit with what is due anyway. An error is the end.
    fn turn(&mut self, group: Vec<Submission<I>>) -> Result<(), Failed> {
        let now = self.clock.now();
        if now.run >= self.next_look {
            self.index.expire(now);
            self.next_look = now.run + LOOK;
        }
        let (due, mut batch) = self.index.take_due();
        let mut sequence = self.next;
        let mut waiting = Vec::new();
        for Submission { blocks, answer } in group {
            let mut unindexed = Vec::new();
            for (mut bytes, new) in blocks {
                set_arrival(&mut bytes, now.wall);
                let arrival = i64::try_from(now.run).unwrap_or(i64::MAX);
                unindexed.push((new, Committed { sequence, arrival, wall: now.wall, size: bytes.len() }));
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
            let mut outcome = committed.clone().map(|()| I::Outcome::default());
            if let Ok(outcome) = &mut outcome {
                for (new, committed) in unindexed {
                    *outcome += self.index.add(new, committed);
                }
            }
            answers.push((answer, outcome));
        }
        let held = self.hold();
        let is_there = self.index.blocks().check();
        for (answer, outcome) in answers {
            // Who does not wait any more needs no answer.
            let _ = answer.send(is_there.clone().and(held.clone()).and(outcome));
        }
        is_there
    }

    /// Writes at once what the answers rely on.
    fn hold(&mut self) -> Result<(), Failed> {
        self.index.take_urgent().map_or(Ok(()), |(due, batch)| self.commit(due, &batch))
    }

    fn commit(&mut self, due: I::Due, batch: &Batch) -> Result<(), Failed> {
        let committed = if batch.is_empty() { Ok(()) } else { self.index.blocks().commit(batch) };
        match &committed {
            Ok(()) => self.index.committed(due, batch),
            Err(why) => {
                self.index.put_back(due);
                self.trouble.failed(why);
            }
        }
        committed
    }
}
