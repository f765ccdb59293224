//! The least, the middle and the greatest of some figures.

/// Of at least one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub min: f64,
    pub median: f64,
    pub max: f64,
}

impl Spread {
    /// `None` of no figures.
    pub fn of(figures: &[f64]) -> Option<Self> {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (first, last) = (sorted.first()?, sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(Self { min: *first, median, max: *last })
    }

    /// Of the quotients of figures that were taken side by side.
    pub fn of_ratios(figures: &[f64], to: &[f64]) -> Option<Self> {
        let ratios: Vec<f64> = figures.iter().zip(to).filter(|(_, to)| **to > 0.0).map(|(one, to)| one / to).collect();
        Self::of(&ratios)
    }
}

/// The least figure that this share of all is no greater than. `None` of no figures.
pub fn percentile(figures: &[f64], share: f64) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Some(Spread { min: 1.0, median: 2.0, max: 3.0 }));
        assert_eq!(Spread::of(&[4.0, 1.0]), Some(Spread { min: 1.0, median: 2.5, max: 4.0 }));
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let spread = Spread::of_ratios(&[10.0, 30.0, 5.0], &[1.0, 2.0, 0.0]);
        assert_eq!(spread, Some(Spread { min: 10.0, median: 12.5, max: 15.0 }));
    }

    #[test]
    fn percentiles_are_figures_that_there_are() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&hundred, 0.99), Some(99.0));
        assert_eq!(percentile(&hundred[..5], 0.99), Some(100.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
