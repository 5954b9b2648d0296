//! The journal on its way to the server: operations folded into as few commands as possible, each target closed alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::error::RemoteError;
use crate::channel::operation::{Change, OperationId, Outcome, Target};
use crate::engine::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::step::Step;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageKey;
use crate::mail::uid::{Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::remote::{command, flags};
use crate::store::journal::OpenOperation;

/// Whose targets a command closes.
pub type Targets = Vec<(OperationId, Target)>;

/// The open operations of one mailbox, folded: the last word on each flag of each message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded {
    /// For each flag and direction the messages, and whose targets that closes.
    pub stores: Vec<(SystemFlag, bool, UidSet, Targets)>,
    /// Targets whose message is no longer in the mailbox.
    pub gone: Targets,
}

/// Folds operations in order of recording; a later word on the same flag of the same message replaces the earlier one,
/// and one command closes both.
#[must_use]
pub fn fold(operations: &[OpenOperation], mailbox: MailboxId, validity: UidValidity) -> Folded {
    let mut last: BTreeMap<(SystemFlag, Uid), (bool, Targets)> = BTreeMap::new();
    let mut folded = Folded::default();
    for operation in operations {
        let parked: BTreeSet<Target> = operation.parked.iter().map(|(target, _)| *target).collect();
        let Change::Flag { flag, on } = operation.change;
        for (target, key) in &operation.targets {
            if target.mailbox != mailbox || parked.contains(target) {
                continue;
            }
            match key {
                Some(MessageKey {
                    validity: known,
                    uid,
                    ..
                }) if *known == validity => {
                    let entry = last.entry((flag, *uid)).or_default();
                    entry.0 = on;
                    entry.1.push((operation.id, *target));
                }
                _ => folded.gone.push((operation.id, *target)),
            }
        }
    }
    let mut commands: BTreeMap<(SystemFlag, bool), (UidSet, Targets)> = BTreeMap::new();
    for ((flag, uid), (on, targets)) in last {
        let command = commands.entry((flag, on)).or_default();
        command.0.insert(uid);
        command.1.extend(targets);
    }
    folded.stores = commands
        .into_iter()
        .map(|((flag, on), (set, targets))| (flag, on, set, targets))
        .collect();
    folded
}

impl Link<'_> {
    /// Looks which mailboxes the journal speaks of.
    pub fn read_journal(&mut self, agenda: &mut Agenda) {
        let operations = self
            .reader
            .open_operations(self.setup.account)
            .unwrap_or_default();
        for operation in &operations {
            for (target, _) in &operation.targets {
                let is_parked = operation.parked.iter().any(|(parked, _)| parked == target);
                if !is_parked && !agenda.drain.contains(&target.mailbox) {
                    agenda.drain.push_back(target.mailbox);
                }
            }
        }
    }

    /// Sends the open operations of the selected mailbox; those already on their way are left alone.
    pub(super) fn replay(&mut self, mailbox: MailboxId) -> Result<(), RemoteError> {
        let Some((_, validity)) = self.place() else {
            return Ok(());
        };
        let operations = self.reader.open_operations(self.setup.account);
        let mut operations = self.stored(operations)?;
        let on_their_way: BTreeSet<(OperationId, Target)> = self
            .steps
            .values()
            .filter_map(|step| {
                if let Step::Store { targets, .. } = step {
                    Some(targets)
                } else {
                    None
                }
            })
            .flatten()
            .copied()
            .collect();
        for operation in &mut operations {
            let id = operation.id;
            operation
                .targets
                .retain(|(target, _)| !on_their_way.contains(&(id, *target)));
        }
        let folded = fold(&operations, mailbox, validity);
        self.close(&folded.gone, &Outcome::Gone)?;
        let limit = self.session.capabilities().line_limit();
        for (flag, on, set, targets) in folded.stores {
            let attempted: BTreeSet<OperationId> =
                targets.iter().map(|(operation, _)| *operation).collect();
            for operation in attempted {
                let noted = self.writer.attempted(operation);
                self.stored(noted)?;
            }
            // Several commands only where the line limit asks for it; the last one closes the targets.
            let mut sets = command::split(&set, limit).into_iter().peekable();
            while let Some(set) = sets.next() {
                let Ok(command) = flags::store(&set, on, [flag.name()]) else {
                    continue;
                };
                let closes = if sets.peek().is_none() {
                    targets.clone()
                } else {
                    Vec::new()
                };
                self.send(
                    command,
                    Step::Store {
                        targets: closes,
                        flag,
                    },
                );
            }
        }
        Ok(())
    }

    /// The server has it.
    pub(super) fn stored_ok(
        &mut self,
        targets: &[(OperationId, Target)],
    ) -> Result<(), RemoteError> {
        self.flush_batches();
        self.close(targets, &Outcome::Done)
    }

    /// The server refused: these targets are parked with its reason, the others flow.
    pub(super) fn store_refused(
        &mut self,
        targets: &[(OperationId, Target)],
        error: &RemoteError,
    ) -> Result<(), RemoteError> {
        self.close(targets, &Outcome::Parked(error.clone()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::account::AccountId;
    use crate::mail::message_id::MessageId;

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
            (Target { message, mailbox }, key)
        });
        OpenOperation {
            id: OperationId(id),
            account,
            change: Change::Flag {
                flag: SystemFlag::Seen,
                on,
            },
            targets: targets.collect(),
            attempts: 0,
            created: 0,
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
        let folded = fold(&operations, MailboxId::new(1), UidValidity::new(9).unwrap());
        let sent: Vec<(bool, String, usize)> = folded
            .stores
            .iter()
            .map(|(_, on, set, targets)| (*on, set.to_string(), targets.len()))
            .collect();
        assert_eq!(
            sent,
            [(false, "2".to_owned(), 2), (true, "1,3".to_owned(), 2)]
        );
        assert_eq!(
            folded.gone.len(),
            1,
            "a message without a UID cannot be changed"
        );
        let elsewhere = fold(&operations, MailboxId::new(2), UidValidity::new(9).unwrap());
        assert_eq!(elsewhere, Folded::default());
        let renumbered = fold(
            &operations,
            MailboxId::new(1),
            UidValidity::new(10).unwrap(),
        );
        assert!(renumbered.stores.is_empty() && renumbered.gone.len() == 5);
    }
}
