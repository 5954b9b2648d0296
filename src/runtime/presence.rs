//! Whether another screen is there: what somebody types at is told from what was left when a process ended.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The mark of a screen on its data: a lock that all screens share, free when its process ends, however that ends. Cheap
/// to clone; there until the last clone is dropped.
#[derive(Debug, Clone, Default)]
pub struct Presence(Arc<OnceLock<File>>);

impl Presence {
    /// Leaves the mark. Whoever finds nobody else there does before what no other screen may begin meanwhile. Waits for
    /// another one that is at that.
    pub fn begin<T>(&self, data: &Path, alone: impl FnOnce() -> Option<T>) -> Option<T> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        // Without the file nobody can tell.
        let file = options.open(data.join("screens.lock")).ok()?;
        let done = match file.try_lock() {
            Ok(()) => alone(),
            Err(_) => None,
        };
        let _ = file.unlock().and_then(|()| file.lock_shared());
        let _ = self.0.set(file);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_screen_is_alone() {
        let data = tempfile::tempdir().unwrap();
        let begun = || {
            let screen = Presence::default();
            let is_alone = screen.begin(data.path(), || Some(())).is_some();
            (screen, is_alone)
        };
        let (first, is_alone) = begun();
        assert!(is_alone);
        let (second, is_alone) = begun();
        assert!(!is_alone);
        drop(first);
        let (third, is_alone) = begun();
        assert!(!is_alone, "the second one is there");
        drop((second, third));
        assert!(begun().1);
        let nowhere = Presence::default();
        assert_eq!(
            nowhere.begin(Path::new("/no/such/place"), || Some(())),
            None
        );
    }
}
