//! The text format of Prometheus from OpenMetrics' own: they differ in what they call a counter.
//!
//! OpenMetrics says of `requests` what it is, and gives `requests_total`. Prometheus' format says it of `requests_total`, and whoever
//! reads that would otherwise take every counter for a value of an unknown type.

/// What is said of families that are counters is said of their samples, and the end is no line of its own.
pub fn of_openmetrics(text: &str) -> String {
    let is_counter = |name: &str| text.contains(&format!("\n# TYPE {name} counter\n"));
    let mut plain = String::with_capacity(text.len() + text.len() / 8);
    for line in text.lines().filter(|line| *line != "# EOF") {
        let said =
            ["# HELP ", "# TYPE "].iter().find_map(|what| Some((*what, line.strip_prefix(what)?.split_once(' ')?)));
        match said {
            Some((what, (name, rest))) if is_counter(name) => {
                plain.extend([what, name, "_total ", rest]);
            }
            _ => plain += line,
        }
        plain.push('\n');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_called_as_their_samples() {
        let text = "# HELP a What.\n# TYPE a counter\na_total{x=\"# TYPE b counter\"} 1\n# HELP b a\n# TYPE b gauge\nb 2\n# EOF\n";
        let plain = "# HELP a_total What.\n# TYPE a_total counter\na_total{x=\"# TYPE b counter\"} 1\n# HELP b a\n# TYPE b gauge\nb 2\n";
        assert_eq!(of_openmetrics(text), plain);
    }
}
