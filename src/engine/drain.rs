//! The journal on its way to the server: operations folded into as few commands as possible, each target closed alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::error::RemoteError;
use crate::channel::operation::{Change, OperationId, Outcome, Target};
use crate::engine::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::selection::Selection;
use crate::engine::step::{Step, Store};
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::remote::response::Status;
use crate::remote::{command, flags};
use crate::store::journal::OpenOperation;

/// Whose targets a command closes.
type Targets = Vec<(OperationId, Target)>;

/// Folds operations in order of recording into one STORE per flag and direction; a later word on the same flag of the
/// same message replaces the earlier one, and one command closes both. A target without an address under this
/// UIDVALIDITY waits: the mailbox was renumbered, and the store finds the message again or parks it.
#[must_use]
pub fn fold(operations: &[OpenOperation], mailbox: MailboxId, validity: UidValidity) -> Vec<Store> {
    let mut last: BTreeMap<(SystemFlag, Uid), (bool, Targets)> = BTreeMap::new();
    for operation in operations {
        let parked: BTreeSet<Target> = operation.parked.iter().map(|(target, _)| *target).collect();
        // Only these are recorded so far.
        let Change::Flag { flag, on } = operation.change else {
            continue;
        };
        let here = |target: &Target| target.mailbox == mailbox && !parked.contains(target);
        for open in operation.targets.iter().filter(|open| here(&open.target)) {
            if let Some(key) = open.key.filter(|key| key.validity == validity) {
                let entry = last.entry((flag, key.uid)).or_default();
                entry.0 = on;
                entry.1.push((operation.id, open.target));
            }
        }
    }
    let mut stores: BTreeMap<(SystemFlag, bool), BTreeMap<Uid, Targets>> = BTreeMap::new();
    for ((flag, uid), (on, targets)) in last {
        stores.entry((flag, on)).or_default().insert(uid, targets);
    }
    let stores = stores.into_iter();
    stores
        .map(|((flag, on), targets)| Store { flag, on, targets })
        .collect()
}

impl Link<'_> {
    /// Looks which mailboxes the journal speaks of.
    pub fn read_journal(&mut self, agenda: &mut Agenda) {
        for mailbox in self.journal_mailboxes() {
            self.want_drain(mailbox, agenda);
        }
    }

    /// Looks whether the journal speaks of this mailbox.
    pub(super) fn read_journal_of(&mut self, mailbox: MailboxId, agenda: &mut Agenda) {
        if self.journal_mailboxes().contains(&mailbox) {
            self.want_drain(mailbox, agenda);
        }
    }

    fn want_drain(&mut self, mailbox: MailboxId, agenda: &mut Agenda) {
        // One that is gone from the server's list is the store's to settle.
        let is_known = self.reader.mailbox(mailbox).ok().flatten().is_some();
        if is_known && !agenda.drain.contains(&mailbox) {
            agenda.drain.push_back(mailbox);
        }
    }

    fn journal_mailboxes(&mut self) -> BTreeSet<MailboxId> {
        let operations = self.reader.open_operations(self.setup.account);
        let mut mailboxes = BTreeSet::new();
        for operation in operations.unwrap_or_default() {
            let parked: BTreeSet<Target> =
                operation.parked.iter().map(|(target, _)| *target).collect();
            let open = operation.targets.iter().map(|open| open.target);
            mailboxes.extend(
                open.filter(|target| !parked.contains(target))
                    .map(|target| target.mailbox),
            );
        }
        mailboxes
    }

    /// Sends the open operations of the selected mailbox; those already on their way are left alone.
    pub(super) fn replay(&mut self, mailbox: MailboxId) -> Result<(), RemoteError> {
        let Some((_, validity)) = self.place() else {
            return Ok(());
        };
        let operations = self.reader.open_operations(self.setup.account);
        let mut operations = self.stored(operations)?;
        let on_their_way = self.on_their_way();
        for operation in &mut operations {
            let id = operation.id;
            operation
                .targets
                .retain(|open| !on_their_way.contains(&(id, open.target)));
        }
        for mut store in fold(&operations, mailbox, validity) {
            self.close_gone(mailbox, validity, &mut store)?;
            if self
                .selection
                .as_ref()
                .is_some_and(|selection| selection.is_read_only)
            {
                self.close(&all(&store), &Outcome::Parked(read_only()))?;
                continue;
            }
            self.send_store(&store)?;
        }
        Ok(())
    }

    fn on_their_way(&self) -> BTreeSet<(OperationId, Target)> {
        let stores = self.steps.values().filter_map(|step| match step {
            Step::Store(store) => Some(store),
            _ => None,
        });
        stores.flat_map(all).collect()
    }

    /// Closes what speaks of messages that are no longer in the mailbox; those in the gap may still come.
    fn close_gone(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        store: &mut Store,
    ) -> Result<(), RemoteError> {
        let mut gone = Targets::new();
        for (uid, targets) in &store.targets {
            let found = self.reader.message_at(mailbox, validity, *uid);
            let is_pending = |selection: &Selection| selection.known.gap.contains(*uid);
            if self.stored(found)?.is_none() && !self.selection.as_ref().is_some_and(is_pending) {
                gone.extend(targets.iter().copied());
            }
        }
        store
            .targets
            .retain(|_, targets| !targets.iter().any(|target| gone.contains(target)));
        self.close(&gone, &Outcome::Gone)
    }

    /// Sends a STORE, in several commands only where the line limit asks for it.
    fn send_store(&mut self, store: &Store) -> Result<(), RemoteError> {
        let attempted: BTreeSet<OperationId> =
            all(store).iter().map(|(operation, _)| *operation).collect();
        for operation in attempted {
            let noted = self.writer.attempted(operation);
            self.stored(noted)?;
        }
        let uids: UidSet = store.targets.keys().copied().collect();
        let limit = self.session.capabilities().line_limit().saturating_sub(60);
        for set in command::split(&uids, limit) {
            let Ok(command) = flags::store(&set, store.on, [store.flag.name()]) else {
                continue;
            };
            let targets = store.targets.iter().filter(|(uid, _)| set.contains(**uid));
            let targets = targets
                .map(|(uid, targets)| (*uid, targets.clone()))
                .collect();
            let (flag, on) = (store.flag, store.on);
            self.send(command, Step::Store(Store { flag, on, targets }));
        }
        Ok(())
    }

    /// The server has it.
    pub(super) fn stored_ok(&mut self, store: &Store) -> Result<(), RemoteError> {
        self.flush_batches();
        self.close(&all(store), &Outcome::Done(None))
    }

    /// The server refused. One message of many may be the reason: each half is tried alone, until the culprit stands
    /// by itself and is parked with the server's words.
    pub(super) fn store_refused(
        &mut self,
        mut store: Store,
        status: Status,
        error: &RemoteError,
    ) -> Result<(), RemoteError> {
        let middle = store.targets.keys().nth(store.targets.len() / 2).copied();
        if let Some(middle) = middle.filter(|_| store.targets.len() > 1 && status == Status::No) {
            let (flag, on) = (store.flag, store.on);
            let targets = store.targets.split_off(&middle);
            self.send_store(&store)?;
            return self.send_store(&Store { flag, on, targets });
        }
        self.close(&all(&store), &Outcome::Parked(error.clone()))
    }

    fn close(
        &mut self,
        targets: &[(OperationId, Target)],
        outcome: &Outcome,
    ) -> Result<(), RemoteError> {
        let mut by_operation: BTreeMap<OperationId, Vec<(Target, Outcome)>> = BTreeMap::new();
        for (operation, target) in targets {
            by_operation
                .entry(*operation)
                .or_default()
                .push((*target, outcome.clone()));
        }
        for (operation, outcomes) in by_operation {
            let closed = self.writer.close(operation, outcomes);
            self.stored(closed)?;
        }
        Ok(())
    }
}

/// All targets of a STORE.
fn all(store: &Store) -> Targets {
    store.targets.values().flatten().copied().collect()
}

fn read_only() -> RemoteError {
    RemoteError::Refused {
        action: "change the flags",
        text: SafeText::line("the folder is read-only"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::operation::GroupId;
    use crate::mail::account::AccountId;
    use crate::mail::message_id::{MessageId, MessageKey};
    use crate::store::journal::OpenTarget;

    fn operation(id: i64, on: bool, uids: &[u32]) -> OpenOperation {
        let mailbox = MailboxId::new(1);
        let (account, validity) = (AccountId::new(1), UidValidity::new(9).unwrap());
        let targets = uids.iter().map(|uid| {
            let message = MessageId::new(u64::from(*uid) + 100).unwrap();
            let key = Uid::new(*uid).map(|uid| MessageKey {
                account,
                mailbox,
                validity,
                uid,
            });
            OpenTarget {
                target: Target { message, mailbox },
                key,
                is_sent: false,
                floor: None,
            }
        });
        OpenOperation {
            id: OperationId(id),
            group: GroupId(id),
            account,
            change: Change::Flag {
                flag: SystemFlag::Seen,
                on,
            },
            targets: targets.collect(),
            folder: None,
            attempts: 0,
            created: 0,
            not_before: 0,
            parked: Vec::new(),
        }
    }

    #[test]
    fn the_last_word_on_a_flag_wins_and_closes_all_before_it() {
        let operations = [
            operation(1, true, &[1, 2, 3]),
            operation(2, false, &[2]),
            operation(3, true, &[0]),
        ];
        let epoch = |number| UidValidity::new(number).unwrap();
        let stores = fold(&operations, MailboxId::new(1), epoch(9));
        let sent: Vec<(bool, String, usize)> = stores
            .iter()
            .map(|store| {
                let uids: UidSet = store.targets.keys().copied().collect();
                (store.on, uids.to_string(), all(store).len())
            })
            .collect();
        let expected = [(false, "2".to_owned(), 2), (true, "1,3".to_owned(), 2)];
        assert_eq!(sent, expected, "a message without a UID waits");
        assert!(fold(&operations, MailboxId::new(2), epoch(9)).is_empty());
        assert!(fold(&operations, MailboxId::new(1), epoch(10)).is_empty());
    }
}
