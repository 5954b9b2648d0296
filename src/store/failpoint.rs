//! Named points at which a crash test ends the process: `STERNA_FAILPOINT=NAME[:N]` exits with code 100 when the point
//! is passed for the N-th time. Without the feature `failpoints` every point compiles to nothing.

/// The points of the store, each right before or right after something becomes durable.
pub const NAMES: [&str; 42] = [
    "journal.before-commit",
    "journal.after-commit",
    "projection.before-commit",
    "projection.after-commit",
    "bulk.before-commit",
    "bulk.after-commit",
    "selected.before-commit",
    "selected.after-commit",
    "close.before-cache",
    "close.between",
    "close.after-state",
    "claim.before-commit",
    "claim.after-commit",
    "undo.between",
    "undo.before-commit",
    "undo.after-commit",
    "folder.before-abandon",
    "ids.after-commit",
    "body.before-rename",
    "body.after-rename",
    "draft.before-commit",
    "draft.after-commit",
    "queue.before-commit",
    "queue.after-commit",
    "sending.before-commit",
    "sending.after-commit",
    "committing.before-commit",
    "committing.after-commit",
    "accepted.before-commit",
    "accepted.after-commit",
    "deferred.before-commit",
    "deferred.after-commit",
    "lost.before-commit",
    "lost.after-commit",
    "refused.before-commit",
    "refused.after-commit",
    "taken-back.before-commit",
    "taken-back.after-commit",
    "filed.before-commit",
    "filed.after-commit",
    "copy.before-commit",
    "copy.after-commit",
];

/// The points of the engine, on the ways between a server and the folders on this computer, and about in these.
pub const OF_FOLDERS_HERE: [&str; 8] = [
    "bring.before-write",
    "bring.after-write",
    "upload.before-send",
    "upload.before-remove",
    "upload.after-remove",
    "here.before-file",
    "here.after-file",
    "here.after-files",
];

/// Passes the named point.
#[cfg(feature = "failpoints")]
pub fn pass(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    let wanted = WANTED.get_or_init(|| {
        let value = std::env::var("STERNA_FAILPOINT").ok()?;
        match value.rsplit_once(':') {
            Some((name, count)) => Some((name.to_owned(), count.parse().ok()?)),
            None => Some((value, 1)),
        }
    });
    if let Some((point, count)) = wanted
        && point == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *count
    {
        std::process::exit(100);
    }
}

/// Passes the named point: nothing happens in this build.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub const fn pass(_name: &str) {}
