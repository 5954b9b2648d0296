//! The log file: `sterna.log` in the state directory, by day, a week of them; `STERNA_LOG` sets the filter.

use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::EnvFilter;

/// Without addresses, subjects or bodies.
const DEFAULT: &str = "sterna=info";
/// Days kept.
const DAYS: usize = 7;

/// Starts the log; what is still in memory is written when the guard goes. `None` where there can be none: the program
/// works without.
#[must_use]
pub fn start(directory: &Path) -> Option<WorkerGuard> {
    let file = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("sterna")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(directory)
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let filter = EnvFilter::try_from_env("STERNA_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(writer)
        .try_init();
    started.ok().map(|()| guard)
}
