//! Charts as SVG, with the reader's own colours for text, light or dark.

use std::cmp::Ordering;
use std::fmt::Write;

use super::figures::{Figure, Figures};
use super::peers::{PEERS, Peer};

const COLOURS: [&str; PEERS.len()] = ["#0a7d55", "#4fb58f", "#d9822b", "#b5473c", "#4a6fb5", "#8a5fa8", "#777777"];
const STYLE: &str = "<style>text{font:13px system-ui,sans-serif;fill:#222}.head{font-weight:600}.axis{stroke:#8888;fill:none}\
                     @media (prefers-color-scheme:dark){text{fill:#ddd}}</style>";

const WIDTH: f64 = 760.0;
const LEFT: f64 = 200.0;
const BAR: f64 = 18.0;

fn colour(peer: &Peer) -> &'static str {
    PEERS.iter().zip(COLOURS).find(|(other, _)| other.id == peer.id).map_or("#888", |(_, colour)| colour)
}

fn svg(height: f64, content: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\">{STYLE}{content}</svg>\n"
    )
}

fn text(out: &mut String, x: f64, y: f64, class: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = write!(out, "<text x=\"{x:.0}\" y=\"{y:.0}\" class=\"{class}\">{words}</text>");
}

/// For each figure the bars of all that have it, as multiples of ours, on a logarithmic scale from 1/4 to 64.
pub fn ratios(panels: &[(&str, Vec<(Peer, f64)>)]) -> String {
    let place = |ratio: f64| LEFT + (ratio.clamp(0.25, 64.0).log2() + 2.0) / 8.0 * (WIDTH - LEFT - 60.0);
    let (mut out, mut y) = (String::new(), 20.0);
    for (name, bars) in panels {
        text(&mut out, 0.0, y, "head", &format!("{name}: times as much as ours"));
        y += 8.0;
        for (peer, ratio) in bars {
            let (from, to) = (place(1.0).min(place(*ratio)), place(1.0).max(place(*ratio)));
            let width = (to - from).max(2.0);
            let _ = write!(
                out,
                "<rect x=\"{from:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{:.0}\" fill=\"{}\"/>",
                BAR - 4.0,
                colour(peer)
            );
            text(&mut out, 0.0, y + BAR - 7.0, "", peer.name);
            text(&mut out, to + 6.0, y + BAR - 7.0, "", &crate::markdown::number(*ratio));
            y += BAR;
        }
        y += 26.0;
    }
    svg(y, &out)
}

/// A line: who, and the figure for each number of spans.
pub type Line = (Peer, Vec<(usize, f64)>);

/// The medians of a figure by the number of spans.
pub fn lines(by_spans: &[(usize, Figures)], figure: Figure) -> Vec<Line> {
    let points = |peer: &Peer| {
        let point = |(spans, figures): &(usize, Figures)| Some((*spans, figures.spread(*peer, figure)?.median));
        by_spans.iter().filter_map(point).collect()
    };
    PEERS.iter().map(|peer| (*peer, points(peer))).collect()
}

/// For each figure a panel with logarithmic axes: a cost that does not grow is a level line.
pub fn growth(panels: &[(&str, Vec<Line>)]) -> String {
    const HEIGHT: f64 = 150.0;
    let (mut out, mut top) = (String::new(), 20.0);
    let x = |spans: usize| LEFT + ((spans.max(1) as f64).log10() - 3.0) / 2.0 * (WIDTH - LEFT - 120.0);
    for (name, lines) in panels {
        let values: Vec<f64> =
            lines.iter().flat_map(|(_, points)| points.iter().map(|(_, value)| value.max(1.0))).collect();
        let (low, high) =
            values.iter().fold((f64::MAX, 1.0_f64), |(low, high), value| (low.min(*value), high.max(*value)));
        let (low, span) = (low.log10(), (high.log10() - low.log10()).max(0.1));
        let y = |value: f64| top + 16.0 + HEIGHT * (1.0 - (value.max(1.0).log10() - low) / span);
        text(&mut out, 0.0, top, "head", name);
        for spans in [1_000, 10_000, 100_000] {
            let x = x(spans);
            let _ = write!(out, "<path class=\"axis\" d=\"M{x:.0} {:.0}v{HEIGHT}\"/>", top + 16.0);
            text(&mut out, x - 20.0, top + HEIGHT + 46.0, "", &spans.to_string());
        }
        let shown = lines.iter().filter(|(_, points)| !points.is_empty());
        let mut ends = Vec::new();
        for (index, (peer, points)) in shown.enumerate() {
            let colour = colour(peer);
            let path: Vec<String> =
                points.iter().map(|(spans, value)| format!("{:.0} {:.0}", x(*spans), y(*value))).collect();
            let _ =
                write!(out, "<path d=\"M{}\" stroke=\"{colour}\" stroke-width=\"2\" fill=\"none\"/>", path.join("L"));
            let line = top + 30.0 + index as f64 * BAR;
            let _ = write!(out, "<rect x=\"0\" y=\"{:.0}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>", line - 9.0);
            text(&mut out, 14.0, line, "", peer.name);
            ends.extend(points.last().map(|(spans, value)| (y(*value) + 4.0, x(*spans) + 6.0, *value)));
        }
        for (y, x, value) in apart(ends) {
            text(&mut out, x, y, "", &crate::markdown::number(value));
        }
        top += HEIGHT + 78.0;
    }
    svg(top, &out)
}

/// The heights of labels, so that none lies on another in the same place.
fn apart(mut labels: Vec<(f64, f64, f64)>) -> Vec<(f64, f64, f64)> {
    const LINE: f64 = 13.0;
    labels.sort_by(|one, other| (one.1, one.0).partial_cmp(&(other.1, other.0)).unwrap_or(Ordering::Equal));
    for index in 1..labels.len() {
        let (above, x, _) = labels[index - 1];
        if labels[index].1 == x {
            labels[index].0 = labels[index].0.max(above + LINE);
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bar_has_its_name_and_its_number() {
        let chart = ratios(&[("a & b", vec![(PEERS[0], 1.0), (PEERS[1], 12.0)])]);
        assert!(chart.starts_with("<svg") && chart.contains("a &amp; b") && chart.contains(">12<"), "{chart}");
        assert_eq!(chart.matches("<rect").count(), 2);
    }

    #[test]
    fn a_line_that_does_not_grow_is_level() {
        let chart = growth(&[("cost", vec![(PEERS[0], vec![(1_000, 50.0), (100_000, 50.0)])])]);
        let path = chart.split("<path d=\"M").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let heights: Vec<_> = path.split('L').filter_map(|point| point.split(' ').nth(1)).collect();
        assert_eq!(heights[0], heights[1]);
    }

    #[test]
    fn labels_of_lines_that_meet_are_apart() {
        let labels = apart(vec![(50.0, 9.0, 1.0), (40.0, 9.0, 2.0), (42.0, 9.0, 3.0), (41.0, 5.0, 4.0)]);
        assert_eq!(labels.iter().map(|label| label.0).collect::<Vec<_>>(), [41.0, 40.0, 53.0, 66.0]);
    }
}
