//! How the run before this one ended. Where it closed everything in order, and nobody has touched `state.db` since, a start
//! need not read every page of it, nor project again what was projected.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::store::disk::files::{self, with_suffix};
use crate::store::disk::sql::Doing;

/// Where it is noted, beside `state.db`.
const NOTE: &str = ".closed";
/// A smaller one is read as a whole all the same: that takes no time.
const SMALL_BYTES: u64 = 512 * 1024;

/// Notes that the databases were closed in order; the last thing that is done. Best effort: without it the next start looks
/// at everything.
pub(in crate::store) fn note(state: &Path) {
    let Some(signs) = signs(state).filter(|_| is_large(state)) else {
        return;
    };
    let path = note_of(state);
    let noted = files::create_private(&path)
        .and_then(|()| fs::write(&path, signs).doing("note the end of the run"));
    if let Err(error) = noted {
        tracing::debug!(%error, "the end of the run could not be noted");
    }
}

/// Whether `state.db` is large, and as the run before this one left it in order. The note is taken away: whoever ends in
/// disorder leaves none.
pub(super) fn take_note(state: &Path) -> bool {
    let path = note_of(state);
    let noted = fs::read_to_string(&path);
    let _ = fs::remove_file(&path);
    is_large(state) && noted.is_ok_and(|noted| Some(noted) == signs(state))
}

fn is_large(state: &Path) -> bool {
    fs::metadata(state).is_ok_and(|about| about.len() > SMALL_BYTES)
}

fn note_of(state: &Path) -> PathBuf {
    with_suffix(state, NOTE)
}

/// What changes when anybody writes to the file or puts another in its place; `None` while there is a log, which holds
/// more than the file.
fn signs(state: &Path) -> Option<String> {
    if fs::metadata(with_suffix(state, "-wal")).is_ok_and(|log| log.len() > 0) {
        return None;
    }
    let about = fs::metadata(state).ok()?;
    Some(format!(
        "{} {} {}.{} {}.{}\n",
        about.ino(),
        about.len(),
        about.mtime(),
        about.mtime_nsec(),
        about.ctime(),
        about.ctime_nsec()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_as_it_was_left_counts_as_closed_in_order_and_only_once() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state.db");
        let large = vec![0_u8; usize::try_from(SMALL_BYTES).unwrap() + 1];
        fs::write(&state, &large).unwrap();
        assert!(!take_note(&state));
        note(&state);
        assert!(take_note(&state));
        assert!(!take_note(&state), "whoever started since may have crashed");

        note(&state);
        fs::write(with_suffix(&state, "-wal"), b"more").unwrap();
        assert!(!take_note(&state));
        note(&state);
        assert!(!note_of(&state).exists());
        fs::remove_file(with_suffix(&state, "-wal")).unwrap();

        note(&state);
        // The same bytes at another time in another file.
        let copy = directory.path().join("copy");
        fs::copy(&state, &copy).unwrap();
        fs::rename(&copy, &state).unwrap();
        assert!(!take_note(&state));

        note(&state);
        fs::write(&state, b"small").unwrap();
        assert!(!take_note(&state));
        note(&state);
        assert!(!note_of(&state).exists());
    }
}
