//! The journal's changes to the folders on this computer, carried out on their files. Every one of them may be repeated
//! after a crash: a file keeps its name, and a copy gets one from the operation that makes it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::UNIX_EPOCH;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Event;
use crate::channel::operation::{Address, FolderChange, OperationId, Outcome, Target};
use crate::engine::drain::bundle::{Bundle, Targets, Verb, arrived};
use crate::engine::drain::plan::{self, Circumstances, again};
use crate::engine::drain::rearrange;
use crate::engine::local::{Local, refused};
use crate::local::folder::Folder;
use crate::local::maildir_name;
use crate::local::message::LocalError;
use crate::mail::flag::Flags;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::store::failpoint;
use crate::store::journal::OpenOperation;

/// The name of the file that an operation makes of a message, before the flags: the same however often it is tried, and
/// nobody else's.
#[must_use]
pub fn file_name(operations: &[OpenOperation], targets: &Targets) -> String {
    let (id, message) = targets
        .last()
        .map_or((0, 0), |(id, target)| (id.0, target.message.get()));
    let own = operations.iter().find(|open| open.id.0 == id);
    let created = own.map_or(0, |open| open.created).max(0);
    format!("{created}.O{id}M{message}.{}", maildir_name::host())
}

impl Local<'_> {
    /// Carries out what the journal has for these folders alone; returns when the first hold ends, seconds since the epoch.
    ///
    /// # Errors
    /// What the store said.
    pub(super) fn carry_out(&mut self) -> Result<Option<i64>, StoreError> {
        loop {
            let operations = self.reader.open_operations(self.setup.account)?;
            let here = self.reader.local_ids(self.setup.account)?;
            let now = self.wall();
            if let Some((operation, change)) = rearrange::next(&operations, now, &here, true) {
                if self.writer.claim_folder(operation.id)? {
                    let outcome = self.change_folder(operation, change, &here)?;
                    if let Outcome::Parked(error) = &outcome {
                        let words = SafeText::line(&error.to_string());
                        let _ = self.setup.events.send(Event::Notice(words));
                    }
                    self.writer.close_folder(operation.id, outcome)?;
                    self.look()?;
                }
                continue;
            }
            let circumstances = Circumstances {
                now,
                unsettled: rearrange::unsettled(&operations),
                ..Circumstances::default()
            };
            let (mailboxes, next) = plan::wanted(&operations, &circumstances);
            let mut is_changed = false;
            for mailbox in mailboxes.intersection(&here) {
                is_changed |= self.change_messages(*mailbox, &operations, &circumstances, &here)?;
            }
            if !is_changed {
                return Ok(next);
            }
        }
    }

    /// The time on the wall in seconds since the epoch, as the journal writes it.
    pub(super) fn wall(&self) -> i64 {
        let since = self.setup.clock.wall().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
    }

    fn change_folder(
        &mut self,
        operation: &OpenOperation,
        change: &FolderChange,
        here: &BTreeSet<MailboxId>,
    ) -> Result<Outcome, StoreError> {
        let mailbox = operation.folder_mailbox.filter(|id| here.contains(id));
        let known = match mailbox {
            Some(mailbox) => self.reader.mailbox(mailbox)?,
            None => None,
        };
        let name = known.and_then(|info| info.name.local_part());
        let done = match (change, name) {
            (FolderChange::Create { name }, _) => {
                let name = name.local_part().unwrap_or_default();
                self.tree.create(&name).map(drop)
            }
            (_, None) => return Ok(Outcome::Gone),
            (FolderChange::Rename { to, .. }, Some(from)) => {
                let Some(to) = to.local_part() else {
                    let cause = SafeText::line(rearrange::ACROSS);
                    return Ok(Outcome::Parked(RemoteError::Here { cause }));
                };
                self.tree.rename(&from, &to)
            }
            (FolderChange::Delete { .. }, Some(name)) => self.tree.remove(&name),
            // Every folder on this computer is shown.
            (FolderChange::Subscribe { .. }, Some(_)) => Ok(()),
        };
        Ok(match done {
            Ok(()) => Outcome::Done(None),
            Err(error) => Outcome::Parked(refused(&error)),
        })
    }

    /// Carries out what can be done in one folder now, but for what goes to a server; true where anything was.
    fn change_messages(
        &mut self,
        mailbox: MailboxId,
        operations: &[OpenOperation],
        circumstances: &Circumstances,
        here: &BTreeSet<MailboxId>,
    ) -> Result<bool, StoreError> {
        let Some(validity) = self.reader.sync_state(mailbox)?.validity else {
            return Ok(false);
        };
        let mut plan = plan::plan(operations, (mailbox, validity), circumstances);
        let is_ours = |to: Option<MailboxId>| to.is_none_or(|to| here.contains(&to));
        plan.bundles.retain(|bundle| is_ours(bundle.verb.to()));
        let doubts = plan.doubts.into_iter();
        let ours = doubts.filter(|doubt| is_ours(Some(doubt.to)));
        plan.bundles.extend(again(ours.collect()));
        let mut is_changed = !plan.settled.is_empty();
        self.end(plan.settled)?;
        for bundle in plan.bundles {
            let mut work = match self.work(mailbox, &bundle)? {
                Ok(work) => work,
                Err(error) => {
                    self.end(bundle.ends(&Outcome::Parked(refused(&error))))?;
                    is_changed = true;
                    continue;
                }
            };
            let claimed = self.writer.claim(bundle.all().collect(), work.floor())?;
            let claimed: BTreeSet<_> = claimed.into_iter().collect();
            let mut mine = bundle.targets.clone();
            mine.retain(|_, targets| targets.iter().all(|target| claimed.contains(target)));
            let outcomes = work.carry_out_all(&bundle.verb, &mine, operations);
            let each = mine.values().zip(outcomes);
            let ends: Vec<_> = each
                .flat_map(|(targets, outcome)| {
                    let outcome = outcome.unwrap_or_else(|error| Outcome::Parked(refused(&error)));
                    arrived(targets, move || outcome.clone())
                })
                .collect();
            is_changed |= !ends.is_empty();
            failpoint::pass("here.after-files");
            self.end(ends)?;
        }
        Ok(is_changed)
    }

    /// Opens the folders that a bundle is about.
    fn work(
        &mut self,
        mailbox: MailboxId,
        bundle: &Bundle,
    ) -> Result<Result<Work, LocalError>, StoreError> {
        let Some(from) = self.folder(mailbox)? else {
            return Ok(Err(gone(mailbox)));
        };
        let to = match bundle.verb.to() {
            Some(to) => match self.folder(to)? {
                Some(folder) => Some(folder),
                None => return Ok(Err(gone(to))),
            },
            None => None,
        };
        Ok(from.and_then(|from| {
            let mut to = to.transpose()?;
            if let (Some(to), Verb::Copy(_)) = (&mut to, &bundle.verb) {
                to.look()?; // What was copied before a crash is known by its name.
            }
            Ok(Work { from, to })
        }))
    }

    /// Opens a folder; `None` where there is none of this number (any more).
    pub(super) fn folder(
        &mut self,
        mailbox: MailboxId,
    ) -> Result<Option<Result<Folder, LocalError>>, StoreError> {
        let info = self.reader.mailbox(mailbox)?;
        let name = info.and_then(|info| info.name.local_part());
        Ok(name.map(|name| self.tree.open(&name)))
    }

    fn end(&mut self, ends: Vec<(OperationId, Target, Outcome)>) -> Result<(), StoreError> {
        if ends.is_empty() {
            return Ok(());
        }
        let mut by_operation: BTreeMap<OperationId, Vec<(Target, Outcome)>> = BTreeMap::new();
        for (operation, target, outcome) in ends {
            let own = by_operation.entry(operation).or_default();
            own.push((target, outcome));
        }
        self.writer
            .close_together(by_operation.into_iter().collect())
    }
}

fn gone(mailbox: MailboxId) -> LocalError {
    let name = mailbox.get().to_string();
    LocalError::foreign(std::path::Path::new(&name), "there is no such folder")
}

/// The end of a message that was there, or was not.
const fn ended(was_there: bool) -> Outcome {
    if was_there {
        Outcome::Done(None)
    } else {
        Outcome::Gone
    }
}

/// The folders of a bundle.
struct Work {
    from: Folder,
    /// Where a move or copy goes.
    to: Option<Folder>,
}

impl Work {
    /// What arrives gets this number or a higher one.
    fn floor(&self) -> Option<Address> {
        let to = self.to.as_ref()?;
        let uid = Uid::new(to.uid_next())?;
        let validity = to.validity();
        Some(Address { validity, uid })
    }

    /// Carries a deed out on each of these messages, in their order.
    fn carry_out_all(
        &mut self,
        verb: &Verb,
        messages: &BTreeMap<Uid, Targets>,
        operations: &[OpenOperation],
    ) -> Vec<Result<Outcome, LocalError>> {
        failpoint::pass("here.before-file");
        let uids: Vec<Uid> = messages.keys().copied().collect();
        if let (Verb::Move(_), Some(to)) = (verb, &mut self.to) {
            let validity = to.validity();
            let went = |uid| Outcome::Done(Some(Address { validity, uid }));
            return match to.take_all(&mut self.from, &uids) {
                Ok(taken) => taken
                    .into_iter()
                    .map(|there| Ok(there?.map_or(Outcome::Gone, went)))
                    .collect(),
                Err(error) => uids.iter().map(|_| Err(error.clone())).collect(),
            };
        }
        if *verb == Verb::Delete {
            return match self.from.remove_all(&uids) {
                Ok(removed) => removed.into_iter().map(|was| Ok(ended(was?))).collect(),
                Err(error) => uids.iter().map(|_| Err(error.clone())).collect(),
            };
        }
        let mut outcomes = Vec::with_capacity(messages.len());
        for (uid, targets) in messages {
            let base = file_name(operations, targets);
            outcomes.push(self.carry_out(*uid, verb, &base));
            failpoint::pass("here.after-file");
        }
        outcomes
    }

    fn carry_out(&mut self, uid: Uid, verb: &Verb, base: &str) -> Result<Outcome, LocalError> {
        match (verb, &mut self.to) {
            (Verb::Flag { name, on }, _) => {
                let flags = self.from.set_flag(uid, name, *on)?;
                let has_room = |flags: &Flags| {
                    let mut names = flags.names();
                    !*on || names.any(|own| own.eq_ignore_ascii_case(name))
                };
                // A Maildir has letters for 26 keywords.
                Ok(match flags {
                    Some(flags) if !has_room(&flags) => Outcome::Local,
                    flags => ended(flags.is_some()),
                })
            }
            (Verb::Copy(_), Some(to)) => {
                let validity = to.validity();
                let there = match to.uid_of(base) {
                    Some(there) => there,
                    None => match self.from.read(uid)? {
                        None => return Ok(Outcome::Gone),
                        Some(Err(skipped)) => {
                            let cause = SafeText::line(&skipped.to_string());
                            return Ok(Outcome::Parked(RemoteError::Here { cause }));
                        }
                        Some(Ok(message)) => to.deliver(base, &message)?,
                    },
                };
                Ok(Outcome::Done(Some(Address {
                    validity,
                    uid: there,
                })))
            }
            // Moves and deletions are carried out together.
            (Verb::Move(_) | Verb::Delete, _) | (Verb::Copy(_), None) => Ok(Outcome::Gone),
        }
    }
}
