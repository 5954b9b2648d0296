//! Rows on their way from the server to the store: collected one by one, handed over some hundred at a time.

use std::collections::BTreeMap;

use crate::mail::flag::Flags;
use crate::mail::label::Labels;
use crate::mail::uid::Uid;
use crate::store::sync_state::{FetchedHeader, FlagChange};

/// Rows handed to the store at once.
const BATCH: usize = 200;
/// Changed flags handed to the store at once.
const BATCH_OF_CHANGES: usize = 1_000;
/// Bytes handed to the store at once.
const BATCH_BYTES: usize = 512 * 1024;

/// Rows that wait where nothing can be stored yet.
const MOST_HEADERS: usize = 4_000;
/// Their bytes.
const MOST_HEADER_BYTES: usize = 8 * 1024 * 1024;
/// Changed flags that wait there: all of a large mailbox may have changed since it was last seen.
const MOST_CHANGES: usize = 1_000_000;
/// Bytes of their keywords and labels.
const MOST_CHANGE_BYTES: usize = 32 * 1024 * 1024;

/// What has come and is not with the store.
#[derive(Debug, Default)]
pub struct Batches {
    headers: Vec<FetchedHeader>,
    /// The last word on the flags of each message.
    changes: BTreeMap<Uid, FlagChange>,
    previews: Vec<(Uid, String)>,
    header_bytes: usize,
    change_bytes: usize,
}

impl Batches {
    /// Takes a row.
    pub fn add_header(&mut self, header: FetchedHeader) {
        self.header_bytes = self.header_bytes.saturating_add(bytes_of(&header));
        self.headers.push(header);
    }

    /// Takes the beginning of a text.
    pub fn add_preview(&mut self, uid: Uid, text: String) {
        self.header_bytes = self.header_bytes.saturating_add(text.len());
        self.previews.push((uid, text));
    }

    /// Takes the flags of a message; what was told of it before counts no more.
    pub fn add_change(&mut self, change: FlagChange) {
        self.change_bytes += bytes_of_change(&change);
        if let Some(before) = self.changes.insert(change.uid, change) {
            self.change_bytes -= bytes_of_change(&before);
        }
    }

    /// Puts the newest rows first: what the store commits before the others is seen before them.
    pub fn put_newest_first(&mut self) {
        self.headers
            .sort_by_key(|header| std::cmp::Reverse(header.uid));
    }

    /// The rows.
    #[must_use]
    pub fn headers(&self) -> &[FetchedHeader] {
        &self.headers
    }

    /// What was told of a message's flags; `None` where nothing was.
    #[must_use]
    pub fn flags(&self, uid: Uid) -> Option<&Flags> {
        self.changes.get(&uid).map(|change| &change.flags)
    }

    /// Whether it is worth a transaction.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.headers.len().max(self.previews.len()) >= BATCH
            || self.changes.len() >= BATCH_OF_CHANGES
            || self.header_bytes.max(self.change_bytes) >= BATCH_BYTES
    }

    /// Whether no server that is honest tells so much before it says of which mailbox.
    #[must_use]
    pub fn is_too_much(&self) -> bool {
        self.headers.len().max(self.previews.len()) > MOST_HEADERS
            || self.header_bytes > MOST_HEADER_BYTES
            || self.changes.len() > MOST_CHANGES
            || self.change_bytes > MOST_CHANGE_BYTES
    }

    /// Gives the rows away.
    pub fn take_headers(&mut self) -> Vec<FetchedHeader> {
        self.header_bytes = 0;
        std::mem::take(&mut self.headers)
    }

    /// Gives the beginnings of texts away.
    pub fn take_previews(&mut self) -> Vec<(Uid, String)> {
        std::mem::take(&mut self.previews)
    }

    /// Gives the changed flags away, in the order of their UIDs.
    pub fn take_changes(&mut self) -> Vec<FlagChange> {
        self.change_bytes = 0;
        std::mem::take(&mut self.changes).into_values().collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The envelope says nothing that the block does not, at about the same length.
fn bytes_of(header: &FetchedHeader) -> usize {
    2 * header.block.len()
        + header.email_id.len()
        + header.thread_id.len()
        + header.preview.len()
        + header.labels.as_ref().map_or(0, Labels::size_bytes)
        + bytes_of_keywords(&header.flags)
}

fn bytes_of_change(change: &FlagChange) -> usize {
    bytes_of_keywords(&change.flags) + change.labels.as_ref().map_or(0, Labels::size_bytes)
}

fn bytes_of_keywords(flags: &Flags) -> usize {
    flags.keywords().iter().map(String::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::envelope::Envelope;
    use crate::mail::uid::ModSeq;

    fn change(uid: u32, keyword: &str) -> FlagChange {
        FlagChange {
            uid: Uid::new(uid).unwrap(),
            flags: Flags::from_names([keyword]),
            mod_seq: ModSeq::new(u64::from(uid)),
            labels: None,
        }
    }

    #[test]
    fn the_last_word_on_flags_counts_and_costs() {
        let mut batches = Batches::default();
        for keyword in ["first", "second", "x"] {
            batches.add_change(change(7, keyword));
        }
        assert_eq!(batches.change_bytes, 1);
        let last = Flags::from_names(["x"]);
        assert_eq!(batches.flags(Uid::new(7).unwrap()), Some(&last));
        assert_eq!(batches.flags(Uid::new(8).unwrap()), None);
        assert_eq!(batches.take_changes(), [change(7, "x")]);
        assert_eq!(batches.change_bytes, 0);
    }

    #[test]
    fn bytes_count_not_rows_alone() {
        let mut batches = Batches::default();
        let keyword = "k".repeat(4_000);
        let mut n = 0;
        while !batches.is_too_much() {
            n += 1;
            batches.add_change(change(n, &keyword));
        }
        assert!(n < 10_000, "{n}");
        batches.clear();
        let (mut n, preview) = (0, "p".repeat(60_000));
        while !batches.is_too_much() {
            n += 1;
            let uid = Uid::new(n).unwrap();
            batches.add_header(FetchedHeader {
                preview: preview.clone(),
                ..FetchedHeader::new(uid, Vec::new(), Envelope::default())
            });
        }
        assert!(batches.is_due() && n < 200, "{n}");
    }
}
