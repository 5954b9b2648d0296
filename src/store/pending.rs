//! The open targets of the journal as the merge needs them: what lies over the server's flags of a placement.
//!
//! A copy of part of `state.db`, read again when this process or another changed it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, OperationId, Target};
use crate::mail::flag::Flags;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::store::changes::{self, Columns, apply};
use crate::store::sql::{Doing, small, unsigned};

/// One open target.
#[derive(Debug, Clone)]
pub(super) struct OpenTarget {
    /// The operation it belongs to.
    pub operation: OperationId,
    /// What is to change.
    pub change: Change,
    /// UIDVALIDITY when recorded; 0 for none.
    pub validity: u32,
    /// UID when recorded; 0 for none.
    pub uid: u32,
}

/// The open targets of all accounts, in the order of recording for each placement.
#[derive(Debug, Default)]
pub(super) struct Pending {
    seen: Option<i64>,
    targets: BTreeMap<(MailboxId, MessageId), Vec<OpenTarget>>,
    addresses: BTreeMap<(MailboxId, u32, u32), MessageId>,
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
        self.targets.clear();
        self.addresses.clear();
        let mut statement = state
            .prepare_cached(&format!(
                "SELECT t.mailbox, t.message, t.operation, t.uid_validity, t.uid, {}
                 FROM operation_target t JOIN operation o ON o.id = t.operation
                 WHERE t.state IN (0, 4, 6) ORDER BY t.operation",
                changes::COLUMNS
            ))
            .doing("read open targets")?;
        let mut rows = statement.query([]).doing("read open targets")?;
        while let Some(row) = rows.next().doing("read open targets")? {
            let number = |at: usize| row.get::<_, i64>(at).doing("read open targets");
            let columns = Columns::read(row, 5).doing("read open targets")?;
            let (Some(message), Some(change)) =
                (MessageId::new(unsigned(number(1)?)), columns.change())
            else {
                continue;
            };
            let mailbox = MailboxId::new(small(number(0)?));
            let (validity, uid) = (small(number(3)?), small(number(4)?));
            if uid > 0 {
                self.addresses.insert((mailbox, validity, uid), message);
            }
            self.targets
                .entry((mailbox, message))
                .or_default()
                .push(OpenTarget {
                    operation: OperationId(number(2)?),
                    change,
                    validity,
                    uid,
                });
        }
        self.seen = Some(version);
        Ok(())
    }

    /// The server's flags with the open operations over them, leaving one operation out.
    pub(super) fn over(
        &self,
        target: Target,
        server: &Flags,
        except: Option<OperationId>,
    ) -> Flags {
        let mut flags = server.clone();
        if self.targets.is_empty() {
            return flags;
        }
        for open in self
            .targets
            .get(&(target.mailbox, target.message))
            .into_iter()
            .flatten()
            .filter(|open| Some(open.operation) != except)
        {
            apply(&open.change, &mut flags);
        }
        flags
    }

    /// The message that an open operation knows at this address.
    pub(super) fn at(&self, mailbox: MailboxId, validity: u32, uid: u32) -> Option<MessageId> {
        if self.addresses.is_empty() {
            return None;
        }
        self.addresses.get(&(mailbox, validity, uid)).copied()
    }

    /// Whether an open operation is about this message.
    pub(super) fn needs(&self, message: MessageId) -> bool {
        self.targets.keys().any(|(_, wanted)| *wanted == message)
    }

    /// Every open target.
    pub(super) fn all(&self) -> impl Iterator<Item = (Target, &OpenTarget)> {
        self.targets.iter().flat_map(|((mailbox, message), open)| {
            let target = Target {
                message: *message,
                mailbox: *mailbox,
            };
            open.iter().map(move |open| (target, open))
        })
    }
}
