//! How far `Date.now()` is ahead of the fine clock, learned from readings of both, so that most of the time the fine clock alone
//! tells what `Date.now()` would say.

/// The bounds of the lead in milliseconds, from the first up to but not including the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lead {
    from: f64,
    to: f64,
}

impl Default for Lead {
    fn default() -> Self {
        Self { from: f64::NEG_INFINITY, to: f64::INFINITY }
    }
}

impl Lead {
    /// Both clocks were read at once. `Date.now()` is rounded down to a millisecond: each pair gives bounds that are one apart,
    /// and several together narrower ones. Bounds that contradict those before belong to a clock that was set.
    pub(super) fn learn(&mut self, date_now: f64, reading: f64) {
        let latest = Self { from: date_now - reading, to: date_now - reading + 1.0 };
        let both = Self { from: self.from.max(latest.from), to: self.to.min(latest.to) };
        *self = if both.from < both.to { both } else { latest };
    }

    /// What `Date.now()` is at a reading, where the bounds leave but one answer.
    pub(super) fn date_at(self, reading: f64) -> Option<f64> {
        let (first, last) = ((reading + self.from).floor(), (reading + self.to).ceil() - 1.0);
        (first == last).then_some(first)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_known_at_first_and_little_of_one_pair() {
        let mut lead = Lead::default();
        assert_eq!(lead.date_at(5.5), None);
        lead.learn(1000.0, 0.25);
        assert_eq!(lead.date_at(0.25), Some(1000.0));
        assert_eq!(lead.date_at(0.5), None, "Date.now() may have gone on by now");
    }

    #[test]
    fn with_every_pair_more_answers_are_certain() {
        let (ahead, mut lead) = (1_700_000_000_000.375, Lead::default());
        let date_at = |reading: f64| (reading + ahead).floor();
        let readings = (0..1000_u32).map(|step| f64::from(step) * 7.1803);
        let mut certain = 0;
        for reading in readings {
            if let Some(date) = lead.date_at(reading) {
                assert_eq!(date, date_at(reading));
                certain += 1;
            }
            lead.learn(date_at(reading), reading);
        }
        assert!(certain > 950, "{certain}");
    }

    #[test]
    fn a_clock_that_was_set_is_learned_anew() {
        let mut lead = Lead::default();
        for reading in [1.25, 2.5, 3.75] {
            lead.learn(reading + 100.0, reading);
        }
        lead.learn(9000.0, 4.0);
        assert_eq!(lead.date_at(4.0), Some(9000.0));
    }
}
