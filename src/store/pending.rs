//! The open targets of the journal as the projection needs them: what lies over the server's truth of a message.
//!
//! A copy of part of `state.db`, read again when this process or another changed it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, OperationId, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::changes::{self, Columns};
use crate::store::draft_sources;
use crate::store::journal::state as code;
use crate::store::sql::{Doing, small, unsigned};

/// One open target of an operation, or a keyword that stays on this machine.
#[derive(Debug, Clone)]
pub(super) struct Layer {
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
    pub(super) const fn is_open(&self) -> bool {
        !self.is_local && !self.is_marked
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
pub(super) struct Pending {
    seen: Option<i64>,
    layers: BTreeMap<MessageId, Vec<Layer>>,
    addresses: BTreeMap<(MailboxId, u32, u32), MessageId>,
    arriving: BTreeMap<(MailboxId, u32), Vec<(MessageId, u32)>>,
    /// Messages of drafts, by whose they are and their content.
    contents: BTreeMap<(AccountId, i64), MessageId>,
}

impl Pending {
    /// Forgets what was read, since this process changed the journal.
    pub(super) const fn forget(&mut self) {
        self.seen = None;
    }

    /// Reads the journal again where it changed.
    pub(super) fn refresh(&mut self, state: &Connection) -> Result<(), StoreError> {
        let version: i64 = state
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .doing("look for changes of the journal")?;
        if self.seen == Some(version) {
            return Ok(());
        }
        self.layers.clear();
        self.addresses.clear();
        self.arriving.clear();
        self.read_drafts(state)?;
        let mut statement = state
            .prepare_cached(&format!(
                "SELECT t.mailbox, t.message, t.operation, t.uid_validity, t.uid, t.state, t.to_validity, t.to_uid_next, {}
                 FROM operation_target t JOIN operation o ON o.id = t.operation
                 WHERE t.state IN (0, 4, 6, 7) AND t.message > 0 ORDER BY t.operation",
                changes::COLUMNS
            ))
            .doing("read open targets")?;
        let mut rows = statement.query([]).doing("read open targets")?;
        while let Some(row) = rows.next().doing("read open targets")? {
            let number = |at: usize| row.get::<_, i64>(at).doing("read open targets");
            let columns = Columns::read(row, 8).doing("read open targets")?;
            let (Some(message), Some(change)) =
                (MessageId::new(unsigned(number(1)?)), columns.change())
            else {
                continue;
            };
            let floor = Some((small(number(6)?), small(number(7)?)));
            let layer = Layer {
                operation: OperationId(number(2)?),
                mailbox: MailboxId::new(small(number(0)?)),
                change,
                validity: small(number(3)?),
                uid: small(number(4)?),
                is_local: number(5)? == code::LOCAL,
                is_marked: number(5)? == code::MARKED,
                floor: floor.filter(|(validity, _)| *validity > 0),
            };
            if layer.uid > 0 {
                let address = (layer.mailbox, layer.validity, layer.uid);
                self.addresses.insert(address, message);
            }
            if let (Some(to), Some((validity, uid_next))) =
                (layer.change.destination(), layer.floor)
                && layer.is_open()
            {
                let arriving = self.arriving.entry((to, validity)).or_default();
                arriving.push((message, uid_next));
            }
            self.layers.entry(message).or_default().push(layer);
        }
        self.seen = Some(version);
        Ok(())
    }

    fn read_drafts(&mut self, state: &Connection) -> Result<(), StoreError> {
        self.contents.clear();
        for (account, signs) in draft_sources::all(state)? {
            let address = (signs.mailbox, signs.validity, signs.uid);
            self.addresses.insert(address, signs.message);
            if signs.content != 0 {
                self.contents
                    .insert((account, signs.content), signs.message);
            }
        }
        Ok(())
    }

    /// What lies over a message, in the order of recording.
    pub(super) fn of(&self, message: MessageId) -> &[Layer] {
        self.layers.get(&message).map_or(&[], Vec::as_slice)
    }

    /// The message of an account that a draft needs and that has this content.
    pub(super) fn like(
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
    pub(super) fn at(&self, mailbox: MailboxId, validity: u32, uid: u32) -> Option<MessageId> {
        if self.addresses.is_empty() {
            return None;
        }
        self.addresses.get(&(mailbox, validity, uid)).copied()
    }

    /// The messages that claimed moves and copies may have brought to a mailbox, and the UID from which on.
    pub(super) fn arriving(
        &self,
        mailbox: MailboxId,
        validity: u32,
    ) -> impl Iterator<Item = (MessageId, u32)> {
        let found = self.arriving.get(&(mailbox, validity));
        found.into_iter().flatten().copied()
    }

    /// Whether an open operation is about this message.
    pub(super) fn needs(&self, message: MessageId) -> bool {
        self.layers.contains_key(&message)
    }

    /// The messages that open operations are about.
    pub(super) fn messages(&self) -> impl Iterator<Item = MessageId> {
        self.layers.keys().copied()
    }

    /// Every open target, and every keyword that stays here.
    pub(super) fn all(&self) -> impl Iterator<Item = (Target, &Layer)> {
        self.layers.iter().flat_map(|(message, layers)| {
            let layers = layers.iter();
            layers.map(|layer| (layer.target(*message), layer))
        })
    }
}
