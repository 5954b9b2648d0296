//! Beginnings of texts, which a list shows beside the subject: kept as the server told them.

use rusqlite::params;

use crate::channel::error::StoreError;
use crate::mail::mailbox::MailboxId;
use crate::mail::uid::{Uid, UidValidity};
use crate::store::disk::sql::Doing;
use crate::store::messages::headers::{TEXT_BYTES, clip};
use crate::store::messages::placements;
use crate::store::worker::Worker;

impl Worker {
    /// Keeps them with the messages that are at these UIDs.
    pub(in crate::store) fn keep_previews(
        &mut self,
        (mailbox, validity): (MailboxId, UidValidity),
        previews: &[(Uid, String)],
    ) -> Result<(), StoreError> {
        self.begin()?;
        if placements::place(&self.cache, mailbox, validity)?.is_none() {
            return Ok(());
        }
        let mut n_changed = 0;
        {
            let mut statement = self
                .cache
                .prepare_cached(
                    "UPDATE message SET preview = ?1 WHERE preview <> ?1
                     AND id = (SELECT message FROM placement WHERE mailbox = ?2 AND uid = ?3 AND uid > 0)",
                )
                .doing("keep the beginning of a text")?;
            for (uid, text) in previews {
                n_changed += statement
                    .execute(params![clip(text, TEXT_BYTES), mailbox.get(), uid.get()])
                    .doing("keep the beginning of a text")?;
            }
        }
        if n_changed > 0 {
            self.changed(mailbox);
        }
        self.count(previews.len());
        Ok(())
    }
}
