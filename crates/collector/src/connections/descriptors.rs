//! How many files and connections this process may have open.

use std::fs;

/// Where it is not told: the least that is usual.
const USUAL: usize = 256;

pub fn limit() -> usize {
    fs::read_to_string("/proc/self/limits").ok().and_then(|limits| parse(&limits)).unwrap_or(USUAL)
}

fn parse(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(usize::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 1048576              files     \n";
        assert_eq!(parse(limits), Some(1024));
        assert_eq!(parse("Max open files  unlimited unlimited files"), Some(usize::MAX));
        assert_eq!(parse("Max cpu time 1 1 seconds"), None);
    }
}
