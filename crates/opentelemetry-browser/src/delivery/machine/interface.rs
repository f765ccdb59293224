//! What a machine is told, and what it says.

use std::collections::VecDeque;

use super::super::batch::Id;
use super::super::queue::{Item, Range};
use super::super::report::FlushReport;
use crate::micros::Micros;
use crate::transport::retry::RetryPolicy;

/// What a machine is told once.
pub(crate) struct Config {
    pub(crate) max_queue_size: usize,
    pub(crate) max_queue_bytes: usize,
    pub(crate) max_batch_size: usize,
    pub(crate) scheduled_delay: Micros,
    pub(crate) flush_timeout: Micros,
    /// How long the attempts to send a batch may take in all, before it waits.
    pub(crate) batch_timeout: Micros,
    pub(crate) retry: RetryPolicy,
    /// The most bytes of a request that can outlive the page.
    pub(crate) max_unload_bytes: usize,
    /// Whether there is a place for what cannot be sent.
    pub(crate) has_spool: bool,
    pub(crate) resends_in_doubt: bool,
    /// Whether copies are written soon, since the browser takes no request for the end of the page.
    pub(crate) writes_soon: bool,
    /// Whether batches are given to an exporter that sends in its own way.
    pub(crate) is_foreign: bool,
    /// Of the jitter.
    pub(crate) seed: u64,
}

impl Config {
    /// Whether what waits has a copy outside of the page, against crashes.
    pub(super) fn copies(&self) -> bool {
        cfg!(feature = "crash-copies") && self.spools()
    }

    /// Known when this is compiled, if the spool is left out: what would use it is left out, too.
    pub(super) fn spools(&self) -> bool {
        cfg!(feature = "spool") && self.has_spool
    }
}

/// What there is around a machine at the moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Surroundings {
    /// How long the body of a further request that outlives the page may be.
    pub(crate) room: usize,
    /// How many bytes can be left to the browser by `fetchLater`; `None` if that does not exist.
    pub(crate) deferrable: Option<usize>,
    /// The bytes of a request without records.
    pub(crate) frame: usize,
    pub(crate) compression: Compressing,
    /// Whether a page is told that it will be left, before it is.
    pub(crate) tells_of_leaving: bool,
}

impl Surroundings {
    /// No, known when this is compiled, if compression is left out.
    pub(super) fn compression(&self) -> Compressing {
        if cfg!(feature = "compression") { self.compression } else { Compressing::No }
    }
}

/// Whether, and how, bodies are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compressing {
    #[default]
    No,
    /// In a later turn of the event loop.
    Later,
    AtOnce,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted {
        rejected: u64,
    },
    /// Never.
    Refused,
    /// Not as long as this.
    TooLong,
    /// Not now.
    Unavailable {
        retry_after: Option<Micros>,
        /// Whether the receiver has said so, and not the network.
        is_answer: bool,
    },
    /// It failed because the page was left, and the browser may have gone on with it.
    Lost,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// There is a turn of the event loop.
    Turn,
    /// It is time for something.
    Timer,
    /// These are the next records of the queue.
    Encoded(Vec<Item>),
    /// The body has this many bytes now.
    Compressed {
        id: Id,
        len: usize,
    },
    /// The request is under way.
    Started {
        id: Id,
        outlives_page: bool,
    },
    Answered {
        id: Id,
        answer: Answer,
    },
    /// Whether the receiver takes a request without records.
    Asked {
        is_taken: bool,
    },
    /// Whether the browser has taken a request for the end of the page.
    Deferred {
        id: Id,
        is_taken: bool,
    },
    /// The page lives on: whether the browser has sent such a request all the same.
    Resumed {
        id: Id,
        is_sent: bool,
    },
    /// Whether the browser has taken what waits, for the case of a crash.
    Armed {
        is_taken: bool,
    },
    /// The browser has sent that, although the page lives.
    Fired,
    /// Whether the storage can take a copy.
    Put {
        copy: u32,
        is_taken: bool,
    },
    /// Whether it has taken it.
    Stored {
        copy: u32,
        is_written: bool,
    },
    /// The storage has done all that it was told before it was asked for that.
    Settled {
        id: Id,
    },
    /// Another page has left something in the storage.
    Found,
    Hidden,
    Visible,
    Leaving,
    /// The page may be left now, and is told so for the last time, perhaps.
    Unloading,
    Left,
    /// Whether anything may be recorded and kept.
    Consent {
        is_given: bool,
    },
    Shown {
        is_hidden: bool,
    },
    /// Everything is to be exported now.
    Export,
    Flush {
        ticket: u32,
    },
    Deserted {
        ticket: u32,
    },
    Shutdown {
        ticket: u32,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Encodes up to so many of the queue's next records; [`Event::Encoded`] is the answer.
    Encode {
        most: usize,
    },
    /// Takes records off the front of the queue into a batch.
    Cut {
        id: Id,
        count: usize,
    },
    /// Puts all of a batch but its first records back.
    Shrink {
        id: Id,
        count: usize,
    },
    /// Makes two batches of one.
    Split {
        id: Id,
        at: usize,
        other: Id,
    },
    Compress {
        id: Id,
    },
    /// Sends a batch; [`Event::Started`] is the answer.
    Send {
        id: Id,
        keepalive: bool,
        timeout: Micros,
        is_retry: bool,
    },
    /// Sends a request without records; [`Event::Asked`] is the answer.
    Ask,
    /// Gives up a request.
    Abort {
        id: Id,
    },
    /// Nobody asks for a batch any more.
    Forget {
        id: Id,
    },
    Defer {
        id: Id,
    },
    /// Leaves records of the queue to the browser, in the place of what it has.
    Arm {
        range: Range,
    },
    Disarm,
    /// Writes a copy of records of the queue, or of a batch.
    Put {
        copy: u32,
        source: Source,
        is_in_doubt: bool,
    },
    /// Says that the records of a copy are under way, or not any more.
    Mark {
        copy: u32,
        is_in_doubt: bool,
    },
    Discard {
        copy: u32,
    },
    /// Waits until the storage has done all that it was told; [`Event::Settled`] is the answer.
    Settle {
        id: Id,
    },
    /// This page's copies belong to it, or to whichever page comes first.
    Claim {
        is_held: bool,
    },
    Resolve {
        ticket: u32,
        report: FlushReport,
    },
    /// Looks for what earlier pages have left.
    Drain,
    /// A record was dropped since it failed by itself again and again.
    TellUndeliverable,
    /// The attempts to send a batch took too long; whether one of them has failed before.
    TellTimeout {
        after: Micros,
        has_failed: bool,
    },
    /// All is over.
    Close,
}

/// What is to be done next, one after the other.
#[derive(Default)]
pub(super) struct Actions(VecDeque<Action>);

impl Actions {
    // In one place: some twenty others say what is to be done.
    #[inline(never)]
    pub(super) fn push_back(&mut self, action: Action) {
        self.0.push_back(action);
    }

    #[inline(never)]
    pub(super) fn pop_front(&mut self) -> Option<Action> {
        self.0.pop_front()
    }

    pub(super) fn discard(&mut self, copies: Vec<u32>) {
        copies.into_iter().for_each(|copy| self.push_back(Action::Discard { copy }));
    }

    pub(super) fn mark(&mut self, copies: Vec<u32>, is_in_doubt: bool) {
        copies.into_iter().for_each(|copy| self.push_back(Action::Mark { copy, is_in_doubt }));
    }
}

/// What a copy is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Queue(Range),
    Batch(Id),
}
