//! Figures as a table of text, which is Markdown as well.

use crate::stats::Spread;

/// A figure as short as it is exact.
pub fn number(figure: f64) -> String {
    match figure.abs() {
        0.0..10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

/// The median, with the least and the greatest; a dash where nothing was measured.
pub fn spread(spread: Option<Spread>) -> String {
    spread.map_or("-".to_owned(), |Spread { min, median, max }| {
        format!("{} ({} to {})", number(median), number(min), number(max))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let rows = [vec!["what".to_owned(), "ü".to_owned()], vec!["a".to_owned(), "12345".to_owned()]];
        assert_eq!(markdown(&rows), "| what |     ü |\n|------|------:|\n| a    | 12345 |\n");
    }
}
