//! The account of what was forwarded: counts, and lines on the terminal when something changes, not for every failure.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Requests, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted here, and so meant for the other side.
    pub offered: u64,
    pub delivered: u64,
    /// Given up: refused there, no room here, or not delivered in time.
    pub dropped: u64,
}

#[derive(Debug)]
pub struct Report {
    /// The other side, as it may be shown.
    to: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    /// Since the last success nothing got through.
    outage: bool,
    remarked: bool,
}

impl Report {
    pub fn new(to: String) -> Self {
        Self { to, state: Mutex::default() }
    }

    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    pub fn offered(&self) {
        self.state().counts.offered += 1;
    }

    /// A remark is said the first time; more of the same kind say nothing new.
    pub fn delivered(&self, remark: Option<&str>) {
        let mut state = self.state();
        state.counts.delivered += 1;
        if let Some(remark) = remark
            && !std::mem::replace(&mut state.remarked, true)
        {
            self.say(remark);
        }
        if std::mem::take(&mut state.outage) {
            self.say("works again");
        }
    }

    pub fn failed(&self, why: &str) {
        if !std::mem::replace(&mut self.state().outage, true) {
            self.say(&format!("{why}; trying again"));
        }
    }

    /// Said for the first, the second, the fourth and so on, with the count: an outage does not flood the terminal.
    pub fn dropped(&self, why: &str) {
        let mut state = self.state();
        state.counts.dropped += 1;
        let dropped = state.counts.dropped;
        if dropped.is_power_of_two() {
            let noun = if dropped == 1 { "request" } else { "requests" };
            self.say(&format!("{dropped} {noun} dropped so far: {why}"));
        }
    }

    /// What is still under way when the program ends is lost; its spans were only shown here.
    pub fn end(&self) {
        let mut state = self.state();
        let Counts { offered, delivered, dropped } = state.counts;
        let lost = offered - delivered - dropped;
        state.counts.dropped += lost;
        if lost + dropped > 0 {
            self.say(&format!("ended: of {offered} requests {delivered} were delivered, {} dropped", dropped + lost));
        }
    }

    fn say(&self, words: &str) {
        // Nobody may be reading; that is no reason to stop forwarding.
        let _ = writeln!(io::stderr(), "forward {}: {words}", self.to);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
