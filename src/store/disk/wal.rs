//! Whether the log of `state.db` (WAL) has lost commits that were told to be done.
//!
//! `SQLite` reads a log up to the first frame that is not whole and takes the rest for a write that the power cut short.
//! Where the log was damaged or cut, what it opens is an older `state.db`, and it says nothing. The log alone does not
//! tell one from the other: frames behind a broken one may be rests of a write that was cut short long ago, and a log cut
//! between two frames looks as if it had never been longer. Its index (`-shm`) does: a commit is noted there when the
//! disk has been waited for (`synchronous = FULL`), so what it names was on the disk. A kill leaves it as it was; from
//! before a power cut there is none, or an older one, which names less than there was, never more. So there is no word
//! for what was cut short in the middle.
//!
//! Not seen is a log that is damaged behind a power cut, where the index is too old, and one that was deleted together
//! with its index. Of those the cache knows whether operations or numbers of messages were lost.
//!
//! One commit is not waited for, the claim of a mail (see `without_waiting`). Should the power be cut right behind it, and
//! the disk have the index and not the log, then the word is about that claim, which is missing indeed.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::store::disk::files::with_suffix;

/// The version of both formats. WAL-mode file format, 2.
const VERSION: u32 = 3_007_000;
/// What a log begins with, but for the last bit, which says how its sums are made.
const MAGIC: u32 = 0x377f_0682;

/// Whether the index names commits that the log does not have any more. To be asked before `SQLite` opens the database,
/// which makes the index anew. Another process may be at work.
pub(in crate::store) fn lacks_commits(database: &Path) -> bool {
    let Some(index) = Index::read(database).filter(|index| index.n_frames > 0) else {
        return false;
    };
    let is_lost = match Log::open(database) {
        Some(log) if log.salts == index.salts => log.n_whole(index.n_frames) < index.n_frames,
        // The index is of a round before, all of which was carried over before this one began.
        Some(log) if is_later(log.salts, index.salts) => false,
        _ => index.n_carried < index.n_frames,
    };
    // Where it has changed, somebody is writing to both.
    is_lost && Index::read(database) == Some(index)
}

/// Whether salts are those of a later round: the first one counts the rounds.
fn is_later([round, _]: [u32; 2], [before, _]: [u32; 2]) -> bool {
    (1..1 << 31).contains(&round.wrapping_sub(before))
}

/// What the index says of the log. WAL-mode file format, 2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Index {
    /// Frames up to the last commit.
    n_frames: u32,
    /// How many of them are in the database too.
    n_carried: u32,
    /// Which round of the log it is about.
    salts: [u32; 2],
}

impl Index {
    /// What is there; `None` where there is none, or it is being written, or is not to be understood.
    fn read(database: &Path) -> Option<Self> {
        let mut bytes = [0_u8; 100];
        let mut file = File::open(with_suffix(database, "-shm")).ok()?;
        file.read_exact(&mut bytes).ok()?;
        let (heads, rest) = bytes.split_first_chunk::<96>()?;
        let (head, copy) = heads.split_first_chunk::<48>()?;
        let native = Order::native();
        let word = |at: usize| native.word(head.get(at..)?);
        let mut sum = Sum::new(native);
        sum.add(head.get(..40)?);
        let is_sound = head == copy
            && head.get(12) == Some(&1)
            && word(0)? == VERSION
            && sum.is([word(40)?, word(44)?]);
        is_sound.then_some(Self {
            n_frames: word(16)?,
            n_carried: native.word(rest)?,
            // As they stand in the log.
            salts: [
                Order::BigEndian.word(head.get(32..)?)?,
                Order::BigEndian.word(head.get(36..)?)?,
            ],
        })
    }
}

/// A log whose beginning is sound. File format, 4.1.
struct Log {
    file: BufReader<File>,
    page_bytes: usize,
    salts: [u32; 2],
    sum: Sum,
}

impl Log {
    fn open(database: &Path) -> Option<Self> {
        let mut file = BufReader::new(File::open(with_suffix(database, "-wal")).ok()?);
        let mut head = [0_u8; 32];
        file.read_exact(&mut head).ok()?;
        let word = |at: usize| Order::BigEndian.word(head.get(at..)?);
        let order = match word(0)? {
            MAGIC => Order::LittleEndian,
            magic if magic == MAGIC | 1 => Order::BigEndian,
            _ => return None,
        };
        let mut sum = Sum::new(order);
        sum.add(head.get(..24)?);
        let page_bytes = usize::try_from(word(8)?).ok()?;
        let is_sound = word(4)? == VERSION
            && page_bytes.is_power_of_two()
            && (512..=65_536).contains(&page_bytes)
            && sum.is([word(24)?, word(28)?]);
        is_sound.then_some(Self {
            file,
            page_bytes,
            salts: [word(16)?, word(20)?],
            sum,
        })
    }

    /// How many of the first `n` frames are whole and follow each other, as `SQLite` takes them. File format, 4.3.
    fn n_whole(mut self, n: u32) -> u32 {
        let mut page = vec![0_u8; self.page_bytes];
        (0..n)
            .take_while(|_| self.next_is_whole(&mut page) == Some(true))
            .fold(0, |n_whole, _| n_whole + 1)
    }

    fn next_is_whole(&mut self, page: &mut [u8]) -> Option<bool> {
        let mut head = [0_u8; 24];
        self.file.read_exact(&mut head).ok()?;
        self.file.read_exact(page).ok()?;
        self.sum.add(head.get(..8)?);
        self.sum.add(page);
        let word = |at: usize| Order::BigEndian.word(head.get(at..)?);
        Some(
            word(0)? > 0
                && [word(8)?, word(12)?] == self.salts
                && self.sum.is([word(16)?, word(20)?]),
        )
    }
}

/// In which order the bytes of a number stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    LittleEndian,
    BigEndian,
}

impl Order {
    const fn native() -> Self {
        if cfg!(target_endian = "big") {
            Self::BigEndian
        } else {
            Self::LittleEndian
        }
    }

    /// The number that the bytes begin with; `None` where they are too few.
    fn word(self, bytes: &[u8]) -> Option<u32> {
        let four = *bytes.first_chunk()?;
        Some(match self {
            Self::LittleEndian => u32::from_le_bytes(four),
            Self::BigEndian => u32::from_be_bytes(four),
        })
    }
}

/// The running sum of both formats. File format, 4.2.
struct Sum {
    order: Order,
    sums: [u32; 2],
}

impl Sum {
    const fn new(order: Order) -> Self {
        Self {
            order,
            sums: [0, 0],
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        let [mut first, mut second] = self.sums;
        let (pairs, _) = bytes.as_chunks::<8>();
        for pair in pairs {
            let (low, high) = pair.split_at(4);
            let words = self.order.word(low).zip(self.order.word(high));
            let (low, high) = words.unwrap_or_default();
            first = first.wrapping_add(low).wrapping_add(second);
            second = second.wrapping_add(high).wrapping_add(first);
        }
        self.sums = [first, second];
    }

    fn is(&self, told: [u32; 2]) -> bool {
        self.sums == told
    }
}

#[cfg(test)]
mod tests;
