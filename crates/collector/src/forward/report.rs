//! The account of what was forwarded to one target: counts, and lines on the terminal when something changes, not for every failure.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{signal::Signal, terminal};

/// Requests, by what became of them. What is neither delivered nor dropped waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted here, and so meant for the other side; with those that waited since an earlier run.
    pub offered: u64,
    pub delivered: u64,
    /// Given up: refused there, or not delivered in time.
    pub dropped: u64,
}

impl Counts {
    pub fn waiting(&self) -> u64 {
        self.offered - self.delivered - self.dropped
    }

    pub fn and(self, more: Self) -> Self {
        Self {
            offered: self.offered + more.offered,
            delivered: self.delivered + more.delivered,
            dropped: self.dropped + more.dropped,
        }
    }
}

#[derive(Debug)]
pub struct Report {
    /// The other side, as it may be shown.
    pub to: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: [Counts; 3],
    /// Why nothing gets through since the last success.
    outage: Option<String>,
    /// Why nothing is sent any more.
    stopped: Option<String>,
    remarked: bool,
}

impl State {
    fn all(&self) -> Counts {
        self.counts.iter().fold(Counts::default(), |all, counts| all.and(*counts))
    }
}

impl Report {
    pub fn new(to: String) -> Self {
        Self { to, state: Mutex::default() }
    }

    pub fn counts(&self) -> Counts {
        self.state().all()
    }

    pub fn of(&self, signal: Signal) -> Counts {
        self.state().counts[signal.index()]
    }

    /// Why what waits is not sent, if it is not.
    pub fn trouble(&self) -> Option<String> {
        let state = self.state();
        let stopped = state.stopped.as_ref().map(|why| format!("forwarding to {} has stopped: {why}", self.to));
        stopped.or_else(|| state.outage.as_ref().map(|why| format!("{} takes nothing: {why}", self.to)))
    }

    pub fn offered(&self, signal: Signal) {
        self.state().counts[signal.index()].offered += 1;
    }

    /// A remark is said the first time; more of the same kind say nothing new.
    pub fn delivered(&self, signal: Signal, remark: Option<&str>) {
        let mut state = self.state();
        state.counts[signal.index()].delivered += 1;
        if let Some(remark) = remark
            && !std::mem::replace(&mut state.remarked, true)
        {
            self.say(remark);
        }
        if state.outage.take().is_some() {
            self.say("works again");
        }
    }

    pub fn failed(&self, why: &str) {
        if self.state().outage.replace(why.to_owned()).is_none() {
            self.say(&format!("{why}; trying again"));
        }
    }

    /// The other side wants nothing from here; what waits is kept for the next start.
    pub fn stopped(&self, why: &str, is_durable: bool) {
        if self.state().stopped.replace(why.to_owned()).is_none() {
            let waits =
                if is_durable { "what is received waits on the disk until then" } else { "what waits is in memory" };
            self.say(&format!(
                "stopped: {why}; nothing more is sent there until the collector is started again with the right key or header \
                 (--forward-header-file), and {waits}"
            ));
        }
    }

    /// Said for the first, the second, the fourth and so on, with the count: an outage does not flood the terminal.
    pub fn dropped(&self, signal: Signal, why: &str) {
        let mut state = self.state();
        state.counts[signal.index()].dropped += 1;
        let dropped = state.all().dropped;
        if dropped.is_power_of_two() {
            let noun = if dropped == 1 { "request" } else { "requests" };
            self.say(&format!("{dropped} {noun} dropped so far: {why}"));
        }
    }

    /// What is still there when the program ends waits on the disk, or is lost; it was only shown here.
    pub fn end(&self, is_durable: bool) {
        let mut state = self.state();
        let waiting = state.all().waiting();
        if !is_durable {
            state.counts.iter_mut().for_each(|counts| counts.dropped += counts.waiting());
        }
        let Counts { offered, delivered, dropped } = state.all();
        if waiting + dropped > 0 {
            let waits = if is_durable && waiting > 0 {
                format!(", {waiting} wait on the disk for the next start")
            } else {
                String::new()
            };
            self.say(&format!("ended: of {offered} requests {delivered} were delivered, {dropped} dropped{waits}"));
        }
    }

    fn say(&self, words: &str) {
        terminal::say(format_args!("forward {}: {words}", self.to));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
