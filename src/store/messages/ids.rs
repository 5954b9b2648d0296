//! Gives out message numbers from `state.db` in blocks: never one twice, whatever crashes, however many processes.

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, transaction, unsigned};
use crate::store::failpoint;

/// How many numbers the first write to `state.db` reserves. Each further one reserves four times as many: every one is
/// flushed to the disk while a first sync waits.
const FIRST_BLOCK: i64 = 10_000;
const LARGEST_BLOCK: i64 = 1_000_000;

/// The numbers this process may still give out.
#[derive(Debug)]
pub(in crate::store) struct Ids {
    next: u64,
    end: u64,
    block: i64,
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            next: 0,
            end: 0,
            block: FIRST_BLOCK,
        }
    }
}

impl Ids {
    /// The number that `take` will give out, reserving a block where none is left. Not used up yet.
    pub(super) fn peek(&mut self, state: &Connection) -> Result<MessageId, StoreError> {
        if self.next >= self.end {
            let start = transaction(state, |db| {
                db.query_row(
                    "UPDATE id_block SET next = next + ?1 WHERE kind = 'message' RETURNING next - ?1",
                    [self.block],
                    |row| row.get::<_, i64>(0),
                )
                .doing("reserve message numbers")
            })?;
            failpoint::pass("ids.after-commit");
            self.next = unsigned(start).max(1);
            self.end = unsigned(start.saturating_add(self.block));
            self.block = self.block.saturating_mul(4).min(LARGEST_BLOCK);
        }
        MessageId::new(self.next).ok_or(StoreError::Corrupt {
            cause: "state.db has no message numbers left".to_owned(),
        })
    }

    /// Uses up the number that `peek` returned.
    pub(super) const fn take(&mut self) {
        self.next = self.next.saturating_add(1);
    }
}
