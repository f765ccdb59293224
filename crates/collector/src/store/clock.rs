//! When something arrives, and how old it is, whatever is done to the system's clock.
//!
//! Within a run, time is what has passed since it began, and no clock can set that. What is written for later runs is the
//! system's time, which may be wrong: a jump of it counts only once it has lasted.

use std::{
    fs,
    time::{Duration, Instant, SystemTime},
};

/// What the clocks of the system say, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Since some moment. It never goes back.
    pub steady: u64,
    /// Since 1970.
    pub wall: u64,
}

pub struct Clock {
    read: Box<dyn FnMut() -> Reading + Send>,
    began: u64,
    run: u64,
    /// When this run began, since 1970, as far as the system's time is believed.
    origin: u64,
    /// Whether it is past its start.
    is_settled: bool,
    /// What the system's time says instead, and since when in this run.
    doubted: Option<(u64, u64)>,
}

/// A time within this run, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Since this run began.
    pub run: u64,
    /// Since 1970, as far as it is believed.
    pub wall: u64,
    /// When this run began, since 1970. None while it is uncertain.
    pub origin: Option<u64>,
}

/// Clocks are set right while a machine starts: for so long whatever they say is believed, and nothing depends on it.
const START: u64 = 3_000;
/// How long a jump of the system's time must have lasted.
const PROOF: u64 = 60_000;
/// What is no jump.
const DRIFT: u64 = 2_000;

impl Now {
    /// What arrived before this, in this run's milliseconds, is older than that.
    pub fn before(&self, age: Duration) -> i64 {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        i64::try_from(self.run).unwrap_or(i64::MAX).saturating_sub(age)
    }
}

/// Turns times since 1970 at which blocks of earlier runs arrived into those of this run, which began so many milliseconds
/// after 1970.
///
/// They are in the order in which the blocks came, and the clocks that have dated them may have been wrong. So none came before
/// those that precede it; and what is dated into the future came no later than what follows it.
pub fn date<'a>(arrivals: impl Iterator<Item = &'a mut i64>, origin: u64) {
    let origin = i64::try_from(origin).unwrap_or(i64::MAX);
    let mut arrivals: Vec<_> = arrivals.collect();
    let mut latest = i64::MIN;
    for arrival in &mut arrivals {
        **arrival = arrival.saturating_sub(origin);
        if **arrival <= 0 {
            latest = latest.max(**arrival);
            **arrival = latest;
        }
    }
    let mut next = 0;
    for arrival in arrivals.into_iter().rev() {
        next = next.min(*arrival);
        *arrival = next;
    }
}

impl Clock {
    pub fn new(mut read: Box<dyn FnMut() -> Reading + Send>) -> Self {
        let Reading { steady, wall } = read();
        Self { read, began: steady, run: 0, origin: wall, is_settled: false, doubted: None }
    }

    /// The clocks of this system.
    pub fn system() -> Self {
        let began = Instant::now();
        // Time in which the machine sleeps counts, where this is known.
        let is_known = uptime().is_some();
        Self::new(Box::new(move || {
            let steady = if is_known { uptime().unwrap_or_default() } else { began.elapsed() };
            let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Reading { steady: millis(steady), wall: millis(wall) }
        }))
    }

    pub fn now(&mut self) -> Now {
        let Reading { steady, wall } = (self.read)();
        self.run = self.run.max(steady.saturating_sub(self.began));
        let run = self.run;
        let origin = wall.saturating_sub(run);
        let same = |other: u64| origin.abs_diff(other) <= DRIFT;
        self.doubted = match self.doubted {
            _ if !self.is_settled || same(self.origin) => None,
            Some((other, since)) if same(other) => Some((origin, since)).filter(|_| run - since < PROOF),
            _ => Some((origin, run)),
        };
        if self.doubted.is_none() {
            self.origin = origin;
        }
        self.is_settled |= run >= START;
        let is_certain = self.is_settled && self.doubted.is_none();
        Now { run, wall: self.origin.saturating_add(run), origin: is_certain.then_some(self.origin) }
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// How long the machine runs, sleep included; only Linux tells it so. `Instant` leaves sleep out there.
fn uptime() -> Option<Duration> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    Duration::try_from_secs_f64(text.split(' ').next()?.parse().ok()?).ok()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const YEAR: u64 = 365 * 24 * 60 * 60 * 1_000;

    #[test]
    fn a_jump_counts_when_it_has_lasted() {
        for jump in [|wall: u64| wall + YEAR, |wall: u64| wall - YEAR, |_| 0] {
            let time = Arc::new(Mutex::new(Reading { steady: 7, wall: 50 * YEAR }));
            let read = Arc::clone(&time);
            let mut clock = Clock::new(Box::new(move || *read.lock().unwrap()));
            let mut at = |run: u64, wall: u64| {
                *time.lock().unwrap() = Reading { steady: 7 + run, wall };
                clock.now()
            };
            let right = |run: u64| 50 * YEAR + run;
            assert_eq!(at(1_000, jump(right(1_000))).origin, None, "while the machine starts");
            let certain = |run: u64| Now { run, wall: right(run), origin: Some(50 * YEAR) };
            assert_eq!(at(4_000, right(4_000)), certain(4_000));
            for run in [5_000, 6_000, 64_000] {
                assert_eq!(at(run, jump(right(run))), Now { origin: None, ..certain(run) });
            }
            // It was for a moment only; and then it comes again.
            assert_eq!(at(65_000, right(65_000)), certain(65_000));
            assert_eq!(at(66_000, jump(right(66_000))), Now { origin: None, ..certain(66_000) });
            assert_eq!(at(125_999, jump(right(125_999))), Now { origin: None, ..certain(125_999) });
            let believed = at(126_000, jump(right(126_000)));
            assert_eq!((believed.run, believed.wall), (126_000, jump(right(126_000)).max(126_000)));
        }
    }

    #[test]
    fn the_system_has_clocks() {
        let mut clock = Clock::system();
        let [first, second] = [clock.now(), clock.now()];
        assert!(first.run <= second.run && first.wall > 50 * YEAR, "{first:?} {second:?}");
    }
}
