//! What the process takes: sizes of files, memory, time of the processor.

use std::time::Duration;

use sterna::store::Paths;

/// Prints the sizes of the files, and the memory.
pub fn sizes(paths: &Paths) {
    for path in [
        paths.cache.join("cache.db"),
        paths.cache.join("cache.db-wal"),
        paths.data.join("state.db"),
    ] {
        let bytes = std::fs::metadata(&path).map_or(0, |about| about.len());
        println!(
            "  {}: {:.1} MB",
            path.file_name().unwrap().to_string_lossy(),
            bytes as f64 / 1e6
        );
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("RssAnon"))
    {
        println!("  {line}");
    }
}

/// CPU time of the whole process.
pub fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks: u64 = fields
        .get(11..13)
        .into_iter()
        .flatten()
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}
