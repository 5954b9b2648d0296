//! What has come of a part, and how much of it may still come.

use std::collections::BTreeMap;

use crate::channel::error::{RemoteError, StoreError};
use crate::engine::link::finish::protocol;
use crate::mail::part::WantedPart;
use crate::mail::uid::Uid;
use crate::remote::response::{Data, Section};
use crate::store::bodies::partial::Partial;

/// Bytes of one block.
pub(super) const BLOCK: u64 = 1 << 20;
/// What may come at least beyond what was announced; see [`most`].
const MORE: u64 = 64 << 20;

/// A part on its way.
#[derive(Debug)]
pub struct Download {
    pub(in crate::engine) wanted: WantedPart,
    pub(super) uid: Uid,
    /// Bytes as announced; some servers estimate.
    pub(super) n_total: u64,
    /// How the bytes are encoded that come.
    pub(super) encoding: String,
    /// Whether the server decodes them first. RFC 3516.
    pub(super) is_binary: bool,
    pub(in crate::engine) partial: Partial,
    /// Whether some of it came earlier.
    pub(super) is_resumed: bool,
    /// Where the next block begins.
    pub(super) next: u64,
    pub(super) n_in_flight: usize,
    /// Blocks that came before an earlier one.
    pub(super) early: BTreeMap<u64, Vec<u8>>,
    /// Where the part ends, once a block was short.
    pub(super) end: Option<u64>,
    /// The user wants no more of it.
    pub(super) is_cancelled: bool,
    /// The server does not decode this part.
    pub(super) is_refused: bool,
}

impl Download {
    pub(super) fn is_of(&self, uid: Uid, section: &Section) -> bool {
        uid == self.uid && section.name == self.wanted.path.to_string()
    }

    /// Keeps the bytes of a section: a block, or everything from a server that knows no blocks.
    pub(super) fn take(&mut self, section: Section) -> Result<(), StoreError> {
        let length = section.data.size_bytes();
        let Some(origin) = section.origin else {
            return self.take_whole(&section.data);
        };
        if length < BLOCK {
            let end = origin.saturating_add(length);
            self.end = Some(self.end.map_or(end, |known| known.min(end)));
        }
        // Only what was asked for and is not here: so at most the blocks in flight are in memory.
        if origin >= self.partial.length() && origin < self.next && length <= BLOCK {
            self.early.insert(origin, bytes(section.data)?);
        }
        while let Some(block) = self.early.remove(&self.partial.length()) {
            if block.is_empty() {
                return Ok(());
            }
            self.partial.append(&mut block.as_slice())?;
        }
        Ok(())
    }

    fn take_whole(&mut self, data: &Data) -> Result<(), StoreError> {
        self.partial.restart()?;
        match data {
            Data::Memory(bytes) => self.partial.append(&mut bytes.as_slice())?,
            Data::File(file) => self.partial.append(&mut file.reader())?,
            Data::Nil => {}
        }
        self.end = Some(self.partial.length());
        Ok(())
    }

    /// Why it is given up, where it goes on beyond all that may come.
    pub(super) fn endless(&self) -> Option<RemoteError> {
        let (n_total, length) = (self.n_total, self.partial.length());
        let goes_on = self.end.is_none_or(|end| end > most(n_total));
        (goes_on && length >= most(n_total)).then(|| {
            let words = format!("it announced {n_total} bytes and sent {length} without an end");
            protocol(&words)
        })
    }

    /// Whether what was kept from another time may not belong to what came now. Only told by lengths that can be compared.
    pub(super) fn is_suspect(&self) -> bool {
        self.is_resumed && !self.is_binary && self.partial.length() != self.n_total
    }
}

/// How many bytes may come of what was announced with so many: announcements are estimates on some servers.
pub(super) fn most(n_total: u64) -> u64 {
    n_total.saturating_mul(2).max(n_total.saturating_add(MORE))
}

fn bytes(data: Data) -> Result<Vec<u8>, StoreError> {
    data.into_bytes(BLOCK).map_err(|error| StoreError::Io {
        cause: format!("read what came: {error}"),
    })
}
