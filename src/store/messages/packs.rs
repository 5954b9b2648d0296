//! Header blocks as received, many to a row, compressed as they are written: that costs less than writing the bytes as
//! they are, carrying them over from the log and reading them again later.

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::message_id::MessageId;
use crate::store::disk::deflate::{deflate, inflate};
use crate::store::disk::sql::{Doing, signed, small, unsigned};

/// A row takes no further block from this many messages or bytes on.
const MESSAGES: u32 = 48;
const BYTES: usize = 64 * 1024;

/// The row being filled.
#[derive(Debug, Default)]
pub(in crate::store) struct Pack {
    first: u64,
    n: u32,
    account: u32,
    lengths: Vec<u8>,
    blocks: Vec<u8>,
    packed: Vec<u8>,
}

impl Pack {
    /// Adds the block of a message; a row holds consecutive numbers of one account.
    pub(super) fn push(
        &mut self,
        cache: &Connection,
        account: AccountId,
        message: MessageId,
        block: &[u8],
    ) -> Result<(), StoreError> {
        let follows = self.n > 0
            && message.get() == self.first.saturating_add(u64::from(self.n))
            && account.get() == self.account;
        if !follows || self.n >= MESSAGES || self.blocks.len() >= BYTES {
            self.flush(cache)?;
            self.first = message.get();
            self.account = account.get();
        }
        let length = u32::try_from(block.len()).unwrap_or(0);
        self.lengths.extend_from_slice(&length.to_le_bytes());
        self.blocks
            .extend_from_slice(block.get(..length as usize).unwrap_or_default());
        self.n = self.n.saturating_add(1);
        Ok(())
    }

    /// Writes the row, if there is anything in it; belongs before every commit.
    pub(in crate::store) fn flush(&mut self, cache: &Connection) -> Result<(), StoreError> {
        if self.n == 0 {
            return Ok(());
        }
        self.lengths.append(&mut self.blocks);
        deflate(&self.lengths, &mut self.packed).doing("compress header blocks")?;
        cache
            .prepare_cached(
                "INSERT OR REPLACE INTO header_pack (first, n, account, data) VALUES (?1, ?2, ?3, ?4)",
            )
            .and_then(|mut statement| {
                statement.execute(params![
                    signed(self.first),
                    self.n,
                    self.account,
                    self.packed
                ])
            })
            .doing("write header blocks")?;
        cache
            .prepare_cached("INSERT OR REPLACE INTO unindexed (first, n) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![signed(self.first), self.n]))
            .doing("note messages to index")?;
        self.forget();
        Ok(())
    }

    /// Forgets what was not written, after a rollback.
    pub(in crate::store) fn forget(&mut self) {
        self.n = 0;
        self.lengths.clear();
        self.blocks.clear();
    }
}

/// The header block of a message; `None` where it is not here or damaged.
pub(in crate::store) fn block(
    cache: &Connection,
    message: MessageId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = cache
        .prepare_cached(
            "SELECT first, n, data FROM header_pack WHERE first <= ?1
             AND EXISTS (SELECT 1 FROM message WHERE id = ?1) ORDER BY first DESC LIMIT 1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([signed(message.get())], |row| {
                    Ok((
                        unsigned(row.get(0)?),
                        small(row.get(1)?),
                        row.get::<_, Vec<u8>>(2)?,
                    ))
                })
                .optional()
        })
        .doing("read header blocks")?;
    let Some((first, n, data)) = found else {
        return Ok(None);
    };
    let data = inflate(&data);
    let index = message.get().saturating_sub(first);
    Ok(data.and_then(|data| cut(&data, n, usize::try_from(index).ok()?)))
}

/// Takes one block out of a row.
fn cut(data: &[u8], n: u32, index: usize) -> Option<Vec<u8>> {
    let n = n as usize;
    if index >= n {
        return None;
    }
    let (lengths, blocks) = data.split_at_checked(n.checked_mul(4)?)?;
    let mut lengths = lengths
        .chunks_exact(4)
        .filter_map(|four| <[u8; 4]>::try_from(four).ok())
        .map(|four| u32::from_le_bytes(four) as usize);
    let start = lengths
        .by_ref()
        .take(index)
        .try_fold(0_usize, usize::checked_add)?;
    let length = lengths.next()?;
    blocks
        .get(start..start.checked_add(length)?)
        .map(<[u8]>::to_vec)
}

/// Removes the rows around these messages in which no message is left.
pub(super) fn sweep(cache: &Connection, messages: &[MessageId]) -> Result<(), StoreError> {
    let mut done = None;
    for message in messages {
        let first = cache
            .prepare_cached(
                "SELECT first FROM header_pack WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
            )
            .and_then(|mut statement| {
                statement
                    .query_row([signed(message.get())], |row| row.get::<_, i64>(0))
                    .optional()
            })
            .doing("find header blocks")?;
        if first.is_none() || first == done {
            continue;
        }
        done = first;
        cache
            .prepare_cached(
                "DELETE FROM header_pack WHERE first = ?1 AND NOT EXISTS
                 (SELECT 1 FROM message WHERE id >= first AND id < first + n)",
            )
            .and_then(|mut statement| statement.execute([first]))
            .doing("remove header blocks")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_out_as_they_went_in() {
        let blocks: [&[u8]; 4] = [b"one", b"", b"three three", b"4"];
        let mut data = Vec::new();
        for block in blocks {
            data.extend_from_slice(&u32::try_from(block.len()).unwrap().to_le_bytes());
        }
        data.extend(blocks.concat());
        for (index, block) in blocks.iter().enumerate() {
            assert_eq!(cut(&data, 4, index).as_deref(), Some(*block));
        }
        assert_eq!(cut(&data, 4, 4), None);
        for length in 0..data.len() {
            // A truncated row never gives wrong bytes for the last block, and never panics.
            assert_eq!(cut(&data[..length], 4, 3), None);
        }
        assert_eq!(cut(&[255; 16], 4, 2), None);
    }
}
