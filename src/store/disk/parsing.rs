//! Which header is being taken apart while mail is fetched: one over which a process ended becomes a row without words, and
//! the sync goes on.
//!
//! What ends a process rather than unwinding is an exhausted stack or memory, and needs length: only long headers are
//! noted, so that ordinary mail costs nothing.

use std::io;
use std::path::Path;

use crate::store::disk::notes::Notes;

/// Headers from this length on are noted, in bytes; ordinary ones have one or two thousand.
const NOTED_BYTES: usize = 16 * 1024;

/// Notes of the headers that one connection brings.
#[derive(Debug)]
pub struct Parsing(Notes);

impl Parsing {
    /// Takes over what processes left behind that ended over a header, and begins notes of its own.
    pub(in crate::store) fn begin(data: &Path) -> io::Result<Self> {
        Notes::begin(data.join("parsing")).map(Self)
    }

    /// Takes a header apart, unless a process ended over it: then it says nothing.
    pub fn guarded<T: Default>(&self, block: &[u8], parse: impl FnOnce(&[u8]) -> T) -> T {
        if block.len() < NOTED_BYTES {
            return parse(block);
        }
        let number = digest(block);
        if self.0.is_left(number) {
            return T::default();
        }
        self.0.note(0, number);
        let parsed = parse(block);
        self.0.note(0, 0);
        parsed
    }
}

/// FNV-1a: tells headers apart that nobody has made to be mistaken; never 0.
fn digest(block: &[u8]) -> u64 {
    let digest = block.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    digest.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_header_over_which_a_process_ended_says_nothing() {
        let data = tempfile::tempdir().unwrap();
        let (poison, other) = (vec![b'p'; NOTED_BYTES], vec![b'o'; NOTED_BYTES]);
        let parsing = Parsing::begin(data.path()).unwrap();
        let directory = data.path().join("parsing");
        let noted = parsing.guarded(&poison, |_| {
            let entries = std::fs::read_dir(&directory).unwrap().flatten();
            let mut notes = entries.map(|entry| std::fs::read(entry.path()).unwrap());
            notes.find(|note| !note.is_empty()).unwrap_or_default()
        });
        // As a crash leaves it: the lock goes, the note stays.
        drop(parsing);
        std::fs::write(directory.join("opening-1-0"), noted).unwrap();
        let parsing = Parsing::begin(data.path()).unwrap();
        assert_eq!(parsing.guarded(&poison, <[u8]>::len), 0);
        assert_eq!(parsing.guarded(&other, <[u8]>::len), NOTED_BYTES);
        assert_eq!(parsing.guarded(b"short", <[u8]>::len), 5);
    }
}
