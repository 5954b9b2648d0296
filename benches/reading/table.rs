//! The table that is printed: a figure, what a bare socket needs for the same, the budget, and whether it is met.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Heads the table.
pub fn head() {
    print("figure", "raw", "Sterna", "ratio", "budget", "");
}

/// A figure with a budget.
pub fn row(figure: &str, raw: &str, sterna: &str, ratio: &str, budget: &str, is_met: bool) {
    let verdict = if is_met { "met" } else { "MISSED" };
    print(figure, raw, sterna, ratio, budget, verdict);
}

/// A figure beside the budgets.
pub fn note(figure: &str, raw: &str, sterna: &str) {
    print(figure, raw, sterna, "", "", "");
}

fn print(figure: &str, raw: &str, sterna: &str, ratio: &str, budget: &str, verdict: &str) {
    println!("{figure:<58} | {raw:>9} | {sterna:>9} | {ratio:>6} | {budget:<16} | {verdict}");
}

/// Seconds as milliseconds.
pub fn ms(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

/// Seconds.
pub fn s(seconds: f64) -> String {
    format!("{seconds:.2} s")
}

/// Bytes as megabytes.
pub fn mb(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}

/// How many times as much.
pub fn times(a: f64, b: f64) -> String {
    format!("{:.2}", a / b)
}

/// The middle value.
pub fn middle(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}

/// The value that so many of a hundred stay below.
pub fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

/// Prints a figure of a part, for the process that started it.
pub fn figure(name: &str, value: f64) {
    println!("{name} {value}");
}

/// Runs a part in a process of its own, so that no part inherits another's memory or threads.
pub fn part(name: &str, home: &Path) -> BTreeMap<String, f64> {
    let output = Command::new(std::env::current_exe().unwrap())
        .env("STERNA_BENCH_PART", name)
        .env("STERNA_BENCH_HOME", home)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let figures = text.lines().filter_map(|line| line.split_once(' '));
    figures
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

/// The middle of several runs of a part, figure by figure.
pub fn median(
    name: &str,
    n_runs: usize,
    mut home: impl FnMut() -> PathBuf,
) -> BTreeMap<String, f64> {
    let mut all: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..n_runs {
        for (figure, value) in part(name, &home()) {
            all.entry(figure).or_default().push(value);
        }
    }
    all.into_iter()
        .map(|(figure, values)| (figure, middle(values)))
        .collect()
}
