//! What of docs/scale.md follows from what was measured here: two figures, and the rows of its table that grow or shrink with them.

/// The document with what a collector takes in now, in spans a second, and what a span takes on its disk, in bytes.
pub fn updated(text: &str, taken: f64, disk: f64) -> Result<String, String> {
    let (was_taken, was_disk) = (first(text, TAKEN)?, first(text, DISK)?);
    let with = |line: &str| match line.strip_prefix("| ") {
        Some(row) if row.starts_with(TAKEN) => cells(line, 1, |_| taken),
        Some(row) if row.starts_with(DISK) => cells(line, 1, |_| disk),
        Some(row) if STORED.iter().any(|name| row.starts_with(name)) => cells(line, 3, |was| was * disk / was_disk),
        Some(row) if row.starts_with(SHARE) => cells(line, 3, |was| was * was_taken / taken),
        _ => line.to_owned(),
    };
    Ok(text.lines().map(|line| with(line) + "\n").collect())
}

const TAKEN: &str = "taken in, spans/s";
const DISK: &str = "on the collector's disk, bytes/span";
const STORED: [&str; 2] = ["stored if everything is kept", "stored then"];
const SHARE: &str = "share of one such collector's intake";

/// The first figure of a row.
fn first(text: &str, name: &str) -> Result<f64, String> {
    let row = text.lines().find_map(|line| line.strip_prefix("| ")?.strip_prefix(name));
    let figure = row.and_then(|row| number(row.split('|').nth(1)?));
    figure.ok_or_else(|| format!("docs/scale.md has no row \"{name}\" with a figure"))
}

fn number(cell: &str) -> Option<f64> {
    cell.replace([',', '%', ' '], "").parse().ok()
}

/// The row with so many other figures, its columns as wide as they were.
fn cells(line: &str, count: usize, figure: impl Fn(f64) -> f64) -> String {
    let with = |(column, cell): (usize, &str)| match number(cell).filter(|_| (2..2 + count).contains(&column)) {
        Some(was) => {
            let unit = if cell.contains('%') { " %" } else { "" };
            format!("{:>1$} ", written(figure(was)) + unit, cell.chars().count().saturating_sub(1))
        }
        None => cell.to_owned(),
    };
    line.split('|').enumerate().map(with).collect::<Vec<_>>().join("|")
}

/// With three digits that count, and thousands apart.
fn written(figure: f64) -> String {
    let places = (2.0 - figure.abs().log10().floor()).max(0.0) as usize;
    let text = format!("{figure:.places$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = whole.len();
    let apart = |(at, digit): (usize, char)| {
        let comma = at > 0 && (digits - at).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([digit])
    };
    let whole: String = whole.chars().enumerate().flat_map(apart).collect();
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: &str = include_str!("../../../docs/scale.md");

    #[test]
    fn what_follows_from_the_figures_follows_them() {
        let (taken, disk) = (first(SCALE, TAKEN).unwrap(), first(SCALE, DISK).unwrap());
        let twice = updated(SCALE, 2.0 * taken, 2.0 * disk).unwrap();
        assert_eq!((first(&twice, TAKEN), first(&twice, DISK)), (Ok(2.0 * taken), Ok(2.0 * disk)));
        for (name, factor) in [(STORED[0], 2.0), (STORED[1], 2.0), (SHARE, 0.5)] {
            let (was, is) = (first(SCALE, name).unwrap(), first(&twice, name).unwrap());
            assert!((is / was / factor - 1.0).abs() < 0.01, "{name}: {was}, and then {is}");
        }
        let changed = SCALE.lines().zip(twice.lines()).filter(|(was, is)| was != is).count();
        assert_eq!((changed, SCALE.lines().count()), (5, twice.lines().count()));
        assert!(updated("", 1.0, 1.0).is_err());
    }

    #[test]
    fn figures_are_short() {
        let written = [0.000_2, 4.12, 28.84, 206.0, 4_120.4, 304_547.0].map(written);
        assert_eq!(written, ["0.0002", "4.12", "28.8", "206", "4,120", "304,547"]);
    }
}
