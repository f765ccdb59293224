//! Figures as a table of text, which is Markdown as well.

use super::figures::{Figure, Figures};
use super::peers::Peer;
use super::stats::Spread;

/// A figure as short as it is exact.
pub fn number(figure: f64) -> String {
    match figure.abs() {
        0.0..10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

/// Lines of cells, the columns as wide as their widest cell.
pub fn markdown(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0).max(3)).collect();
    let mut out = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (column, width) in widths.iter().enumerate() {
            let cell = row.get(column).map_or("", String::as_str);
            let space = " ".repeat(width - cell.chars().count());
            // Numbers stand below each other.
            out += &if column == 0 { format!("| {cell}{space} ") } else { format!("| {space}{cell} ") };
        }
        out += "|\n";
        if index == 0 {
            let rule = |(column, width): (usize, &usize)| {
                if column == 0 { format!("|{}", "-".repeat(width + 2)) } else { format!("|{}:", "-".repeat(width + 1)) }
            };
            out += &widths.iter().enumerate().map(rule).collect::<String>();
            out += "|\n";
        }
    }
    out
}

fn head(first: &str, peers: &[Peer]) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(peers.iter().map(|peer| peer.name.to_owned())).collect()
}

/// The medians.
pub fn medians(figures: &Figures, peers: &[Peer]) -> String {
    let mut rows = vec![head("median", peers)];
    for figure in Figure::ALL {
        let cell = |peer: &Peer| figures.spread(*peer, figure).map_or("-".to_owned(), |spread| number(spread.median));
        rows.push(std::iter::once(figure.name().to_owned()).chain(peers.iter().map(cell)).collect());
    }
    markdown(&rows)
}

/// How many times as much as ours, with the least and the greatest of the rounds.
pub fn ratios(figures: &Figures, peers: &[Peer]) -> String {
    let Some((ours, others)) = peers.split_first() else { return String::new() };
    let mut rows = vec![head("times as much as ours", others)];
    for figure in Figure::ALL {
        let cell = |peer: &Peer| figures.ratio(*peer, *ours, figure).map_or("-".to_owned(), range);
        rows.push(std::iter::once(figure.name().to_owned()).chain(others.iter().map(cell)).collect());
    }
    markdown(&rows)
}

fn range(Spread { min, median, max }: Spread) -> String {
    format!("{} ({} to {})", number(median), number(min), number(max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::peers::PEERS;

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let rows = [vec!["what".to_owned(), "ü".to_owned()], vec!["a".to_owned(), "12345".to_owned()]];
        assert_eq!(markdown(&rows), "| what |     ü |\n|------|------:|\n| a    | 12345 |\n");
    }

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
