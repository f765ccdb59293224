//! The machine, as far as figures depend on it.

use std::fs;

/// In words: processor, cores, memory, system.
pub fn description() -> String {
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field("/proc/meminfo", "MemTotal").and_then(|total| gibibytes(&total));
    let memory = memory.map_or_else(String::new, |memory| format!(", {memory} GiB of memory"));
    format!("{cpu}, {cores} cores{memory}, {}", std::env::consts::OS)
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// `24624520 kB`
fn gibibytes(text: &str) -> Option<u64> {
    let kibibytes: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some((kibibytes / 1024.0 / 1024.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_in_gibibytes() {
        assert_eq!(gibibytes("24624520 kB"), Some(23));
        assert_eq!(gibibytes("?"), None);
        assert!(description().contains("cores"));
    }
}
