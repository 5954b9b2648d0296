//! Messages from a server to a folder on this computer: each is fetched whole and written to its file; only when the disk
//! has it the original is marked and expunged, by its UID alone. A repetition after a cut finds the file by its name.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::error::RemoteError;
use crate::channel::operation::{Address, OperationId, Outcome, Target};
use crate::engine::agenda::Agenda;
use crate::engine::bodies::WHOLE_BYTES;
use crate::engine::bundle::{Arrivals, Bundle, Running, Stage, Targets, Verb};
use crate::engine::link::Link;
use crate::engine::local::refused;
use crate::engine::local_deeds::file_name;
use crate::engine::plan::{Doubt, Plan};
use crate::local::folder::Folder;
use crate::local::message::{LocalError, LocalMessage, MOST_BYTES};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::store::bodies::StoredBody;
use crate::store::journal::OpenOperation;

/// Messages that are fetched before the first of them is written.
const AT_ONCE: usize = 50;

/// So often is a message fetched that is not here afterwards.
const MOST_TRIES: u8 = 3;

/// What a message needs before its original may go.
enum Need {
    /// It is in its file.
    Nothing(Uid),
    /// Its bytes.
    Text,
    /// Somebody took the operation back meanwhile.
    Undone,
    /// It cannot be had; why.
    Impossible(RemoteError),
}

impl Link<'_> {
    /// The account's folders on this computer.
    pub(super) fn local_ids(&mut self) -> Result<BTreeSet<MailboxId>, RemoteError> {
        let here = self.reader.local_ids(self.setup.account);
        self.stored(here)
    }

    /// Takes out of a plan what goes to folders on this computer, what may have been done of it before a cut included.
    pub(super) fn for_this_computer(plan: &mut Plan, here: &BTreeSet<MailboxId>) -> Vec<Bundle> {
        let is_here = |to: Option<MailboxId>| to.is_some_and(|to| here.contains(&to));
        let (mut bundles, others): (Vec<Bundle>, Vec<Bundle>) = std::mem::take(&mut plan.bundles)
            .into_iter()
            .partition(|bundle| is_here(bundle.verb.to()));
        plan.bundles = others;
        let (doubts, others): (Vec<Doubt>, Vec<Doubt>) = std::mem::take(&mut plan.doubts)
            .into_iter()
            .partition(|doubt| is_here(Some(doubt.to)));
        plan.doubts = others;
        let again = doubts.into_iter().map(|doubt| Bundle {
            verb: if doubt.is_move {
                Verb::Move(doubt.to)
            } else {
                Verb::Copy(doubt.to)
            },
            targets: BTreeMap::from([(doubt.uid, doubt.targets)]),
            n_tries: 1,
        });
        bundles.extend(again);
        bundles
    }

    /// Takes messages of the selected mailbox to a folder on this computer, as far as they are here.
    pub(super) fn bring(
        &mut self,
        bundle: &Bundle,
        operations: &[OpenOperation],
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        let Some(to) = bundle.verb.to() else {
            return Ok(());
        };
        let stays = matches!(bundle.verb, Verb::Copy(_)) || self.keeps_original(&bundle.verb)?;
        let stage = if stays { Stage::Whole } else { Stage::Marking };
        if let Some(outcome) = self.refusal_without_asking(&bundle.verb, stage) {
            return self.end_targets(bundle.ends(&outcome));
        }
        let mut folder = match self.folder_here(to)? {
            Ok(folder) => folder,
            Err(error) => {
                let outcome = Outcome::Parked(refused(&error));
                return self.end_targets(bundle.ends(&outcome));
            }
        };
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        let mut ends = Vec::new();
        let (mut written, mut arrivals) = (bundle.only(&UidSet::new()), Arrivals::default());
        let mut n_missing = 0;
        for (uid, targets) in &bundle.targets {
            let base = file_name(operations, targets);
            match self.write(&mut folder, (bundle, targets), &base)? {
                Need::Nothing(there) => {
                    let validity = folder.validity();
                    arrivals.insert(
                        *uid,
                        Address {
                            validity,
                            uid: there,
                        },
                    );
                    written.targets.insert(*uid, targets.clone());
                }
                Need::Text if n_missing < AT_ONCE => {
                    n_missing += 1;
                    ends.extend(self.fetch_for_file(*uid, targets, agenda)?);
                }
                Need::Text | Need::Undone => {}
                Need::Impossible(error) => {
                    let outcome = Outcome::Parked(error);
                    ends.extend(all(targets, &outcome));
                }
            }
        }
        self.end_targets(ends)?;
        self.written(&Running {
            bundle: written,
            stage,
            arrivals,
        })
    }

    /// Messages are in their files: the originals go, unless they are to stay.
    fn written(&mut self, running: &Running) -> Result<(), RemoteError> {
        if running.bundle.targets.is_empty() {
            return Ok(());
        }
        if running.stage == Stage::Marking {
            return self.dispatch(running);
        }
        self.replay.wants_all = true;
        self.end_each(running, Outcome::Done)
    }

    /// Opens a folder on this computer.
    pub(super) fn folder_here(
        &mut self,
        mailbox: MailboxId,
    ) -> Result<Result<Folder, LocalError>, RemoteError> {
        let info = self.reader.mailbox(mailbox);
        let name = self.stored(info)?.and_then(|info| info.name.local_part());
        Ok(self.setup.tree().open(&name.unwrap_or_default()))
    }

    /// Writes one message to its file, where its bytes are here. What is written was claimed before.
    fn write(
        &mut self,
        folder: &mut Folder,
        (bundle, targets): (&Bundle, &Targets),
        base: &str,
    ) -> Result<Need, RemoteError> {
        let Some((_, target)) = targets.first() else {
            return Ok(Need::Undone);
        };
        let impossible = |error: &LocalError| Ok(Need::Impossible(refused(error)));
        if bundle.n_tries > 0 {
            match folder.find(base) {
                Ok(Some(uid)) => return Ok(Need::Nothing(uid)),
                Ok(None) => {}
                Err(error) => return impossible(&error),
            }
        }
        let size_bytes = self.reader.size_bytes(target.message);
        if self.stored(size_bytes)? > MOST_BYTES {
            let cause = SafeText::line("the message is too large for a folder on this computer");
            return Ok(Need::Impossible(RemoteError::Here { cause }));
        }
        let body = self.reader.body(target.message);
        let Some(StoredBody::Whole(bytes)) = self.stored(body)? else {
            return Ok(Need::Text);
        };
        let floor = Uid::new(folder.uid_next()).map(|uid| Address {
            validity: folder.validity(),
            uid,
        });
        let claimed = self.writer.claim(targets.clone(), floor);
        let claimed = self.stored(claimed)?;
        if claimed.len() < targets.len() {
            self.release(claimed)?;
            self.replay.wants_all = true;
            return Ok(Need::Undone);
        }
        let held = self.reader.held(target.message, target.mailbox);
        let held = self.stored(held)?;
        let (flags, internal_date) = held
            .map(|held| (held.flags, held.internal_date))
            .unwrap_or_default();
        let message = LocalMessage {
            bytes,
            flags,
            internal_date: Some(internal_date),
        };
        match folder.deliver(base, &message) {
            Ok(uid) => {
                self.replay.fetched.remove(&target.message);
                Ok(Need::Nothing(uid))
            }
            Err(error) => impossible(&error),
        }
    }

    /// Has a message fetched whole; ends its targets where it could not be had.
    fn fetch_for_file(
        &mut self,
        uid: Uid,
        targets: &Targets,
        agenda: &mut Agenda,
    ) -> Result<Vec<(OperationId, Target, Outcome)>, RemoteError> {
        let Some((_, Target { message, mailbox })) = targets.first().copied() else {
            return Ok(Vec::new());
        };
        let is_coming = self.works.contains_key(&uid)
            || agenda.parts.iter().any(|part| part.message == message);
        if is_coming {
            return Ok(Vec::new());
        }
        let n_tries = self.replay.fetched.entry(message).or_default();
        *n_tries += 1;
        let is_tried = *n_tries > 1;
        if *n_tries > MOST_TRIES || (is_tried && self.unfetchable.contains(&message)) {
            self.replay.fetched.remove(&message); // Once more when the user says so.
            let key = self.reader.key(message, mailbox);
            let outcome = if self.stored(key)?.is_none() {
                Outcome::Gone
            } else {
                Outcome::Parked(RemoteError::Here {
                    cause: SafeText::line("the whole message could not be fetched"),
                })
            };
            return Ok(all(targets, &outcome).collect());
        }
        self.unfetchable.remove(&message);
        let size_bytes = self.reader.size_bytes(message);
        if self.stored(size_bytes)? <= WHOLE_BYTES {
            self.start_body(message, mailbox, uid, true, false);
        } else {
            agenda.want_part(WantedPart {
                message,
                mailbox,
                path: PartPath::default(),
            });
        }
        self.replay.is_fetching = true;
        Ok(Vec::new())
    }

    /// What was to be written to files has come, or will not: the journal goes on.
    pub(super) fn fetched_for_files(&mut self, agenda: &Agenda) {
        let is_awaited = |message: &MessageId| self.replay.fetched.contains_key(message);
        let is_coming = self.works.values().any(|work| is_awaited(&work.message))
            || agenda.parts.iter().any(|part| is_awaited(&part.message));
        if self.replay.is_fetching && !is_coming {
            self.replay.is_fetching = false;
            self.replay.wants_all = true;
        }
    }
}

/// The same end for all targets of a message.
fn all<'a>(
    targets: &'a Targets,
    outcome: &'a Outcome,
) -> impl Iterator<Item = (OperationId, Target, Outcome)> + 'a {
    let targets = targets.iter();
    targets.map(|(id, target)| (*id, *target, outcome.clone()))
}
