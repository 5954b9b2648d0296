//! The open targets of the journal as the projection needs them: what lies over the server's truth of a message.
//!
//! A copy of part of `state.db`, read again when this process or another changed it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Params, Row};

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, OperationId, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, signed, small, unsigned};
use crate::store::journal::changes::{self, Columns};
use crate::store::journal::state as code;
use crate::store::outgoing::draft_sources;

/// One open target of an operation, or a keyword that stays on this machine.
#[derive(Debug, Clone)]
pub(in crate::store) struct Layer {
    /// The operation it belongs to.
    pub operation: OperationId,
    /// The mailbox of the target.
    pub mailbox: MailboxId,
    /// What is to change.
    pub change: Change,
    /// UIDVALIDITY when recorded; 0 for none.
    pub validity: u32,
    /// UID when recorded; 0 for none.
    pub uid: u32,
    /// It has ended, and its keyword stays here for good.
    pub is_local: bool,
    /// It has ended, and the original stays on the server, marked `\\Deleted`.
    pub is_marked: bool,
    /// UIDVALIDITY and UIDNEXT of the destination when it was claimed.
    pub floor: Option<(u32, u32)>,
}

impl Layer {
    /// Whether its operation has not ended for this message.
    pub(in crate::store) const fn is_open(&self) -> bool {
        !self.is_local && !self.is_marked
    }

    /// Its address when recorded, and whose word that is.
    const fn address(&self) -> (MailboxId, u32, u32, OperationId) {
        (self.mailbox, self.validity, self.uid, self.operation)
    }

    /// Where it may have brought its message to, by a UIDVALIDITY, and from which UID on; `None` where nowhere.
    fn arrival(&self) -> Option<((MailboxId, u32), u32)> {
        let (validity, uid_next) = self.floor.filter(|_| self.is_open())?;
        let to = self.change.destination()?;
        Some(((to, validity), uid_next))
    }

    /// The target, of this message.
    pub(super) const fn target(&self, message: MessageId) -> Target {
        Target {
            message,
            mailbox: self.mailbox,
        }
    }
}

/// The open targets of all accounts, in the order of recording for each message.
#[derive(Debug, Default)]
pub(in crate::store) struct Pending {
    /// What the journal was like as it was read; `None` where all of it is to be read.
    seen: Option<i64>,
    /// Messages that are to be read again, since this process changed something about them.
    stale: BTreeSet<MessageId>,
    layers: BTreeMap<MessageId, Vec<Layer>>,
    /// By mailbox, UIDVALIDITY, UID and operation (0 for a draft); of several the last operation's is at the address.
    addresses: BTreeMap<(MailboxId, u32, u32, OperationId), MessageId>,
    /// By destination and its UIDVALIDITY.
    arriving: BTreeMap<(MailboxId, u32), BTreeSet<(MessageId, u32)>>,
    /// Messages of drafts, by whose they are and their content.
    contents: BTreeMap<(AccountId, i64), MessageId>,
}

impl Pending {
    /// Forgets what was read, since this process changed the journal.
    pub(in crate::store) fn forget(&mut self) {
        self.seen = None;
    }

    /// Forgets what was read of some messages: this process changed the journal about them alone. A journal of a hundred
    /// thousand targets is not read again for every command that is sent.
    pub(super) fn forget_about(&mut self, messages: impl IntoIterator<Item = MessageId>) {
        self.stale.extend(messages);
    }

    /// Reads the journal again where it changed.
    pub(in crate::store) fn refresh(&mut self, state: &Connection) -> Result<(), StoreError> {
        let version: i64 = state
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .doing("look for changes of the journal")?;
        // The version counts what others commit. What is left of a reading that failed is stale, or not seen.
        if self.seen == Some(version) {
            while let Some(message) = self.stale.first().copied() {
                self.drop_layers(message);
                self.read(state, "t.message = ?1", [signed(message.get())])?;
                self.stale.remove(&message);
            }
            return Ok(());
        }
        self.layers.clear();
        self.addresses.clear();
        self.arriving.clear();
        self.read_drafts(state)?;
        self.read(state, "t.message > 0", [])?;
        self.stale.clear();
        self.seen = Some(version);
        Ok(())
    }

    fn drop_layers(&mut self, message: MessageId) {
        for layer in self.layers.remove(&message).unwrap_or_default() {
            self.addresses.remove(&layer.address());
            if let Some((place, uid_next)) = layer.arrival()
                && let Some(there) = self.arriving.get_mut(&place)
            {
                there.remove(&(message, uid_next));
            }
        }
    }

    /// Adds the layers of some messages.
    fn read(
        &mut self,
        state: &Connection,
        which: &str,
        bound: impl Params,
    ) -> Result<(), StoreError> {
        let mut statement = state
            .prepare_cached(&format!(
                "SELECT t.mailbox, t.message, t.operation, t.uid_validity, t.uid, t.state, t.to_validity, t.to_uid_next, {}
                 FROM operation_target t JOIN operation o ON o.id = t.operation
                 WHERE t.state IN (0, 4, 6, 7) AND {which} ORDER BY t.operation",
                changes::COLUMNS
            ))
            .doing("read open targets")?;
        let mut rows = statement.query(bound).doing("read open targets")?;
        while let Some(row) = rows.next().doing("read open targets")? {
            let Some((message, layer)) = layer(row).doing("read open targets")? else {
                continue;
            };
            if layer.uid > 0 {
                self.addresses.insert(layer.address(), message);
            }
            if let Some((place, uid_next)) = layer.arrival() {
                let there = self.arriving.entry(place).or_default();
                there.insert((message, uid_next));
            }
            self.layers.entry(message).or_default().push(layer);
        }
        Ok(())
    }

    fn read_drafts(&mut self, state: &Connection) -> Result<(), StoreError> {
        self.contents.clear();
        for (account, signs) in draft_sources::all(state)? {
            let address = (signs.mailbox, signs.validity, signs.uid, OperationId(0));
            self.addresses.insert(address, signs.message);
            if signs.content != 0 {
                self.contents
                    .insert((account, signs.content), signs.message);
            }
        }
        Ok(())
    }

    /// What lies over a message, in the order of recording.
    pub(in crate::store) fn of(&self, message: MessageId) -> &[Layer] {
        self.layers.get(&message).map_or(&[], Vec::as_slice)
    }

    /// The message of an account that a draft needs and that has this content.
    pub(in crate::store) fn like(
        &self,
        account: AccountId,
        content: impl FnOnce() -> i64,
    ) -> Option<MessageId> {
        if self.contents.is_empty() {
            return None;
        }
        self.contents.get(&(account, content())).copied()
    }

    /// The message that an open operation or a draft knows at this address.
    pub(in crate::store) fn at(
        &self,
        mailbox: MailboxId,
        validity: u32,
        uid: u32,
    ) -> Option<MessageId> {
        let by = |operation| (mailbox, validity, uid, OperationId(operation));
        let mut known = self.addresses.range(by(0)..=by(i64::MAX));
        known.next_back().map(|(_, message)| *message)
    }

    /// The messages that claimed moves and copies may have brought to a mailbox, and the UID from which on.
    pub(in crate::store) fn arriving(
        &self,
        mailbox: MailboxId,
        validity: u32,
    ) -> impl Iterator<Item = (MessageId, u32)> {
        let found = self.arriving.get(&(mailbox, validity));
        found.into_iter().flatten().copied()
    }

    /// Whether an open operation is about this message.
    pub(in crate::store) fn needs(&self, message: MessageId) -> bool {
        self.layers.contains_key(&message)
    }

    /// The messages that open operations are about.
    pub(super) fn messages(&self) -> impl Iterator<Item = MessageId> {
        self.layers.keys().copied()
    }

    /// Every open target, and every keyword that stays here.
    pub(in crate::store) fn all(&self) -> impl Iterator<Item = (Target, &Layer)> {
        self.layers.iter().flat_map(|(message, layers)| {
            let layers = layers.iter();
            layers.map(|layer| (layer.target(*message), layer))
        })
    }
}

fn layer(row: &Row<'_>) -> rusqlite::Result<Option<(MessageId, Layer)>> {
    let columns = Columns::read(row, 8)?;
    let (Some(message), Some(change)) = (MessageId::new(unsigned(row.get(1)?)), columns.change())
    else {
        return Ok(None);
    };
    let floor = (small(row.get(6)?), small(row.get(7)?));
    let state: i64 = row.get(5)?;
    let layer = Layer {
        operation: OperationId(row.get(2)?),
        mailbox: MailboxId::new(small(row.get(0)?)),
        change,
        validity: small(row.get(3)?),
        uid: small(row.get(4)?),
        is_local: state == code::LOCAL,
        is_marked: state == code::MARKED,
        floor: Some(floor).filter(|(validity, _)| *validity > 0),
    };
    Ok(Some((message, layer)))
}

#[cfg(test)]
mod tests;
