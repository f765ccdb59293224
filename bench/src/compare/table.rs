//! The tables: medians, and ratios to ours.

use super::figures::{Figure, Figures};
use super::peers::Peer;
use crate::markdown::{markdown, number, spread};

fn head(first: &str, peers: &[Peer]) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(peers.iter().map(|peer| peer.name.to_owned())).collect()
}

/// The medians.
pub fn medians(figures: &Figures, peers: &[Peer]) -> String {
    let mut rows = vec![head("median", peers)];
    for figure in Figure::ALL {
        let cell =
            |peer: &Peer| figures.spread(*peer, figure).map_or("-".to_owned(), |measured| number(measured.median));
        rows.push(std::iter::once(figure.name().to_owned()).chain(peers.iter().map(cell)).collect());
    }
    markdown(&rows)
}

/// How many times as much as ours, with the least and the greatest of the rounds.
pub fn ratios(figures: &Figures, peers: &[Peer]) -> String {
    let Some((ours, others)) = peers.split_first() else { return String::new() };
    let mut rows = vec![head("times as much as ours", others)];
    for figure in Figure::ALL {
        let cell = |peer: &Peer| spread(figures.ratio(*peer, *ours, figure));
        rows.push(std::iter::once(figure.name().to_owned()).chain(others.iter().map(cell)).collect());
    }
    markdown(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::peers::PEERS;

    #[test]
    fn what_was_not_measured_is_a_dash() {
        let mut figures = Figures::default();
        figures.add(PEERS[0], Figure::Record, 100.0);
        figures.add(PEERS[1], Figure::Record, 1234.0);
        let table = ratios(&figures, &PEERS);
        assert!(table.contains("12 (12 to 12)"), "{table}");
        let dashes = |line| table.lines().nth(line).map_or(0, |line: &str| line.matches(" - ").count());
        assert_eq!((dashes(2), dashes(3)), (PEERS.len() - 2, PEERS.len() - 1), "{table}");
    }
}
